//! Puts other test results in the place of a model's, as many as are asked for, so that a page of them can be measured:
//! `many_results <project> <images>`. Reads the local cloud's address and keys from the variables that `kenchi env`
//! prints.
//!
//! Every image has one or two true boxes and up to four predictions of three labels, from a fixed seed.

use aws_sdk_rekognition::types::{Asset, S3Object};
use domain::evaluation::{
    Aggregated, Details, LabelMetrics, LabelResult, Outcome, Summary, TestLine, TestedObject, write_test_line,
};
use domain::geometry::{ImageSize, PixelBox};
use domain::s3_uri::S3Uri;
use domain::status::ModelKind;
use domain::view::LabelledBox;
use std::error::Error;

type Outcomes<T = ()> = Result<T, Box<dyn Error>>;

const LABELS: [&str; 3] = ["ace", "king", "queen"];

#[tokio::main]
async fn main() -> Outcomes {
    let mut arguments = std::env::args().skip(1);
    let project = arguments.next().ok_or("which project?")?;
    let images: usize = arguments.next().ok_or("how many images?")?.parse()?;
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let s3 = aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build());
    let rekognition = aws_sdk_rekognition::Client::new(&config);
    let projects = rekognition.describe_projects().project_names(&project).send().await?;
    let arn = projects.project_descriptions().first().and_then(|one| one.project_arn()).ok_or("no such project")?;
    let versions = rekognition.describe_project_versions().project_arn(arn).send().await?;
    let version = versions.project_version_descriptions().first().ok_or("no model")?;
    let summary = version.evaluation_result().and_then(|result| result.summary()).and_then(|one| one.s3_object());
    let tested = version.testing_data_result().and_then(|result| result.output()).map(|output| output.assets());
    let (Some(summary), Some(tested)) = (summary, tested.and_then(first)) else { return Err("no evaluation".into()) };
    let bucket = tested.bucket().ok_or("no bucket")?;

    let mut random = Random(7);
    let lines: String = (0..images)
        .map(|number| write_test_line(&line(bucket, number, &mut random), "2024-01-01T00:00:00Z") + "\n")
        .collect();
    println!("{images} lines, {} bytes", lines.len());
    let put = |at: &S3Object, text: String| {
        let (bucket, key) = (at.bucket().unwrap_or_default().to_owned(), at.name().unwrap_or_default().to_owned());
        s3.put_object().bucket(bucket).key(key).body(text.into_bytes().into()).send()
    };
    put(tested, lines).await?;
    put(summary, serde_json::to_string(&told(images))?).await?;
    Ok(())
}

fn first(assets: &[Asset]) -> Option<&S3Object> {
    assets.iter().find_map(|asset| asset.ground_truth_manifest()?.s3_object())
}

fn told(images: usize) -> Summary {
    let of = |label: &str| LabelResult {
        label: label.to_owned(),
        number_of_testing_images: images as u64 / 2,
        metrics: LabelMetrics { f1_score: 0.8, precision: 0.8, recall: 0.8, threshold: 0.5 },
    };
    Summary {
        version: 1,
        aggregated_evaluation_results: Aggregated {
            f1_score: 0.8,
            precision: 0.8,
            recall: 0.8,
            ..Aggregated::default()
        },
        evaluation_details: Details {
            labels: LABELS.map(str::to_owned).to_vec(),
            number_of_training_images: images as u64 * 4,
            number_of_testing_images: images as u64,
            ..Details::default()
        },
        label_evaluation_results: LABELS.iter().map(|label| of(label)).collect(),
    }
}

fn line(bucket: &str, number: usize, random: &mut Random) -> TestLine {
    let mut area = || PixelBox {
        left: random.below(500) as f64,
        top: random.below(380) as f64,
        width: 40.0 + random.below(90) as f64,
        height: 40.0 + random.below(60) as f64,
    };
    let areas: Vec<PixelBox> = (0..5).map(|_| area()).collect();
    let truths = 1 + random.below(2) as usize;
    let label = |at: u64| LABELS[at as usize % LABELS.len()].to_owned();
    let true_boxes: Vec<LabelledBox> =
        areas.iter().take(truths).map(|area| LabelledBox { label: label(random.below(3)), area: *area }).collect();
    // Most truths are met nearly, the rest is found elsewhere or taken for another label.
    let mut predictions = Vec::new();
    for (at, area) in areas.iter().enumerate().take(1 + random.below(4) as usize) {
        let met = true_boxes.get(at).filter(|_| random.below(10) < 8);
        predictions.push(TestedObject {
            label: met.map_or_else(|| label(random.below(3)), |truth| truth.label.clone()),
            confidence: (if met.is_some() { 30 + random.below(70) } else { random.below(70) }) as f64 / 100.0 + 0.003,
            area: Some(PixelBox { left: area.left + 3.0, ..*area }),
            outcome: if met.is_some() { Outcome::TruePositive } else { Outcome::FalsePositive },
            present_in_truth: met.is_some(),
        });
    }
    TestLine {
        source: S3Uri::new(bucket, format!("tested/{:03}/{number}.png", number / 1000)),
        size: Some(ImageSize { width: 640, height: 480 }),
        kind: ModelKind::Boxes,
        true_labels: Vec::new(),
        true_boxes,
        predictions,
    }
}

/// xorshift; the same results each time.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}
