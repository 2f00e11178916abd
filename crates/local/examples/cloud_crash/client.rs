//! The client: does acts by AWS's own SDK, and looks at what there is.

use super::Outcome;
use super::acts::Act;
use super::life::Life;
use super::world::{Project, Version, World, first_entries};
use aws_sdk_rekognition as rekognition;
use aws_sdk_rekognition::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_rekognition::types::{
    DatasetChanges, DatasetSource, DatasetType, GroundTruthManifest, OutputConfig, ProjectVersionDescription,
    ProjectVersionStatus as Status, S3Object,
};
use aws_sdk_s3 as s3;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

pub const BUCKET: &str = "crash-pictures";
const REGION: &str = "ap-northeast-1";
/// How long work that goes on after a crash may take.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Client {
    rekognition: rekognition::Client,
    s3: s3::Client,
}

/// What came of a call.
pub enum Said {
    /// It was acknowledged.
    Yes,
    /// It was refused, as the state of things forbids it now.
    No,
    /// There was no answer.
    Nothing,
    /// It was refused though nothing forbids it.
    Wrong(String),
}

fn said<T, E: ProvideErrorMetadata + std::error::Error>(answer: Result<T, SdkError<E>>) -> Said {
    match answer {
        Ok(_) => Said::Yes,
        Err(error) => match error.code() {
            None => Said::Nothing,
            Some("ResourceInUseException" | "ResourceNotReadyException" | "LimitExceededException") => Said::No,
            Some(code) => Said::Wrong(format!("{code}: {}", error.message().unwrap_or_default())),
        },
    }
}

impl Client {
    pub async fn of(life: &Life) -> Self {
        let credentials =
            rekognition::config::Credentials::new(&life.access_key_id, &life.secret_access_key, None, None, "crash");
        let shared = aws_config::SdkConfig::builder()
            .endpoint_url(&life.endpoint)
            .region(aws_config::Region::new(REGION))
            .behavior_version(aws_config::BehaviorVersion::latest())
            .retry_config(aws_config::retry::RetryConfig::disabled())
            .credentials_provider(rekognition::config::SharedCredentialsProvider::new(credentials))
            .build();
        let s3 = s3::Client::from_conf(s3::config::Builder::from(&shared).force_path_style(true).build());
        Self { rekognition: rekognition::Client::new(&shared), s3 }
    }

    /// The bucket with the pictures and the two manifests that all datasets begin with.
    pub async fn prepare(&self) -> Outcome {
        let place = s3::types::CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
        self.s3.create_bucket().bucket(BUCKET).create_bucket_configuration(place).send().await?;
        for kind in ["TRAIN", "TEST"] {
            let sources = first_entries(kind);
            for (number, source) in sources.keys().enumerate() {
                let shade = if source.contains("dark") { 20 } else { 220 } + number as u8;
                let key = source.split_once(BUCKET).map_or("", |(_, key)| &key[1..]);
                self.s3.put_object().bucket(BUCKET).key(key).body(png(shade)?.into()).send().await?;
            }
            let lines: Vec<String> = sources.iter().map(|(source, labelled)| line(source, *labelled)).collect();
            let manifest = lines.join("\n").into_bytes();
            self.s3.put_object().bucket(BUCKET).key(manifest_key(kind)).body(manifest.into()).send().await?;
        }
        Ok(())
    }

    /// Does one act.
    pub async fn does(&self, act: &Act) -> Said {
        match self.try_act(act).await {
            Ok(said) => said,
            // The look before it found no answer: nothing was asked for.
            Err(_) => Said::Nothing,
        }
    }

    async fn try_act(&self, act: &Act) -> Outcome<Said> {
        let client = &self.rekognition;
        Ok(match act {
            Act::CreateProject { name } => said(client.create_project().project_name(name).send().await),
            Act::DeleteProject { project } => {
                said(client.delete_project().project_arn(self.project(project).await?).send().await)
            }
            Act::Tag { project, key, value } => {
                let arn = self.project(project).await?;
                said(client.tag_resource().resource_arn(arn).tags(key, value).send().await)
            }
            Act::Untag { project, key } => {
                let arn = self.project(project).await?;
                said(client.untag_resource().resource_arn(arn).tag_keys(key).send().await)
            }
            Act::PutPolicy { project, name, document } => {
                let arn = self.project(project).await?;
                let revision = self.policies(&arn).await?.get(name).map(|(revision, _)| revision.clone());
                let request = client.put_project_policy().project_arn(arn).policy_name(name).policy_document(document);
                said(request.set_policy_revision_id(revision).send().await)
            }
            Act::DeletePolicy { project, name } => {
                let arn = self.project(project).await?;
                said(client.delete_project_policy().project_arn(arn).policy_name(name).send().await)
            }
            Act::CreateDataset { project, kind } => {
                let object = S3Object::builder().bucket(BUCKET).name(manifest_key(kind)).build();
                let manifest = GroundTruthManifest::builder().s3_object(object).build();
                let source = DatasetSource::builder().ground_truth_manifest(manifest).build();
                let request = client.create_dataset().project_arn(self.project(project).await?);
                match said(request.dataset_type(DatasetType::from(*kind)).dataset_source(source).send().await) {
                    // One that is being deleted is there until it is gone.
                    Said::Wrong(why) if why.starts_with("ResourceAlreadyExists") => Said::No,
                    said => said,
                }
            }
            Act::DeleteDataset { project, kind } => {
                let arn = self.dataset(project, kind).await?;
                said(client.delete_dataset().dataset_arn(arn).send().await)
            }
            Act::Update { project, kind, entries } => {
                let arn = self.dataset(project, kind).await?;
                let lines: Vec<String> = entries.iter().map(|(source, labelled)| line(source, *labelled)).collect();
                let changes = DatasetChanges::builder().ground_truth(lines.join("\n").into_bytes().into()).build()?;
                said(client.update_dataset_entries().dataset_arn(arn).changes(changes).send().await)
            }
            Act::CreateVersion { project, name } => {
                let request = client.create_project_version().project_arn(self.project(project).await?);
                said(request.version_name(name).output_config(output(project)).send().await)
            }
            Act::Start { project, name } => {
                let arn = arn_of(&self.version(project, name).await?);
                said(client.start_project_version().project_version_arn(arn).min_inference_units(1).send().await)
            }
            Act::Stop { project, name } => {
                let arn = arn_of(&self.version(project, name).await?);
                said(client.stop_project_version().project_version_arn(arn).send().await)
            }
            Act::DeleteVersion { project, name } => {
                let arn = arn_of(&self.version(project, name).await?);
                said(client.delete_project_version().project_version_arn(arn).send().await)
            }
            Act::Copy { project, name_of_source, to, name } => {
                let source = arn_of(&self.version(project, name_of_source).await?);
                let request = client.copy_project_version().source_project_arn(self.project(project).await?);
                let request = request.source_project_version_arn(source).output_config(output(to));
                said(request.destination_project_arn(self.project(to).await?).version_name(name).send().await)
            }
        })
    }

    async fn project(&self, name: &str) -> Outcome<String> {
        let answer = self.rekognition.describe_projects().project_names(name).send().await?;
        let project = answer.project_descriptions.unwrap_or_default().pop().ok_or_else(|| format!("{name} is lost"))?;
        Ok(project.project_arn.unwrap_or_default())
    }

    async fn dataset(&self, project: &str, kind: &str) -> Outcome<String> {
        let answer = self.rekognition.describe_projects().project_names(project).send().await?;
        let projects = answer.project_descriptions.unwrap_or_default();
        let mut datasets = projects.iter().flat_map(|project| project.datasets());
        let dataset = datasets.find(|dataset| dataset.dataset_type().is_some_and(|of| of.as_str() == kind));
        Ok(dataset
            .and_then(|dataset| dataset.dataset_arn())
            .ok_or_else(|| format!("{kind} of {project} is lost"))?
            .to_owned())
    }

    async fn version(&self, project: &str, name: &str) -> Outcome<ProjectVersionDescription> {
        let request = self.rekognition.describe_project_versions().project_arn(self.project(project).await?);
        let answer = request.version_names(name).send().await?;
        let version = answer.project_version_descriptions.unwrap_or_default().pop();
        Ok(version.ok_or_else(|| format!("{name} of {project} is lost"))?)
    }

    /// Revision and document by name.
    async fn policies(&self, arn: &str) -> Outcome<BTreeMap<String, (String, String)>> {
        let answer = self.rekognition.list_project_policies().project_arn(arn).send().await?;
        let policies = answer.project_policies.unwrap_or_default().into_iter();
        Ok(policies
            .map(|policy| {
                let text = |text: Option<String>| text.unwrap_or_default();
                (text(policy.policy_name), (text(policy.policy_revision_id), text(policy.policy_document)))
            })
            .collect())
    }

    /// Everything, when work on datasets, starts, stops and copies that a crash cut off have come to their ends.
    async fn seen(&self) -> Outcome<World> {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(world) = self.snapshot().await? {
                return Ok(world);
            }
            if Instant::now() > end {
                return Err("work that was cut off does not come to its end".into());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn snapshot(&self) -> Outcome<Option<World>> {
        let client = &self.rekognition;
        let mut world = World::default();
        for described in client.describe_projects().send().await?.project_descriptions.unwrap_or_default() {
            let arn = described.project_arn().unwrap_or_default();
            let mut project = Project::default();
            for dataset in described.datasets() {
                if dataset.status().is_some_and(|status| status.as_str().ends_with("IN_PROGRESS")) {
                    return Ok(None);
                }
                if dataset.status().is_some_and(|status| status.as_str().ends_with("FAILED")) {
                    return Err(format!("a dataset failed: {dataset:?}").into());
                }
                let kind = if dataset.dataset_type() == Some(&DatasetType::Train) { "TRAIN" } else { "TEST" };
                let mut pages = client
                    .list_dataset_entries()
                    .dataset_arn(dataset.dataset_arn().unwrap_or_default())
                    .into_paginator()
                    .send();
                let entries = project.datasets.entry(kind).or_default();
                while let Some(page) = pages.next().await {
                    for entry in page?.dataset_entries() {
                        let entry: serde_json::Value = serde_json::from_str(entry)?;
                        let labelled = entry["cl-metadata"]["is_labeled"] == true;
                        entries.insert(entry["source-ref"].as_str().unwrap_or_default().to_owned(), labelled);
                    }
                }
            }
            project.tags = client
                .list_tags_for_resource()
                .resource_arn(arn)
                .send()
                .await?
                .tags
                .unwrap_or_default()
                .into_iter()
                .collect();
            project.policies =
                self.policies(arn).await?.into_iter().map(|(name, (_, document))| (name, document)).collect();
            for version in
                client.describe_project_versions().project_arn(arn).send().await?.project_version_descriptions()
            {
                let Some(seen) = version_of(version)? else { return Ok(None) };
                let name = version.project_version_arn().unwrap_or_default().split('/').nth(3).unwrap_or_default();
                project.versions.insert(name.to_owned(), seen);
            }
            world.projects.insert(arn.split('/').nth(1).unwrap_or_default().to_owned(), project);
        }
        Ok(Some(world))
    }

    /// The world after a crash: what was acknowledged, with or without the act that was in doubt.
    pub async fn verified(&self, before: World, doubt: Option<Act>) -> Outcome<World> {
        let seen = self.seen().await?;
        let mut after = before.clone();
        if let Some(act) = &doubt {
            after.apply(act);
        }
        let mut world = match (before.is(&seen), after.is(&seen)) {
            // The number goes on in both cases, so that a name never comes twice.
            (_, Ok(())) => after,
            (Ok(()), Err(_)) => World { next: after.next, ..before },
            (Err(without), Err(with)) => {
                return Err(format!("in doubt was {doubt:?}; without it: {without}; with it: {with}").into());
            }
        };
        world.learn(&seen);
        Ok(world)
    }

    /// Trainings that go on come to their ends, and none failed without a reason.
    pub async fn all_trainings_end(&self, world: &World) -> Outcome {
        let end = Instant::now() + PATIENCE;
        for (project, there) in &world.projects {
            for name in there.versions.keys() {
                while self.version(project, name).await?.status == Some(Status::TrainingInProgress) {
                    if Instant::now() > end {
                        return Err(format!("{name} of {project} is still being trained").into());
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                version_of(&self.version(project, name).await?)?;
            }
        }
        Ok(())
    }
}

/// What a description tells; `None` while it is on its way from one state to another.
fn version_of(version: &ProjectVersionDescription) -> Outcome<Option<Version>> {
    let trained = version.training_end_timestamp().map(|end| (arn_of(version), end.to_millis().unwrap_or_default()));
    let running = match version.status() {
        Some(Status::Starting | Status::Stopping | Status::CopyingInProgress) => return Ok(None),
        Some(Status::Running) => Some(true),
        Some(Status::Stopped | Status::TrainingCompleted | Status::CopyingCompleted) => Some(false),
        Some(Status::TrainingInProgress) => return Ok(Some(Version { running: None, trained: None })),
        // Such as too few labels left; it must say why, and the fault is not the local cloud's own.
        Some(Status::TrainingFailed)
            if version.status_message().is_some_and(|why| !why.is_empty() && !why.contains("service issue")) =>
        {
            None
        }
        _ => return Err(format!("a version failed: {version:?}").into()),
    };
    Ok(Some(Version { running, trained }))
}

fn arn_of(version: &ProjectVersionDescription) -> String {
    version.project_version_arn().unwrap_or_default().to_owned()
}

fn output(project: &str) -> OutputConfig {
    OutputConfig::builder().s3_bucket(BUCKET).s3_key_prefix(format!("evaluation/{project}")).build()
}

fn manifest_key(kind: &str) -> String {
    format!("{kind}.manifest")
}

fn line(source: &str, labelled: bool) -> String {
    let mut line = serde_json::json!({ "source-ref": source });
    if labelled {
        line["shade"] = 1.into();
        line["shade-metadata"] = serde_json::json!({
            "confidence": 1, "job-name": "labeling-job/shade", "class-name": if source.contains("dark") { "dark" } else { "light" },
            "human-annotated": "yes", "creation-date": "2024-05-01T09:00:00.000Z", "type": "groundtruth/image-classification",
        });
    }
    line.to_string()
}

fn png(shade: u8) -> Outcome<Vec<u8>> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::GrayImage::from_pixel(64, 64, image::Luma([shade])).write_to(&mut bytes, image::ImageFormat::Png)?;
    Ok(bytes.into_inner())
}
