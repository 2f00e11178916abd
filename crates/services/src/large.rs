//! Pictures that are too large to be sent with the request: they go through the project's bucket, and are deleted
//! there as soon as the answer is known.

use crate::Services;
use crate::clock::now_ms;
use bytes::Bytes;
use domain::image_rules::{ImageFormat, ImageInfo};
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::view::DetectionView;

/// Where they lie for a moment; the time stands behind it.
const PREFIX: &str = "kenchi-temporary/";
/// What is older was left behind by a crash.
const LEFT_BEHIND_MS: i64 = 60 * 60 * 1000;

impl Services {
    /// Detects on a picture of 4 to 15 MB that is upright already.
    pub(crate) async fn detect_large(
        &self,
        version_arn: &str,
        file_name: &str,
        bytes: Bytes,
        info: ImageInfo,
    ) -> Result<DetectionView, Problem> {
        let version = self.version(version_arn).await?;
        let place = version.output_bucket().ok_or_else(|| {
            Problem::new(ProblemKind::ImageTooManyBytes, "the model tells no bucket through which it could go")
        })?;
        self.clear_left_behind(&place).await;
        let (ending, content_type) = match info.format {
            ImageFormat::Jpeg => ("jpg", "image/jpeg"),
            ImageFormat::Png => ("png", "image/png"),
        };
        let at = S3Uri::new(&place, format!("{PREFIX}{}-{}.{ending}", now_ms(), uuid::Uuid::new_v4()));
        self.write_object(&at, bytes, content_type).await?;
        let answer = self.detect_uploaded(version_arn, file_name, &at, info).await;
        let deleted = self.delete_images(&at.bucket, vec![at.key.clone()]).await;
        if let Err(problem) = deleted {
            tracing::warn!(%problem, object = %at, "a large picture could not be deleted; it will be later");
        }
        answer.map(|answer| DetectionView { through: Some(at), ..answer })
    }

    async fn clear_left_behind(&self, bucket: &str) {
        let mut old = Vec::new();
        let oldest = now_ms() - LEFT_BEHIND_MS;
        let walked = self.walk(bucket, PREFIX, |key, _| {
            if written_ms(key).is_some_and(|at| at < oldest) {
                old.push(key.to_owned());
            }
            true
        });
        let cleared = match walked.await {
            Ok(()) if old.is_empty() => Ok(0),
            Ok(()) => self.delete_images(bucket, old).await,
            Err(problem) => Err(problem),
        };
        if let Err(problem) = cleared {
            tracing::warn!(%problem, bucket, "what a crash left behind could not be cleared away");
        }
    }
}

fn written_ms(key: &str) -> Option<i64> {
    key.strip_prefix(PREFIX)?.split_once('-')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::written_ms;

    #[test]
    fn the_time_of_a_temporary_picture_stands_in_its_key() {
        assert_eq!(written_ms("kenchi-temporary/1700000000000-a-b.jpg"), Some(1_700_000_000_000));
        assert_eq!([written_ms("kenchi-temporary/x-a.jpg"), written_ms("other/1-a.jpg")], [None, None]);
    }
}
