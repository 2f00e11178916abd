//! Objects in buckets, as the areas need them: reading, writing, listing.

use crate::Services;
use crate::error::{body_broken, problem};
use bytes::Bytes;
use domain::geometry::ImageSize;
use domain::image_rules;
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use std::time::Duration;

/// More than any picture or manifest line batch that Kenchi reads whole: a manifest may be 1 GB, yet
/// those are read by the service, not by us. Outputs of a training of 50,000 images fit.
const MOST_READ_BYTES: i64 = 256 * 1024 * 1024;
/// Enough for the header of most pictures, and of those with a thumbnail in it.
const HEADER_BYTES: [u64; 2] = [8 * 1024, 96 * 1024];
/// How long an ETag is believed; our own writes forget it at once.
const ETAG_FRESH: Duration = Duration::from_secs(20);

impl Services {
    /// The whole object.
    pub(crate) async fn read_object(&self, source: &S3Uri) -> Result<Bytes, Problem> {
        self.read(source, None).await
    }

    async fn read(&self, source: &S3Uri, range: Option<String>) -> Result<Bytes, Problem> {
        let object = self
            .s3()
            .get_object()
            .bucket(&source.bucket)
            .key(&source.key)
            .set_range(range)
            .send()
            .await
            .map_err(problem("GetObject"))
            .map_err(|problem| problem.about(source.to_string()))?;
        if object.content_length().is_some_and(|length| length > MOST_READ_BYTES) {
            let detail = format!("{} bytes", object.content_length().unwrap_or_default());
            return Err(Problem::new(ProblemKind::InvalidInput, detail).about(source.to_string()));
        }
        let body = object.body.collect().await;
        let body = body.map_err(|error| body_broken("GetObject", &error).about(source.to_string()))?;
        Ok(body.into_bytes())
    }

    pub(crate) async fn write_object(&self, at: &S3Uri, bytes: Bytes, content_type: &str) -> Result<(), Problem> {
        self.s3()
            .put_object()
            .bucket(&at.bucket)
            .key(&at.key)
            .content_type(content_type)
            .body(bytes.into())
            .send()
            .await
            .map_err(problem("PutObject"))
            .map_err(|problem| problem.about(at.to_string()))?;
        self.0.etags.forget(&at.to_string());
        Ok(())
    }

    /// The object's ETag without quotes, at most some seconds old.
    pub(crate) async fn etag(&self, source: &S3Uri) -> Result<String, Problem> {
        let fetch = || async {
            let head = self
                .s3()
                .head_object()
                .bucket(&source.bucket)
                .key(&source.key)
                .send()
                .await
                .map_err(problem("HeadObject"))
                .map_err(|problem| problem.about(source.to_string()))?;
            Ok(head.e_tag().unwrap_or_default().trim_matches('"').to_owned())
        };
        self.0.etags.get(&source.to_string(), |_| ETAG_FRESH, fetch).await
    }

    /// The header of a picture, and its size is remembered.
    pub(crate) async fn probe_object(&self, source: &S3Uri) -> Result<image_rules::ImageInfo, Problem> {
        let info = self.probe_header(source).await?;
        self.keep_size(source, info.upright).await?;
        Ok(info)
    }

    /// The header of a picture: its first bytes are read, and all of it only when they don't suffice.
    pub(crate) async fn probe_header(&self, source: &S3Uri) -> Result<image_rules::ImageInfo, Problem> {
        for most in HEADER_BYTES {
            let first = self.read(source, Some(format!("bytes=0-{}", most - 1))).await?;
            match image_rules::probe(&first) {
                Ok(info) => return Ok(info),
                Err(_) if first.len() as u64 >= most => {}
                Err(problem) => return Err(problem.about(source.to_string())),
            }
        }
        let whole = self.read_object(source).await?;
        image_rules::probe(&whole).map_err(|problem| problem.about(source.to_string()))
    }

    /// Remembers the upright size of a picture.
    pub(crate) async fn keep_size(&self, source: &S3Uri, size: ImageSize) -> Result<(), Problem> {
        let source = source.clone();
        self.store().run(move |db| crate::store::picture::set_size(db, &source, size)).await
    }

    /// Calls `each` with the key and the size in bytes of every object below `prefix`, in the order of
    /// the keys, until it answers false.
    pub(crate) async fn walk(
        &self,
        bucket: &str,
        prefix: &str,
        mut each: impl FnMut(&str, u64) -> bool + Send,
    ) -> Result<(), Problem> {
        let mut token = None;
        loop {
            let page = self
                .s3()
                .list_objects_v2()
                .bucket(bucket)
                .prefix(prefix)
                .set_continuation_token(token)
                .send()
                .await
                .map_err(problem("ListObjectsV2"))
                .map_err(|problem| problem.about(bucket))?;
            for object in page.contents() {
                let size = u64::try_from(object.size().unwrap_or_default()).unwrap_or_default();
                if object.key().is_some_and(|key| !each(key, size)) {
                    return Ok(());
                }
            }
            token = page.next_continuation_token().filter(|token| !token.is_empty()).map(str::to_owned);
            if token.is_none() || page.is_truncated() == Some(false) {
                return Ok(());
            }
        }
    }
}
