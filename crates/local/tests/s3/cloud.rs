//! A local cloud on a free port, with a client for it.

use std::net::SocketAddr;

use aws_credential_types::Credentials;
use aws_sdk_s3 as s3;
use aws_sdk_s3::error::ProvideErrorMetadata;
use local::{Config, LocalCloud};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub const REGION: &str = "ap-northeast-1";

pub struct Cloud {
    pub s3: s3::Client,
    pub address: SocketAddr,
    pub keys: Credentials,
    folder: Option<tempfile::TempDir>,
    stop: Option<oneshot::Sender<()>>,
    served: Option<JoinHandle<std::io::Result<()>>>,
}

impl Cloud {
    /// A new cloud without a bucket.
    pub async fn empty() -> Self {
        Self::over(tempfile::tempdir().unwrap()).await
    }

    /// A new cloud with the bucket `b-1`.
    pub async fn new() -> Self {
        let cloud = Self::empty().await;
        cloud.create_bucket("b-1").await;
        cloud
    }

    async fn over(folder: tempfile::TempDir) -> Self {
        let cloud = LocalCloud::open(config(&folder)).await.unwrap();
        let listener = cloud.bind().await.unwrap();
        let address = listener.local_addr().unwrap();
        let keys = cloud.credentials();
        let keys = Credentials::new(&keys.access_key_id, &keys.secret_access_key, None, None, "test");
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(cloud.serve(listener, async {
            let _ = stopped.await;
        }));
        let s3 = client(&format!("http://{address}"), keys.clone(), REGION, true);
        Self { s3, address, keys, folder: Some(folder), stop: Some(stop), served: Some(served) }
    }

    pub fn config(&self) -> Config {
        config(self.folder.as_ref().unwrap())
    }

    pub fn folder(&self) -> &std::path::Path {
        self.folder.as_ref().unwrap().path()
    }

    /// A client of another account, which is made when it is not there yet.
    pub fn of_account(&self, account: &str) -> s3::Client {
        let keys = local::read_or_generate_keys(self.folder(), account).unwrap();
        let keys = Credentials::new(keys.access_key_id, keys.secret_access_key, None, None, "test");
        client(&format!("http://{}", self.address), keys, REGION, true)
    }

    /// Ends the cloud as a signal does and opens it again over the same folder.
    pub async fn restarted(mut self) -> Self {
        self.stop.take().unwrap().send(()).unwrap();
        self.served.take().unwrap().await.unwrap().unwrap();
        let folder = self.folder.take().unwrap();
        Self::over(folder).await
    }

    pub async fn create_bucket(&self, name: &str) {
        let place = s3::types::CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
        self.s3.create_bucket().bucket(name).create_bucket_configuration(place).send().await.unwrap();
    }

    pub async fn put(&self, key: &str, bytes: impl Into<Vec<u8>>) -> String {
        let bytes: Vec<u8> = bytes.into();
        let answer = self.s3.put_object().bucket("b-1").key(key).body(bytes.into()).send().await.unwrap();
        answer.e_tag.unwrap()
    }

    pub async fn get(&self, key: &str) -> Vec<u8> {
        let object = self.s3.get_object().bucket("b-1").key(key).send().await.unwrap();
        object.body.collect().await.unwrap().to_vec()
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        if let Some(served) = &self.served {
            served.abort();
        }
    }
}

fn config(folder: &tempfile::TempDir) -> Config {
    Config { region: REGION.to_owned(), ..Config::new(folder.path(), "127.0.0.1:0".parse().unwrap()) }
}

pub fn client(endpoint: &str, keys: Credentials, region: &str, path_style: bool) -> s3::Client {
    let config = s3::config::Builder::new()
        .endpoint_url(endpoint)
        .region(s3::config::Region::new(region.to_owned()))
        .behavior_version(s3::config::BehaviorVersion::latest())
        .retry_config(s3::config::retry::RetryConfig::disabled())
        .credentials_provider(keys)
        .force_path_style(path_style)
        .build();
    s3::Client::from_conf(config)
}

/// The code of a refusal; the status when there is no body to carry a code (HEAD, 304).
pub fn code<T: std::fmt::Debug, E: ProvideErrorMetadata + std::error::Error>(
    result: Result<T, s3::error::SdkError<E>>,
) -> String {
    let error = result.unwrap_err();
    match error.code() {
        Some(code) => code.to_owned(),
        None => error.raw_response().unwrap().status().as_u16().to_string(),
    }
}

/// Bytes that no compression and no chance makes equal.
pub fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect()
}
