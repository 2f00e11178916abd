//! Puts many small objects over several connections and prints how many a second were answered with 200:
//! `load_s3 <http://host:port> <connections> <requests> <bytes>`, keys and Region from the environment.
//!
//! URLs are presigned before the clock starts and requests are written by hand, so that the client costs little beside
//! the server. Any server of S3 can be measured by it.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::presigning::PresigningConfig;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

const BUCKET: &str = "load-s3";

#[tokio::main]
async fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [endpoint, connections, requests, bytes] = arguments.as_slice() else {
        return Err("load_s3 <http://host:port> <connections> <requests> <bytes>".into());
    };
    let (connections, requests): (usize, usize) = (connections.parse()?, requests.parse()?);
    let body = vec![b'k'; bytes.parse()?];
    let paths = Arc::new(presign(endpoint, requests).await?);
    let address = endpoint.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let next = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let workers: Vec<_> = (0..connections)
        .map(|_| {
            let (paths, next, address, body) = (Arc::clone(&paths), Arc::clone(&next), address.clone(), body.clone());
            std::thread::spawn(move || work(&address, &paths, &next, &body))
        })
        .collect();
    let mut times = Vec::new();
    for worker in workers {
        times.extend(worker.join().map_err(|_| "a connection's thread failed")??);
    }
    let took = begun.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default().as_secs_f64() * 1000.0;
    println!(
        "{:.1} requests a second, {:.1} ms in the median, {:.1} ms at the 99th percentile",
        times.len() as f64 / took,
        at(50),
        at(99)
    );
    Ok(())
}

/// Makes the bucket, and a presigned path for each object.
async fn presign(endpoint: &str, requests: usize) -> Outcome<Vec<String>> {
    let variable = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let region = variable("AWS_REGION")?;
    let keys =
        Credentials::new(variable("AWS_ACCESS_KEY_ID")?, variable("AWS_SECRET_ACCESS_KEY")?, None, None, "environment");
    let config = aws_sdk_s3::config::Builder::new()
        .endpoint_url(endpoint)
        .region(Region::new(region.clone()))
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(keys)
        .force_path_style(true)
        .build();
    let s3 = aws_sdk_s3::Client::from_conf(config);
    if s3.head_bucket().bucket(BUCKET).send().await.is_err() {
        let place = aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint(region.as_str().into());
        s3.create_bucket().bucket(BUCKET).create_bucket_configuration(place.build()).send().await?;
    }
    let life = PresigningConfig::expires_in(Duration::from_secs(3600))?;
    let mut paths = Vec::with_capacity(requests);
    for at in 0..requests {
        let put = s3.put_object().bucket(BUCKET).key(format!("object-{at:06}")).presigned(life.clone()).await?;
        let uri = put.uri();
        paths.push(uri.get(uri.find(BUCKET).unwrap_or(1) - 1..).unwrap_or_default().to_owned());
    }
    Ok(paths)
}

/// One connection: a request, its answer, the next.
fn work(address: &str, paths: &[String], next: &AtomicUsize, body: &[u8]) -> Outcome<Vec<Duration>> {
    let mut times = Vec::new();
    let mut connection = None;
    while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
        let begun = Instant::now();
        let mut stream: BufReader<TcpStream> = match connection.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(address)?;
                stream.set_nodelay(true)?;
                BufReader::new(stream)
            }
        };
        let mut request =
            format!("PUT {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
        request.extend_from_slice(body);
        stream.get_mut().write_all(&request)?;
        if read_answer(&mut stream)? {
            connection = Some(stream);
        }
        times.push(begun.elapsed());
    }
    Ok(times)
}

/// Whether the connection stays open; an error for anything but 200.
fn read_answer(stream: &mut BufReader<TcpStream>) -> Outcome<bool> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let ok = line.split(' ').nth(1) == Some("200");
    let mut stays = line.starts_with("HTTP/1.1");
    let status = line.clone();
    let mut length = 0;
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Err(format!("the answer broke off: {status}").into());
        }
        let header = line.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        stays &= header != "connection: close";
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    if ok { Ok(stays) } else { Err(format!("{status}{}", String::from_utf8_lossy(&body)).into()) }
}
