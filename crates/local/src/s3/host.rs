//! Buckets in the host name: `my-bucket.localhost:4566`.

use s3s::S3Result;
use s3s::host::{S3Host, VirtualHost};

/// Reads a bucket from a host name. Other hosts were refused before.
pub(super) struct Hosts {
    suffix: String,
}

impl Hosts {
    pub(super) fn new(port: u16) -> Self {
        Self { suffix: format!(".localhost:{port}") }
    }
}

impl S3Host for Hosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let bucket_length = host.len().checked_sub(self.suffix.len());
        let bucket = bucket_length.and_then(|at| Some((host.get(..at)?, host.get(at..)?)));
        Ok(match bucket {
            Some((bucket, suffix)) if suffix.eq_ignore_ascii_case(&self.suffix) && !bucket.is_empty() => {
                VirtualHost::new(host).with_bucket(bucket.to_ascii_lowercase())
            }
            _ => VirtualHost::new(host),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_stands_before_localhost() {
        let hosts = Hosts::new(4566);
        let bucket = |host| hosts.parse_host_header(host).unwrap().bucket().map(str::to_owned);
        assert_eq!(bucket("my.bucket.localhost:4566").as_deref(), Some("my.bucket"));
        assert_eq!(bucket("localhost:4566"), None);
        assert_eq!(bucket("127.0.0.1:4566"), None);
    }
}
