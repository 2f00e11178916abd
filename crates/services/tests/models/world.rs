//! A local cloud with a trained model behind a [`Proxy`], and Kenchis that work on it.

use crate::proxy::Proxy;
use aws_sdk_rekognition::types::DatasetType;
use domain::geometry::{ImageSize, PixelBox};
use domain::lease::LeaseTerms;
use domain::manifest::{Line, LineMeta, parse_line, write_line};
use domain::money::Prices;
use domain::s3_uri::S3Uri;
use domain::status::{DatasetKind, VersionStatus};
use domain::view::{Annotation, Cloud, DatasetSource, JobId, JobState, LabelledBox, TrainingRequest, VersionView};
use local::{Config, LocalCloud};
use services::{LocalAccess, Moment, Services, Settings, Time};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

pub const PROJECT: &str = "leases";
pub const BUCKET: &str = "leases-bucket";

pub struct World {
    pub proxy: Proxy,
    access: LocalAccess,
    pub arn: String,
    _cloud_dir: tempfile::TempDir,
}

/// A clock that the test turns.
#[derive(Clone, Default)]
pub struct Hand(Arc<Mutex<Moment>>);

impl Hand {
    pub fn new() -> Self {
        let hand = Self::default();
        hand.0.lock().unwrap().wall_ms = 1_700_000_000_000;
        hand
    }

    /// Time goes by.
    pub fn pass(&self, time: Duration) {
        let mut moment = self.0.lock().unwrap();
        moment.wall_ms += i64::try_from(time.as_millis()).unwrap();
        moment.passed += time;
    }

    /// A person turns the wall clock.
    pub fn turn(&self, minutes: i64) {
        self.0.lock().unwrap().wall_ms += minutes * 60_000;
    }

    fn time(&self) -> Time {
        let own = self.clone();
        Time::by(move || *own.0.lock().unwrap())
    }
}

impl World {
    /// Pictures, a dataset and a model of image labels that is ready to run.
    pub async fn new() -> Self {
        Self::with(false).await
    }

    /// The same with a model of boxes.
    pub async fn with_boxes() -> Self {
        Self::with(true).await
    }

    async fn with(boxes: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        // The same port on another address of the loopback, so that the Host that is signed is the proxy's.
        let behind = std::net::SocketAddr::from(([127, 0, 0, 2], address.port()));
        let cloud_listener = TcpListener::bind(behind).await.unwrap();
        let mut config = Config::new(dir.path(), behind);
        config.start_delay = Duration::from_millis(100);
        let cloud = LocalCloud::open(config).await.unwrap();
        let access = LocalAccess {
            endpoint: format!("http://{address}"),
            access_key_id: cloud.credentials().access_key_id.clone(),
            secret_access_key: cloud.credentials().secret_access_key.clone(),
        };
        tokio::spawn(cloud.serve(cloud_listener, std::future::pending()));
        let proxy = Proxy::between(listener, behind);
        let mut world = Self { proxy, access, arn: String::new(), _cloud_dir: dir };
        world.arn = world.train(boxes).await;
        world
    }

    async fn train(&self, boxes: bool) -> String {
        let folder = tempfile::tempdir().unwrap();
        let kenchi = self.kenchi(folder.path(), &Hand::new()).await;
        kenchi.services.create_bucket(BUCKET).await.unwrap();
        let source = if boxes { kenchi.boxed_pictures().await } else { kenchi.pictures_by_folder().await };
        kenchi.trained(source).await
    }

    async fn client(&self) -> (aws_sdk_s3::Client, aws_sdk_rekognition::Client) {
        let keys = aws_credential_types::Credentials::from_keys(
            &self.access.access_key_id,
            &self.access.secret_access_key,
            None,
        );
        let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
            .region(aws_config::Region::new("ap-northeast-1"))
            .endpoint_url(&self.access.endpoint)
            .credentials_provider(keys)
            .load()
            .await;
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        (aws_sdk_s3::Client::from_conf(s3), aws_sdk_rekognition::Client::new(&config))
    }

    /// An object's text, as the cloud has it.
    pub async fn object(&self, at: &S3Uri) -> String {
        let (s3, _) = self.client().await;
        let object = s3.get_object().bucket(&at.bucket).key(&at.key).send().await.unwrap();
        String::from_utf8(object.body.collect().await.unwrap().to_vec()).unwrap()
    }

    /// Puts an object as any client could, with none of Kenchi's checks.
    pub async fn put(&self, key: &str, bytes: Vec<u8>) {
        let (s3, _) = self.client().await;
        s3.put_object().bucket(BUCKET).key(key).body(bytes.into()).send().await.unwrap();
    }

    /// The training dataset's lines, as the cloud has them.
    pub async fn training_lines(&self) -> Vec<Line> {
        let (_, rekognition) = self.client().await;
        let projects = rekognition.describe_projects().send().await.unwrap();
        let datasets = projects.project_descriptions()[0].datasets().to_vec();
        let train = datasets.iter().find(|one| one.dataset_type() == Some(&DatasetType::Train)).unwrap();
        let listed =
            rekognition.list_dataset_entries().dataset_arn(train.dataset_arn().unwrap()).max_results(100).send().await;
        listed.unwrap().dataset_entries().iter().map(|line| parse_line(line).unwrap()).collect()
    }

    /// A Kenchi with a data folder of its own.
    pub async fn kenchi(&self, folder: &Path, hand: &Hand) -> Kenchi {
        let settings = Settings {
            cloud: Cloud::Local,
            region: Some("ap-northeast-1".to_owned()),
            data_dir: folder.to_owned(),
            local: Some(self.access.clone()),
            prices: Prices::default(),
            control_calls: 5,
            version: "test".to_owned(),
        };
        Kenchi { services: Services::open_with(settings, hand.time()).await.unwrap(), arn: self.arn.clone() }
    }
}

pub struct Kenchi {
    pub services: Services,
    arn: String,
}

/// An hour at most, a quarter of an hour idle.
pub const TERMS: LeaseTerms = LeaseTerms { minutes: 60, idle_minutes: 15, most_usd: None };

impl Kenchi {
    /// Starts the model and waits until it runs.
    pub async fn start(&self, terms: LeaseTerms) {
        self.services.start_model(&self.arn, 1, None, terms).await.unwrap();
        self.until(VersionStatus::Running).await;
    }

    /// The model as a page sees it.
    pub async fn model(&self) -> VersionView {
        let project = self.services.project(PROJECT).await.unwrap();
        project.versions.into_iter().find(|version| version.arn == self.arn).unwrap()
    }

    pub async fn until(&self, wanted: VersionStatus) {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let status = self.model().await.status;
            if status == wanted {
                return;
            }
            assert!(Instant::now() < end, "waiting for {wanted}, still {status}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Lines of the activity log that have this text.
    pub async fn told(&self, text: &str) -> usize {
        let lines = self.services.activity(None).await.unwrap();
        lines.iter().filter(|line| line.text.contains(text)).count()
    }

    async fn pictures_by_folder(&self) -> DatasetSource {
        for (label, shade) in [("dark", 20), ("light", 220)] {
            for number in 0..5 {
                let key = format!("pictures/{label}/{number}.png");
                self.services.upload_image(BUCKET.to_owned(), key, plain_png(shade + number)).await.unwrap();
            }
        }
        let (bucket, prefix) = (BUCKET.to_owned(), "pictures/".to_owned());
        DatasetSource::Folder { bucket, prefix, label_by_folder: true }
    }

    async fn boxed_pictures(&self) -> DatasetSource {
        let meta = LineMeta { job_name: "j".to_owned(), creation_date: "2026-01-01T00:00:00.000Z".to_owned() };
        let mut text = String::new();
        for number in 0..12 {
            let key = format!("pictures/{number}.png");
            let (picture, area) = square_png(number);
            self.services.upload_image(BUCKET.to_owned(), key.clone(), picture).await.unwrap();
            let boxes = vec![LabelledBox { label: "square".to_owned(), area }];
            let annotation = Annotation { labels: Vec::new(), boxes: Some(boxes) };
            let size = Some(ImageSize { width: SIDE, height: SIDE });
            text += &write_line(&S3Uri::new(BUCKET, key), size, &annotation, &meta);
            text.push('\n');
        }
        DatasetSource::ManifestText { bucket: BUCKET.to_owned(), text, mend: false }
    }

    /// The whole way to a trained model, by the functions that the pages call.
    async fn trained(&self, source: DatasetSource) -> String {
        let services = &self.services;
        services.create_project(PROJECT).await.unwrap();
        self.job(services.create_dataset(PROJECT, DatasetKind::Train, source, None).await.unwrap()).await;
        let request = TrainingRequest {
            project: PROJECT.to_owned(),
            version_name: "v1".to_owned(),
            output: S3Uri::new(BUCKET, "evaluation/"),
            split: true,
            better: false,
        };
        self.job(services.start_training(request).await.unwrap()).await;
        let end = Instant::now() + Duration::from_secs(300);
        loop {
            let version = services.project(PROJECT).await.unwrap().versions.remove(0);
            if version.status == VersionStatus::TrainingCompleted {
                return version.arn;
            }
            assert!(version.status == VersionStatus::TrainingInProgress && Instant::now() < end, "{version:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub async fn job(&self, id: JobId) {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let job = self.services.job(&id).await.unwrap().unwrap();
            match job.state {
                JobState::Running => assert!(Instant::now() < end, "{job:?}"),
                JobState::Done => return,
                JobState::Failed(problem) => panic!("{problem}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// 64 x 64 pixels of one shade of grey.
pub fn plain_png(shade: u8) -> bytes::Bytes {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::GrayImage::from_pixel(64, 64, image::Luma([shade]));
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner().into()
}

/// The sides of [`square_png`].
pub const SIDE: u32 = 160;

/// A bright square on a dark ground, with the box round it.
pub fn square_png(number: u32) -> (bytes::Bytes, PixelBox) {
    let (left, top, side) = (10 + number * 37 % 80, 10 + number * 23 % 80, 40 + number * 7 % 20);
    let inside = |at: u32, from: u32| (from..from + side).contains(&at);
    let picture = image::GrayImage::from_fn(SIDE, SIDE, |x, y| {
        image::Luma([if inside(x, left) && inside(y, top) { 230 } else { 40 }])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    let side = f64::from(side);
    let area = PixelBox { left: left.into(), top: top.into(), width: side, height: side };
    (bytes.into_inner().into(), area)
}
