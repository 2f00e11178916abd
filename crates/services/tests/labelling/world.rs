//! A local cloud with a dataset behind a [`Proxy`], and Kenchis that work on it.

use crate::proxy::Proxy;
use domain::geometry::{ImageSize, PixelBox};
use domain::manifest::{LineMeta, write_line};
use domain::money::Prices;
use domain::problem::Problem;
use domain::s3_uri::S3Uri;
use domain::status::DatasetKind;
use domain::view::{
    Annotation, Cloud, DatasetSource, EntriesPage, EntryFilter, EntryView, JobId, JobState, LabelledBox,
};
use local::{Config, LocalCloud};
use services::{LocalAccess, Services, Settings};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

pub const PROJECT: &str = "labels";
pub const BUCKET: &str = "labels-bucket";
pub const TRAIN: DatasetKind = DatasetKind::Train;
pub const TEST: DatasetKind = DatasetKind::Test;

pub struct World {
    pub proxy: Proxy,
    access: LocalAccess,
    _cloud_dir: tempfile::TempDir,
}

pub struct Kenchi {
    pub services: Services,
}

impl World {
    pub async fn new(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        // The same port on another address of the loopback, so that the Host that is signed is the proxy's.
        let behind = std::net::SocketAddr::from(([127, 0, 0, 2], address.port()));
        let cloud_listener = TcpListener::bind(behind).await.unwrap();
        let mut config = Config::new(dir.path(), behind);
        change(&mut config);
        let cloud = LocalCloud::open(config).await.unwrap();
        let access = LocalAccess {
            endpoint: format!("http://{address}"),
            access_key_id: cloud.credentials().access_key_id.clone(),
            secret_access_key: cloud.credentials().secret_access_key.clone(),
        };
        tokio::spawn(cloud.serve(cloud_listener, std::future::pending()));
        Self { proxy: Proxy::between(listener, behind), access, _cloud_dir: dir }
    }

    /// A Kenchi on a data folder.
    pub async fn kenchi(&self, folder: &Path) -> Kenchi {
        let settings = Settings {
            cloud: Cloud::Local,
            region: Some("ap-northeast-1".to_owned()),
            data_dir: folder.to_owned(),
            local: Some(self.access.clone()),
            prices: Prices::default(),
            control_calls: 5,
            version: "test".to_owned(),
        };
        Kenchi { services: Services::open(settings).await.unwrap() }
    }
}

impl Kenchi {
    /// Bucket, project, and a training dataset of so many images that were looked at and have no object.
    pub async fn dataset(&self, images: usize) {
        self.services.create_bucket(BUCKET).await.unwrap();
        self.services.create_project(PROJECT).await.unwrap();
        let empty = Annotation { labels: Vec::new(), boxes: Some(Vec::new()) };
        let lines = (0..images).map(|number| line(number, &empty));
        self.make(TRAIN, lines.collect(), false).await;
        self.read(TRAIN).await;
    }

    /// Makes a dataset from manifest lines.
    pub async fn make(&self, kind: DatasetKind, text: String, mend: bool) {
        let source = DatasetSource::ManifestText { bucket: BUCKET.to_owned(), text, mend };
        let job = self.services.create_dataset(PROJECT, kind, source, None).await.unwrap();
        self.ended(job).await.unwrap();
    }

    /// Reads the entries until all are there.
    pub async fn read(&self, kind: DatasetKind) {
        let end = Instant::now() + Duration::from_secs(60);
        while self.services.labelling(PROJECT, kind).await.unwrap().loading {
            assert!(Instant::now() < end);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub async fn page(&self, kind: DatasetKind) -> EntriesPage {
        let any = EntryFilter::default();
        self.services.entries(PROJECT, kind, &any, Some(domain::view::ANY_LIST), 0, 1000).await.unwrap()
    }

    pub async fn entry(&self, kind: DatasetKind, number: usize) -> EntryView {
        self.services.entry(PROJECT, kind, &image(number)).await.unwrap()
    }

    pub async fn keys(&self, kind: DatasetKind) -> Vec<String> {
        self.page(kind).await.entries.into_iter().map(|entry| entry.source.key).collect()
    }

    /// Draws over what is there.
    pub async fn draw(&self, kind: DatasetKind, number: usize, annotation: Annotation) {
        let revision = self.entry(kind, number).await.revision;
        self.services.save_draft(PROJECT, kind, &image(number), annotation, revision).await.unwrap();
    }

    pub async fn unsaved(&self, kind: DatasetKind) -> u64 {
        self.services.labelling(PROJECT, kind).await.unwrap().unsaved
    }

    pub async fn save(&self, kind: DatasetKind) -> Result<(), Problem> {
        self.ended(self.services.save_changes(PROJECT, kind).await.unwrap()).await
    }

    pub async fn ended(&self, id: JobId) -> Result<(), Problem> {
        let end = Instant::now() + Duration::from_secs(90);
        loop {
            let job = self.services.job(&id).await.unwrap().unwrap();
            match job.state {
                JobState::Running => assert!(Instant::now() < end, "{job:?}"),
                JobState::Done => return Ok(()),
                JobState::Failed(problem) => return Err(problem),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

pub fn image(number: usize) -> S3Uri {
    S3Uri::new(BUCKET, format!("写真/{number:04}.png"))
}

pub fn line(number: usize, annotation: &Annotation) -> String {
    let meta = LineMeta { job_name: "j".to_owned(), creation_date: "2026-01-01T00:00:00.000Z".to_owned() };
    write_line(&image(number), Some(ImageSize { width: 640, height: 480 }), annotation, &meta) + "\n"
}

/// Boxes with these labels.
pub fn boxes(labels: &[String]) -> Annotation {
    let one = |label: &String| LabelledBox {
        label: label.clone(),
        area: PixelBox { left: 10.0, top: 20.0, width: 30.0, height: 40.0 },
    };
    Annotation { labels: Vec::new(), boxes: Some(labels.iter().map(one).collect()) }
}
