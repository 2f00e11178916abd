//! Kills Kenchi around the intent, the start, the look and the stop of a model, and looks whether its lease holds:
//! `crash <kenchi> <rounds> [seed]`.
//!
//! The cloud is a process of its own, so that only Kenchi dies. Each round kills it with SIGKILL at a moment drawn
//! anew, lets the lease be over, and starts it again. What must be true each time:
//! a model that is billed has a lease on disk; after the restart its stop is asked for within 60 s;
//! and no Kenchi ever says that a model is off while the cloud says that it runs.

use aws_sdk_rekognition::types::{
    DatasetChanges, DatasetType, OutputConfig, ProjectVersionDescription, ProjectVersionStatus as Status,
};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;
type HttpClient = Client<HttpConnector, Full<bytes::Bytes>>;

const BUCKET: &str = "kenchi-crash";
const REGION: &str = "ap-northeast-1";
/// From the restart to the cloud's seeing the stop.
const MOST: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> Outcome {
    let mut arguments = std::env::args().skip(1);
    let kenchi = arguments.next().ok_or("the program kenchi is wanted")?;
    let rounds: u32 = arguments.next().ok_or("how many rounds?")?.parse()?;
    let mut random = Random(arguments.next().map_or(Ok(1), |seed| seed.parse())?);
    let cloud_dir = tempfile::tempdir()?;
    let own_dir = tempfile::tempdir()?;
    let cloud = Process::start(&kenchi, &["local", "--local-listen", "127.0.0.1:0"], cloud_dir.path(), &[])?;
    let keys = environment(&kenchi, &cloud, cloud_dir.path())?;
    let world = World::new(kenchi, own_dir.path(), keys).await?;
    let mut slowest = Duration::ZERO;
    for round in 1..=rounds {
        let took = world.round(&mut random).await.map_err(|error| format!("round {round}: {error}"))?;
        slowest = slowest.max(took);
        if round % 10 == 0 {
            println!(
                "{round} of {rounds}: the slowest stop was asked for {:.1} s after a restart",
                slowest.as_secs_f64()
            );
        }
    }
    println!(
        "FIGURE {rounds} crashes, slowest stop after a restart: {:.1} s (goal: at most 60 s)",
        slowest.as_secs_f64()
    );
    Ok(())
}

/// xorshift; what is drawn can be drawn again from the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end.max(1)
    }
}

struct World {
    kenchi: String,
    data_dir: std::path::PathBuf,
    keys: Vec<(String, String)>,
    rekognition: aws_sdk_rekognition::Client,
    http: HttpClient,
    project: String,
    arn: String,
}

impl World {
    async fn new(kenchi: String, data_dir: &Path, keys: Vec<(String, String)>) -> Outcome<Self> {
        let value = |name: &str| keys.iter().find(|key| key.0 == name).map(|key| key.1.clone()).unwrap_or_default();
        let credentials = aws_sdk_rekognition::config::Credentials::new(
            value("AWS_ACCESS_KEY_ID"),
            value("AWS_SECRET_ACCESS_KEY"),
            None,
            None,
            "kenchi env",
        );
        let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
            .region(aws_config::Region::new(REGION))
            .endpoint_url(value("AWS_ENDPOINT_URL"))
            .credentials_provider(credentials)
            .load()
            .await;
        let s3 =
            aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build());
        let rekognition = aws_sdk_rekognition::Client::new(&config);
        let (project, arn) = train(&s3, &rekognition).await?;
        let http = Client::builder(TokioExecutor::new()).build_http();
        Ok(Self { kenchi, data_dir: data_dir.to_owned(), keys, rekognition, http, project, arn })
    }

    fn serve(&self) -> Outcome<Process> {
        let arguments = ["serve", "--cloud", "aws", "--region", REGION, "--listen", "127.0.0.1:0"];
        Process::start(&self.kenchi, &arguments, &self.data_dir, &self.keys)
    }

    /// One life of Kenchi that ends by SIGKILL, and the next that must put things right. Answers with the time from
    /// its start until the stop was seen under way.
    async fn round(&self, random: &mut Random) -> Outcome<Duration> {
        let first = self.serve()?;
        let asks = self.acts(&first.address, random.below(8));
        // The start takes some milliseconds to be written down and asked for, some seconds to be RUNNING.
        let moment = match random.below(3) {
            0 => random.below(40),
            1 => random.below(400),
            _ => random.below(4_000),
        };
        tokio::select! {
            () = asks => {}
            () = tokio::time::sleep(Duration::from_millis(moment)) => {}
        }
        first.kill()?;
        if billed(&self.status().await?) && self.leases()? == 0 {
            return Err(
                format!("killed after {moment} ms: the model is {} without a lease", self.status().await?).into()
            );
        }
        self.end_leases()?;
        let begun = Instant::now();
        let second = self.serve()?;
        let took = loop {
            let said = self.said(&second.address).await?;
            let status = self.status().await?;
            // What was said came before what is: a model that was off then can't be on now without a start.
            if billed(&status) && status != Status::Stopping && !said {
                return Err(format!("Kenchi says that nothing runs while the model is {status}").into());
            }
            if !billed(&status) || status == Status::Stopping {
                break begun.elapsed();
            }
            if begun.elapsed() > MOST {
                return Err(format!("the model is still {status} {} s after the restart", MOST.as_secs()).into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        while billed(&self.status().await?) {
            if begun.elapsed() > MOST {
                return Err("the model was not seen stopped".into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        second.kill()?;
        // Nothing of this round is left for the next one.
        self.database()?.execute("DELETE FROM lease", [])?;
        Ok(took)
    }

    /// What a person does meanwhile: start, look, and sometimes stop.
    async fn acts(&self, address: &str, stops_after: u64) {
        let lease = json!({ "minutes": 60, "idle_minutes": 15, "most_usd": null });
        let start = json!({ "version_arn": self.arn, "min_units": 1, "max_units": null, "lease": lease });
        // A refusal is told by what is seen afterwards.
        let _ = self.call(address, "model/start", start).await;
        for look in 0.. {
            let _ = self.call(address, "model/running", json!({})).await;
            if look == stops_after {
                let _ = self.call(address, "model/stop", json!({ "version_arn": self.arn })).await;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    async fn call(&self, address: &str, name: &str, body: Value) -> Outcome<Value> {
        let request = http::Request::post(format!("http://{address}/api/{name}"))
            .header("content-type", "application/json")
            .header("sec-fetch-site", "same-origin")
            .body(Full::from(body.to_string()))?;
        let response = self.http.request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        if !status.is_success() {
            return Err(format!("{name}: {status}: {}", String::from_utf8_lossy(&body)).into());
        }
        Ok(serde_json::from_slice(&body)?)
    }

    /// Whether Kenchi tells of a model that is billed.
    async fn said(&self, address: &str) -> Outcome<bool> {
        let running = self.call(address, "model/running", json!({})).await?;
        Ok(running["models"].as_array().is_some_and(|models| !models.is_empty()))
    }

    async fn status(&self) -> Outcome<Status> {
        Ok(described(&self.rekognition, &self.project).await?.status.ok_or("no status")?)
    }

    fn database(&self) -> Outcome<rusqlite::Connection> {
        let db = rusqlite::Connection::open(self.data_dir.join("kenchi.db"))?;
        db.busy_timeout(Duration::from_secs(5))?;
        Ok(db)
    }

    fn leases(&self) -> Outcome<u64> {
        Ok(self.database()?.query_row("SELECT COUNT(*) FROM lease", [], |row| row.get(0))?)
    }

    fn end_leases(&self) -> Outcome {
        self.database()?.execute("UPDATE lease SET hard_end_ms = began_ms", [])?;
        Ok(())
    }
}

fn billed(status: &Status) -> bool {
    matches!(status, Status::Starting | Status::Running | Status::Stopping)
}

async fn described(rekognition: &aws_sdk_rekognition::Client, project: &str) -> Outcome<ProjectVersionDescription> {
    let answer = rekognition.describe_project_versions().project_arn(project).version_names("v1").send().await?;
    Ok(answer.project_version_descriptions.and_then(|mut all| all.pop()).ok_or("no version")?)
}

/// A small model for image labels; ARNs of its project and of itself.
async fn train(s3: &aws_sdk_s3::Client, rekognition: &aws_sdk_rekognition::Client) -> Outcome<(String, String)> {
    let place = aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
    s3.create_bucket().bucket(BUCKET).create_bucket_configuration(place).send().await?;
    let project = rekognition.create_project().project_name("crash").send().await?.project_arn.ok_or("no ARN")?;
    for kind in [DatasetType::Train, DatasetType::Test] {
        let mut lines = Vec::new();
        for (label, shade) in [("dark", 20_u8), ("light", 220)] {
            for number in 0..4 {
                let key = format!("{kind}/{label}/{number}.png");
                s3.put_object().bucket(BUCKET).key(&key).body(png(shade + number)?.into()).send().await?;
                lines.push(line(&key, label));
            }
        }
        let dataset = rekognition.create_dataset().project_arn(&project).dataset_type(kind).send().await?;
        let dataset = dataset.dataset_arn.ok_or("no ARN")?;
        let changes = DatasetChanges::builder().ground_truth(lines.join("\n").into_bytes().into()).build()?;
        settled(rekognition, &dataset).await?;
        rekognition.update_dataset_entries().dataset_arn(&dataset).changes(changes).send().await?;
        settled(rekognition, &dataset).await?;
    }
    let output = OutputConfig::builder().s3_bucket(BUCKET).s3_key_prefix("evaluation").build();
    let version = rekognition.create_project_version().project_arn(&project).version_name("v1").output_config(output);
    let arn = version.send().await?.project_version_arn.ok_or("no ARN")?;
    while described(rekognition, &project).await?.status == Some(Status::TrainingInProgress) {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok((project, arn))
}

async fn settled(rekognition: &aws_sdk_rekognition::Client, dataset: &str) -> Outcome {
    loop {
        let description = rekognition.describe_dataset().dataset_arn(dataset).send().await?.dataset_description;
        let status = description.and_then(|description| description.status).ok_or("no status")?;
        if !status.as_str().ends_with("IN_PROGRESS") {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn line(key: &str, label: &str) -> String {
    json!({
        "source-ref": format!("s3://{BUCKET}/{key}"),
        label: 1,
        format!("{label}-metadata"): {
            "confidence": 1, "job-name": format!("labeling-job/{label}"), "class-name": label, "human-annotated": "yes",
            "creation-date": "2024-05-01T09:00:00.000Z", "type": "groundtruth/image-classification",
        },
    })
    .to_string()
}

fn png(shade: u8) -> Outcome<Vec<u8>> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::GrayImage::from_pixel(64, 64, image::Luma([shade])).write_to(&mut bytes, image::ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

/// A `kenchi` that runs until it is killed.
struct Process {
    child: Child,
    /// Of the page, or of the local cloud.
    address: String,
}

impl Process {
    fn start(kenchi: &str, arguments: &[&str], data_dir: &Path, environment: &[(String, String)]) -> Outcome<Self> {
        let mut child = Command::new(kenchi)
            .args(arguments)
            .arg("--data-dir")
            .arg(data_dir)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env("KENCHI_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("no standard output")?;
        for line in BufReader::new(stdout).lines() {
            if let Some((_, address)) = line?.split_once("http://") {
                return Ok(Self { child, address: address.trim_end_matches('/').to_owned() });
            }
        }
        Err("kenchi ended before it was ready".into())
    }

    /// SIGKILL: nothing of it runs afterwards.
    fn kill(mut self) -> Outcome {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The variables that `kenchi env` prints.
fn environment(kenchi: &str, cloud: &Process, data_dir: &Path) -> Outcome<Vec<(String, String)>> {
    let printed =
        Command::new(kenchi).args(["env", "--local-listen", &cloud.address, "--data-dir"]).arg(data_dir).output()?;
    let text = String::from_utf8(printed.stdout)?;
    let lines = text.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
    Ok(lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}
