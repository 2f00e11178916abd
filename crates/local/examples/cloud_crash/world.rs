//! What was acknowledged, and what follows from it. Things are named as a person would: by project, kind, name.

use super::acts::Act;
use std::collections::{BTreeMap, BTreeSet};

/// All that there should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct World {
    pub projects: BTreeMap<String, Project>,
    /// Numbers the things that are made, so that no name comes twice.
    pub next: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    pub tags: BTreeMap<String, String>,
    /// Documents by name.
    pub policies: BTreeMap<String, String>,
    /// The entries' lines by `source-ref`, by the dataset's kind.
    pub datasets: BTreeMap<&'static str, BTreeMap<String, bool>>,
    pub versions: BTreeMap<String, Version>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// Whether it should be running; `None`: it is trained or copied, as far as is known.
    pub running: Option<bool>,
    /// The ARN and the end of its training, once seen. Neither may change.
    pub trained: Option<(String, i64)>,
}

/// The training and the test dataset begin with these `source-ref`s, labelled.
pub fn first_entries(kind: &str) -> BTreeMap<String, bool> {
    let keys = ["dark/0.png", "dark/1.png", "light/0.png", "light/1.png"];
    keys.iter().map(|key| (format!("s3://{}/{kind}/{key}", super::client::BUCKET), true)).collect()
}

impl World {
    /// Does what an acknowledged call has done.
    pub fn apply(&mut self, act: &Act) {
        let projects = &mut self.projects;
        match act {
            Act::CreateProject { name } => {
                projects.insert(name.clone(), Project::default());
                self.next += 1;
            }
            Act::DeleteProject { project } => drop(projects.remove(project)),
            Act::Tag { project, key, value } => {
                self.project(project).tags.insert(key.clone(), value.clone());
                self.next += 1;
            }
            Act::Untag { project, key } => drop(self.project(project).tags.remove(key)),
            Act::PutPolicy { project, name, document } => {
                self.project(project).policies.insert(name.clone(), document.clone());
                self.next += 1;
            }
            Act::DeletePolicy { project, name } => drop(self.project(project).policies.remove(name)),
            Act::CreateDataset { project, kind } => {
                drop(self.project(project).datasets.insert(kind, first_entries(kind)))
            }
            Act::DeleteDataset { project, kind } => drop(self.project(project).datasets.remove(kind)),
            Act::Update { project, kind, entries } => {
                let dataset = self.project(project).datasets.entry(kind).or_default();
                dataset.extend(entries.iter().cloned());
                self.next += 1;
            }
            Act::CreateVersion { project, name } | Act::Copy { to: project, name, .. } => {
                self.project(project).versions.insert(name.clone(), Version::default());
                self.next += 1;
            }
            Act::Start { project, name } => self.version(project, name).running = Some(true),
            Act::Stop { project, name } => self.version(project, name).running = Some(false),
            Act::DeleteVersion { project, name } => drop(self.project(project).versions.remove(name)),
        }
    }

    fn project(&mut self, name: &str) -> &mut Project {
        self.projects.entry(name.to_owned()).or_default()
    }

    fn version(&mut self, project: &str, name: &str) -> &mut Version {
        self.project(project).versions.entry(name.to_owned()).or_default()
    }

    /// Whether a snapshot is what there should be. Statuses are looked at apart: work goes on meanwhile.
    pub fn is(&self, seen: &World) -> Result<(), String> {
        if self.projects.keys().ne(seen.projects.keys()) {
            return Err(format!("projects {:?}, seen {:?}", self.projects.keys(), seen.projects.keys()));
        }
        for (name, project) in &self.projects {
            let other = &seen.projects[name];
            let versions = |p: &Project| p.versions.keys().cloned().collect::<BTreeSet<_>>();
            if (&project.tags, &project.policies) != (&other.tags, &other.policies) {
                return Err(format!("{name}: {project:?}, seen {other:?}"));
            }
            if project.datasets != other.datasets {
                return Err(format!("{name}: datasets {:?}, seen {:?}", project.datasets, other.datasets));
            }
            if versions(project) != versions(other) {
                return Err(format!("{name}: versions {:?}, seen {:?}", versions(project), versions(other)));
            }
            for (version, wanted) in &project.versions {
                let there = &other.versions[version];
                if wanted.trained.is_some() && wanted.trained != there.trained {
                    return Err(format!("{name}: {version} was trained again: {wanted:?}, seen {there:?}"));
                }
                if wanted.running.is_some() && wanted.running != there.running {
                    return Err(format!(
                        "{name}: {version} should run: {:?}, seen {:?}",
                        wanted.running, there.running
                    ));
                }
            }
        }
        Ok(())
    }

    /// Takes over what a snapshot tells of trainings.
    pub fn learn(&mut self, seen: &World) {
        for (name, project) in &mut self.projects {
            for (version, own) in &mut project.versions {
                if let Some(there) = seen.projects.get(name).and_then(|p| p.versions.get(version)) {
                    own.trained = there.trained.clone();
                }
            }
        }
    }
}
