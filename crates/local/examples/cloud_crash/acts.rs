//! What a client does.

use super::Random;
use super::client::BUCKET;
use super::world::World;

/// A call that changes something.
#[derive(Clone, Debug)]
pub enum Act {
    CreateProject {
        name: String,
    },
    DeleteProject {
        project: String,
    },
    Tag {
        project: String,
        key: String,
        value: String,
    },
    Untag {
        project: String,
        key: String,
    },
    PutPolicy {
        project: String,
        name: String,
        document: String,
    },
    DeletePolicy {
        project: String,
        name: String,
    },
    CreateDataset {
        project: String,
        kind: &'static str,
    },
    DeleteDataset {
        project: String,
        kind: &'static str,
    },
    /// Lines that are added or replaced: `source-ref`, and whether the line is labelled.
    Update {
        project: String,
        kind: &'static str,
        entries: Vec<(String, bool)>,
    },
    CreateVersion {
        project: String,
        name: String,
    },
    Start {
        project: String,
        name: String,
    },
    Stop {
        project: String,
        name: String,
    },
    DeleteVersion {
        project: String,
        name: String,
    },
    Copy {
        project: String,
        name_of_source: String,
        to: String,
        name: String,
    },
}

const MOST_PROJECTS: usize = 5;
const MOST_VERSIONS: usize = 4;

fn pick<'a, T>(random: &mut Random, mut things: impl Iterator<Item = T> + Clone + 'a) -> Option<T> {
    let count = things.clone().count() as u64;
    if count == 0 { None } else { things.nth(random.below(count) as usize) }
}

impl Act {
    /// Something that could be done with what there is.
    pub fn draw(world: &World, random: &mut Random) -> Self {
        loop {
            if let Some(act) = Self::try_draw(world, random) {
                return act;
            }
        }
    }

    fn try_draw(world: &World, random: &mut Random) -> Option<Self> {
        let next = world.next;
        let new_project = || Self::CreateProject { name: format!("project-{next}") };
        let Some((project, there)) = pick(random, world.projects.iter()) else { return Some(new_project()) };
        let project = project.clone();
        let version = |random: &mut Random| pick(random, there.versions.keys()).cloned();
        let kind = if random.below(2) == 0 { "TRAIN" } else { "TEST" };
        match random.below(24) {
            0..=1 => (world.projects.len() < MOST_PROJECTS).then(new_project),
            2..=3 => Some(Self::Tag { project, key: format!("key-{}", random.below(5)), value: next.to_string() }),
            4 => Some(Self::Untag { project, key: pick(random, there.tags.keys())?.clone() }),
            5 => {
                let document = serde_json::json!({ "Version": "2012-10-17", "Statement": {
                    "Sid": format!("n{next}"), "Effect": "Allow", "Principal": { "AWS": "222222222222" },
                    "Action": "rekognition:CopyProjectVersion", "Resource": "*",
                } });
                Some(Self::PutPolicy {
                    project,
                    name: format!("policy-{}", random.below(4)),
                    document: document.to_string(),
                })
            }
            6 => Some(Self::DeletePolicy { project, name: pick(random, there.policies.keys())?.clone() }),
            7..=10 => (!there.datasets.contains_key(kind)).then_some(Self::CreateDataset { project, kind }),
            11..=14 => {
                let mut entries = vec![(format!("s3://{BUCKET}/{kind}/extra/{next}.png"), false)];
                // Sometimes a line that is there is replaced, so that its label goes or comes back.
                if let Some((source, labelled)) = pick(random, there.datasets.get(kind)?.iter()) {
                    entries.push((source.clone(), !*labelled && !source.contains("extra")));
                }
                there.datasets.contains_key(kind).then_some(Self::Update { project, kind, entries })
            }
            15 => (random.below(8) == 0 && there.datasets.contains_key(kind))
                .then_some(Self::DeleteDataset { project, kind }),
            16..=18 => (there.datasets.len() == 2 && there.versions.len() < MOST_VERSIONS)
                .then(|| Self::CreateVersion { project, name: format!("version-{next}") }),
            19 => Some(Self::Start { project, name: version(random)? }),
            20 => Some(Self::Stop { project, name: version(random)? }),
            21 => (random.below(3) == 0)
                .then_some(())
                .and_then(|()| Some(Self::DeleteVersion { project, name: version(random)? })),
            22 => {
                let (to, target) = pick(random, world.projects.iter())?;
                let allowed = *to != project && target.versions.len() < MOST_VERSIONS;
                let name_of_source = version(random)?;
                allowed.then(|| Self::Copy { project, name_of_source, to: to.clone(), name: format!("copy-{next}") })
            }
            _ => (world.projects.len() == MOST_PROJECTS && there.versions.is_empty())
                .then_some(Self::DeleteProject { project }),
        }
    }
}
