//! The measurements of `cargo xtask bench` that need a running Kenchi. Prints one line for each figure.
//!
//! It gets the page's address as its argument and the local cloud's address and keys as the variables
//! that `kenchi env` prints. Both ways of a detection run alternately in this one process, so that
//! whatever else the machine does weighs on both alike.

use aws_sdk_rekognition::primitives::Blob;
use aws_sdk_rekognition::types::{
    DatasetSource, DatasetType, DistributeDataset, GroundTruthManifest, Image, OutputConfig, ProjectVersionStatus,
    S3Object,
};
use aws_sdk_s3::primitives::ByteStream;
use domain::manifest::{LineMeta, write_line};
use domain::s3_uri::S3Uri;
use domain::samples::{Sample, guide_set};
use domain::view::{Annotation, LabelledBox};
use futures::stream::{self, StreamExt as _};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::error::Error;
use std::time::{Duration, Instant};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;
type HttpClient = Client<hyper_util::client::legacy::connect::HttpConnector, Full<bytes::Bytes>>;

const BUCKET: &str = "kenchi-bench";
const ROUNDS: usize = 60;
/// Pictures of a batch, and how often it is measured.
const BATCH: usize = 400;
const BATCH_ROUNDS: usize = 5;

#[tokio::main]
async fn main() -> Outcome {
    let page = std::env::args().nth(1).ok_or("the page's address is wanted")?;
    let http: HttpClient = Client::builder(TokioExecutor::new()).build_http();
    first_page(&http, &page).await?;

    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let s3_config = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(s3_config);
    let rekognition = aws_sdk_rekognition::Client::new(&config);

    let samples = upload(&s3).await?;
    let arn = train(&s3, &rekognition, &samples).await?;
    rekognition.start_project_version().project_version_arn(&arn).min_inference_units(1).send().await?;
    wait_for(&rekognition, &arn, &ProjectVersionStatus::Running).await?;
    let picture = samples.iter().find(|(key, _)| key.starts_with("sample_images/")).ok_or("no test picture")?;
    detections(&http, &page, &rekognition, &arn, png(&picture.1)?).await?;
    batch(&http, &page, &s3, &rekognition, &arn, png(&picture.1)?).await?;
    rekognition.stop_project_version().project_version_arn(&arn).send().await?;
    Ok(())
}

/// Bytes over the wire until the first page has its module: HTML, style sheet, glue and WebAssembly.
async fn first_page(http: &HttpClient, page: &str) -> Outcome {
    let (html, _) = get(http, &format!("http://{page}/")).await?;
    let text = String::from_utf8_lossy(&html);
    let mut urls: Vec<&str> = text.split('"').filter(|part| part.starts_with("/pkg/")).collect();
    urls.sort_unstable();
    urls.dedup();
    let mut total = html.len();
    for url in urls {
        let (body, encoding) = get(http, &format!("http://{page}{url}")).await?;
        println!("first page: {url} {} bytes ({encoding})", body.len());
        total += body.len();
    }
    println!("first page: / {} bytes", html.len());
    println!("FIGURE first page over the wire: {:.1} kB (goal: at most 350 kB)", total as f64 / 1000.0);
    Ok(())
}

async fn get(http: &HttpClient, url: &str) -> Outcome<(bytes::Bytes, String)> {
    let request = http::Request::get(url).header("accept-encoding", "br").body(Full::default())?;
    let response = http.request(request).await?;
    if !response.status().is_success() {
        return Err(format!("{url}: {}", response.status()).into());
    }
    let encoding = response.headers().get("content-encoding").map_or("plain", |v| v.to_str().unwrap_or("?")).to_owned();
    Ok((response.into_body().collect().await?.to_bytes(), encoding))
}

async fn upload(s3: &aws_sdk_s3::Client) -> Outcome<Vec<(String, Sample)>> {
    s3.create_bucket()
        .bucket(BUCKET)
        .create_bucket_configuration(
            aws_sdk_s3::types::CreateBucketConfiguration::builder()
                .location_constraint("ap-northeast-1".into())
                .build(),
        )
        .send()
        .await?;
    let samples = guide_set();
    for (key, sample) in &samples {
        s3.put_object().bucket(BUCKET).key(key).body(ByteStream::from(png(sample)?)).send().await?;
    }
    Ok(samples)
}

fn png(sample: &Sample) -> Outcome<Vec<u8>> {
    let picture = image::GrayImage::from_raw(sample.size.width, sample.size.height, sample.gray.clone())
        .ok_or("a sample of another size")?;
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

/// From "Train" to TRAINING_COMPLETED on the guide's 40 pictures with their true boxes.
async fn train(
    s3: &aws_sdk_s3::Client,
    rekognition: &aws_sdk_rekognition::Client,
    samples: &[(String, Sample)],
) -> Outcome<String> {
    let meta = LineMeta { job_name: "bench".to_owned(), creation_date: "2024-01-01T00:00:00.000Z".to_owned() };
    let mut manifest = String::new();
    for (key, sample) in samples.iter().filter(|(key, _)| key.starts_with("custom_label/")) {
        let boxes = sample.qr.iter().map(|area| LabelledBox { label: "qr".to_owned(), area: area.rounded() }).collect();
        let source = S3Uri { bucket: BUCKET.to_owned(), key: key.clone() };
        let annotation = Annotation { labels: Vec::new(), boxes: Some(boxes) };
        manifest.push_str(&write_line(&source, Some(sample.size), &annotation, &meta));
        manifest.push('\n');
    }
    let key = "bench.manifest";
    s3.put_object().bucket(BUCKET).key(key).body(ByteStream::from(manifest.into_bytes())).send().await?;

    let project = rekognition.create_project().project_name("bench").send().await?;
    let project = project.project_arn().ok_or("no project ARN")?.to_owned();
    let source = DatasetSource::builder()
        .ground_truth_manifest(
            GroundTruthManifest::builder().s3_object(S3Object::builder().bucket(BUCKET).name(key).build()).build(),
        )
        .build();
    let dataset = |kind| rekognition.create_dataset().project_arn(&project).dataset_type(kind);
    let train = dataset(DatasetType::Train).dataset_source(source).send().await?;
    let test = dataset(DatasetType::Test).send().await?;
    let train = train.dataset_arn().ok_or("no dataset ARN")?.to_owned();
    let test = test.dataset_arn().ok_or("no dataset ARN")?.to_owned();
    for arn in [&train, &test] {
        dataset_settled(rekognition, arn).await?;
    }
    let one = |arn: &String| DistributeDataset::builder().arn(arn).build();
    rekognition.distribute_dataset_entries().datasets(one(&train)?).datasets(one(&test)?).send().await?;
    for arn in [&train, &test] {
        dataset_settled(rekognition, arn).await?;
    }

    let begun = Instant::now();
    let version = rekognition
        .create_project_version()
        .project_arn(&project)
        .version_name("bench")
        .output_config(OutputConfig::builder().s3_bucket(BUCKET).s3_key_prefix("evaluation").build())
        .send()
        .await?;
    let arn = version.project_version_arn().ok_or("no version ARN")?.to_owned();
    wait_for(rekognition, &arn, &ProjectVersionStatus::TrainingCompleted).await?;
    let seconds = begun.elapsed().as_secs_f64();
    println!("FIGURE Train to TRAINING_COMPLETED, 40 sample images: {seconds:.1} s (goal: at most 120 s)");
    Ok(arn)
}

async fn dataset_settled(rekognition: &aws_sdk_rekognition::Client, arn: &str) -> Outcome {
    loop {
        let answer = rekognition.describe_dataset().dataset_arn(arn).send().await?;
        let status =
            answer.dataset_description().and_then(|d| d.status()).map(|s| s.as_str().to_owned()).unwrap_or_default();
        match status.as_str() {
            "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS" => tokio::time::sleep(Duration::from_millis(100)).await,
            "CREATE_COMPLETE" | "UPDATE_COMPLETE" => return Ok(()),
            other => return Err(format!("{arn}: {other}").into()),
        }
    }
}

async fn wait_for(rekognition: &aws_sdk_rekognition::Client, arn: &str, wanted: &ProjectVersionStatus) -> Outcome {
    let project = arn.split("/version/").next().unwrap_or_default();
    loop {
        let versions = project_versions(rekognition, project, arn).await?;
        let Some((status, message)) = versions else { return Err(format!("{arn} is not listed").into()) };
        if status == *wanted {
            return Ok(());
        }
        if matches!(status, ProjectVersionStatus::TrainingFailed | ProjectVersionStatus::Failed) {
            return Err(format!("{arn}: {status:?} {message}").into());
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn project_versions(
    rekognition: &aws_sdk_rekognition::Client,
    project_start: &str,
    arn: &str,
) -> Outcome<Option<(ProjectVersionStatus, String)>> {
    let projects = rekognition.describe_projects().send().await?;
    let is_ours = |found: &str| found.starts_with(&format!("{project_start}/"));
    let project = projects.project_descriptions().iter().filter_map(|p| p.project_arn()).find(|found| is_ours(found));
    let Some(project) = project else { return Ok(None) };
    let answer = rekognition.describe_project_versions().project_arn(project).send().await?;
    let found = answer.project_version_descriptions().iter().find(|v| v.project_version_arn() == Some(arn));
    Ok(found.and_then(|v| Some((v.status()?.clone(), v.status_message().unwrap_or_default().to_owned()))))
}

/// The same picture through the page's server function and by the SDK straight, in turns.
async fn detections(
    http: &HttpClient,
    page: &str,
    rekognition: &aws_sdk_rekognition::Client,
    arn: &str,
    picture: Vec<u8>,
) -> Outcome {
    let (mut through_page, mut direct) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS + 5 {
        let begun = Instant::now();
        through_server_function(http, page, arn, &picture).await?;
        let page_took = begun.elapsed();
        let begun = Instant::now();
        let image = Image::builder().bytes(Blob::new(picture.clone())).build();
        rekognition.detect_custom_labels().project_version_arn(arn).image(image).min_confidence(0.0).send().await?;
        // The first rounds warm both up.
        if round >= 5 {
            through_page.push(page_took);
            direct.push(begun.elapsed());
        }
    }
    let (page, direct) = (median(through_page), median(direct));
    println!(
        "detection of a 640x480 picture: {:.1} ms through the page, {:.1} ms straight",
        millis(page),
        millis(direct)
    );
    let ratio = page.as_secs_f64() / direct.as_secs_f64();
    println!(
        "FIGURE detection through a server function against the direct call: {ratio:.3} times (goal: at most 1.05)"
    );
    Ok(())
}

/// A batch of Kenchi's beside the same pictures asked for straight, six at a time, in turns.
async fn batch(
    http: &HttpClient,
    page: &str,
    s3: &aws_sdk_s3::Client,
    rekognition: &aws_sdk_rekognition::Client,
    arn: &str,
    picture: Vec<u8>,
) -> Outcome {
    let keys: Vec<String> = (0..BATCH).map(|number| format!("batch/{number:04}.png")).collect();
    for key in &keys {
        s3.put_object().bucket(BUCKET).key(key).body(ByteStream::from(picture.clone())).send().await?;
    }
    let (mut ours, mut direct) = (Vec::new(), Vec::new());
    for _ in 0..BATCH_ROUNDS {
        let begun = Instant::now();
        let request = serde_json::json!({
            "request": { "version_arn": arn, "bucket": BUCKET, "prefix": "batch/", "min_confidence": null }
        });
        let id: String = serde_json::from_slice(&post(http, page, "model/start_batch", &request).await?)?;
        loop {
            let all: Vec<domain::view::BatchView> =
                serde_json::from_slice(&post(http, page, "model/batches", &serde_json::json!({})).await?)?;
            let own = all.into_iter().find(|one| one.id == id).ok_or("the batch is gone")?;
            match own.state {
                domain::view::BatchState::Running => {
                    // So that asking neither takes much of the cores nor sees the end late.
                    let near = own.done + 20 >= BATCH as u64;
                    tokio::time::sleep(Duration::from_millis(if near { 10 } else { 100 })).await;
                }
                domain::view::BatchState::Done if own.failed == 0 => break,
                other => return Err(format!("the batch ended with {other:?}").into()),
            }
        }
        ours.push(begun.elapsed());
        let begun = Instant::now();
        let answers: Vec<Result<_, _>> = stream::iter(&keys)
            .map(|key| {
                let object = S3Object::builder().bucket(BUCKET).name(key).build();
                let image = Image::builder().s3_object(object).build();
                rekognition.detect_custom_labels().project_version_arn(arn).image(image).send()
            })
            .buffer_unordered(6)
            .collect()
            .await;
        for answer in answers {
            answer?;
        }
        direct.push(begun.elapsed());
    }
    let rate = |times: Vec<Duration>| BATCH as f64 / median(times).as_secs_f64();
    let (ours, direct) = (rate(ours), rate(direct));
    println!("{BATCH} pictures in bulk: {ours:.1} a second, straight {direct:.1} a second");
    println!(
        "FIGURE batch against direct calls: {:.1} % of the throughput (goal: at least 95 %)",
        100.0 * ours / direct
    );
    Ok(())
}

async fn post(http: &HttpClient, page: &str, function: &str, body: &serde_json::Value) -> Outcome<bytes::Bytes> {
    let request = http::Request::post(format!("http://{page}/api/{function}"))
        .header("content-type", "application/json")
        .header("origin", format!("http://{page}"))
        .header("accept", "application/json")
        .body(Full::from(body.to_string()))?;
    let response = http.request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    if status.is_success() { Ok(body) } else { Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into()) }
}

async fn through_server_function(http: &HttpClient, page: &str, arn: &str, picture: &[u8]) -> Outcome {
    let boundary = "kenchi-bench-boundary";
    let mut body = Vec::with_capacity(picture.len() + 512);
    let field =
        |name: &str, rest: &str| format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{rest}\r\n");
    body.extend_from_slice(format!("{}\r\n{arn}\r\n", field("version_arn", "")).as_bytes());
    let head = field("file", "; filename=\"bench.png\"");
    body.extend_from_slice(format!("{head}Content-Type: image/png\r\n\r\n").as_bytes());
    body.extend_from_slice(picture);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let request = http::Request::post(format!("http://{page}/api/model/detect_bytes"))
        .header("content-type", format!("multipart/form-data; boundary={boundary}"))
        .header("origin", format!("http://{page}"))
        .header("accept", "application/json")
        .body(Full::from(body))?;
    let response = http.request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    if !status.is_success() {
        return Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into());
    }
    let answer: domain::view::DetectionView = serde_json::from_slice(&body)?;
    if answer.size.width == 0 { Err("an empty answer".into()) } else { Ok(()) }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
