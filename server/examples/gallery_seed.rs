//! 250,000 images for `cargo xtask bench gallery`, through the local cloud as any client would make them: one manifest
//! with a line for each, a project, and its training dataset. Pictures lie behind the images that the benchmark looks
//! at, not behind all: the service does not look at them before a training.
//!
//! It gets how many images there are, and, each as an argument, the ranges of those that have a picture (`0-600`); the
//! local cloud's address and keys as the variables that `kenchi env` prints.

use aws_sdk_rekognition::types::{DatasetSource, DatasetStatus, DatasetType, GroundTruthManifest, S3Object};
use aws_sdk_s3::primitives::ByteStream;
use domain::manifest::{LineMeta, write_line};
use domain::s3_uri::S3Uri;
use domain::samples::guide_set;
use domain::view::{Annotation, LabelledBox};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use std::error::Error;
use std::time::Duration;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const BUCKET: &str = "kenchi-gallery";
const SIDE_BY_SIDE: usize = 8;

#[tokio::main]
async fn main() -> Outcome {
    let mut arguments = std::env::args().skip(1);
    let count: usize = arguments.next().ok_or("how many images are wanted?")?.parse()?;
    let ranges: Vec<String> = arguments.collect();
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let s3_config = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(s3_config);
    let rekognition = aws_sdk_rekognition::Client::new(&config);

    let place = aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint("ap-northeast-1".into());
    s3.create_bucket().bucket(BUCKET).create_bucket_configuration(place.build()).send().await?;
    let samples = guide_set();
    let pictures: Vec<(Vec<u8>, _)> =
        samples.iter().take(40).map(|(_, sample)| Ok((png(sample)?, sample.size))).collect::<Outcome<_>>()?;
    let mut shown = Vec::new();
    for range in &ranges {
        let (from, to) = range.split_once('-').ok_or("a range is from-to")?;
        shown.extend(from.parse::<usize>()?..to.parse::<usize>()?.min(count));
    }
    stream::iter(shown)
        .map(|number| {
            let (s3, body) = (&s3, pictures.get(number % 40).map(|(bytes, _)| bytes.clone()).unwrap_or_default());
            async move { s3.put_object().bucket(BUCKET).key(key(number)).body(ByteStream::from(body)).send().await }
        })
        .buffer_unordered(SIDE_BY_SIDE)
        .try_for_each(|_| async { Ok(()) })
        .await?;

    let meta = LineMeta { job_name: "bench".to_owned(), creation_date: "2026-01-01T00:00:00.000Z".to_owned() };
    let mut manifest = String::new();
    for number in 0..count {
        let size = pictures.get(number % 40).map(|(_, size)| *size);
        manifest.push_str(&write_line(&S3Uri::new(BUCKET, key(number)), size, &annotation(number), &meta));
        manifest.push('\n');
    }
    println!("a manifest of {} MB", manifest.len() / 1_000_000);
    s3.put_object().bucket(BUCKET).key("all.manifest").body(ByteStream::from(manifest.into_bytes())).send().await?;
    let project = rekognition.create_project().project_name("gallery").send().await?;
    let object = S3Object::builder().bucket(BUCKET).name("all.manifest").build();
    let source = GroundTruthManifest::builder().s3_object(object).build();
    let dataset = rekognition
        .create_dataset()
        .set_project_arn(project.project_arn)
        .dataset_type(DatasetType::Train)
        .dataset_source(DatasetSource::builder().ground_truth_manifest(source).build())
        .send()
        .await?;
    loop {
        let described = rekognition.describe_dataset().set_dataset_arn(dataset.dataset_arn.clone()).send().await?;
        match described.dataset_description().and_then(|described| described.status()) {
            Some(DatasetStatus::CreateInProgress) => tokio::time::sleep(Duration::from_millis(500)).await,
            Some(DatasetStatus::CreateComplete) => return Ok(()),
            other => return Err(format!("{other:?}").into()),
        }
    }
}

fn key(number: usize) -> String {
    format!("工場 A/line {}/{number:06}.png", number / 10_000)
}

/// A fifth has no label, a fifth image labels, the rest boxes: 12 labels in all.
fn annotation(number: usize) -> Annotation {
    let label = |at: usize| format!("label {:02}", at % 12);
    match number % 5 {
        0 => Annotation::default(),
        1 => Annotation { labels: vec![label(number / 5)], boxes: None },
        _ => {
            let one = |at: usize| LabelledBox {
                label: label(number / 5 + at),
                area: domain::geometry::PixelBox {
                    left: 20.0 + 30.0 * at as f64,
                    top: 40.0,
                    width: 25.0,
                    height: 60.0,
                },
            };
            Annotation { labels: Vec::new(), boxes: Some((0..number % 7).map(one).collect()) }
        }
    }
}

fn png(sample: &domain::samples::Sample) -> Outcome<Vec<u8>> {
    let picture = image::GrayImage::from_raw(sample.size.width, sample.size.height, sample.gray.clone())
        .ok_or("a sample of another size")?;
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png)?;
    Ok(bytes.into_inner())
}
