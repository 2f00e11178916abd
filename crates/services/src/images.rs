//! Buckets and the pictures in them.

use crate::clock::millis;
use crate::error::{internal, problem};
use crate::{Services, picture};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use bytes::Bytes;
use domain::image_rules::{check_for_dataset, is_image_key};
use domain::names::check_bucket_name;
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::view::{BucketView, FolderEntry, FolderView, JobId, JobKind, ObjectEntry};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use std::time::Duration;

/// Objects looked at to count a folder's images: one page of a listing.
const COUNTED_KEYS: i32 = 1000;
/// Folders of a page that are counted.
const COUNTED_FOLDERS: usize = 100;
/// Calls of one request that go out side by side.
const SIDE_BY_SIDE: usize = 8;
/// Buckets and keys looked at to know whether there are any images at all.
const LOOKED_AT_BUCKETS: usize = 8;
const LOOKED_AT_KEYS: i32 = 200;
/// S3's own limit, in bytes of UTF-8.
const LONGEST_KEY: usize = 1024;

impl Services {
    /// Every bucket of the account, those of the own Region first, then by name.
    ///
    /// # Errors
    /// Those of the cloud. A Region that can't be asked for is none in the view, not an error.
    pub async fn list_buckets(&self) -> Result<Vec<BucketView>, Problem> {
        let mut buckets = Vec::new();
        // BucketRegion is told only in answers to requests with a parameter.
        let mut pages = self.s3().list_buckets().max_buckets(1000).into_paginator().send();
        while let Some(page) = pages.next().await {
            for bucket in page.map_err(problem("ListBuckets"))?.buckets.unwrap_or_default() {
                let Some(name) = bucket.name else { continue };
                buckets.push((name, bucket.bucket_region, bucket.creation_date.as_ref().map(millis)));
            }
        }
        let mut views: Vec<BucketView> = stream::iter(buckets)
            .map(|(name, region, created_ms)| async move {
                let region = match region.filter(|region| !region.is_empty()) {
                    Some(region) => Some(region),
                    None => self.bucket_region(&name).await,
                };
                let same_region = region.as_deref() == Some(self.region());
                BucketView { name, region, same_region, created_ms }
            })
            .buffer_unordered(SIDE_BY_SIDE)
            .collect()
            .await;
        views.sort_by(|a, b| b.same_region.cmp(&a.same_region).then_with(|| a.name.cmp(&b.name)));
        Ok(views)
    }

    /// The Region of a bucket; none when it may not be asked for.
    pub(crate) async fn bucket_region(&self, name: &str) -> Option<String> {
        let answer = self.s3().get_bucket_location().bucket(name).send().await;
        match answer {
            Ok(location) => Some(match location.location_constraint().map(BucketLocationConstraint::as_str) {
                None | Some("") => "us-east-1".to_owned(),
                // The oldest spelling.
                Some("EU") => "eu-west-1".to_owned(),
                Some(region) => region.to_owned(),
            }),
            Err(error) => {
                tracing::debug!(bucket = name, problem = %problem("GetBucketLocation")(error), "no Region");
                None
            }
        }
    }

    /// Makes a bucket in the Region Kenchi works in.
    ///
    /// # Errors
    /// [`ProblemKind::BadBucketName`], [`ProblemKind::BucketNameTaken`], and those of the cloud.
    pub async fn create_bucket(&self, name: &str) -> Result<BucketView, Problem> {
        check_bucket_name(name)?;
        // us-east-1 is the one Region that must not be named.
        let place = (self.region() != "us-east-1").then(|| {
            CreateBucketConfiguration::builder()
                .location_constraint(BucketLocationConstraint::from(self.region()))
                .build()
        });
        self.s3()
            .create_bucket()
            .bucket(name)
            .set_create_bucket_configuration(place)
            .send()
            .await
            .map_err(problem("CreateBucket"))
            .map_err(|problem| problem.about(name))?;
        Ok(BucketView {
            name: name.to_owned(),
            region: Some(self.region().to_owned()),
            same_region: true,
            created_ms: Some(crate::clock::now_ms()),
        })
    }

    /// One level of a bucket. `prefix` is empty or ends in `/`; `token` continues a long listing.
    ///
    /// # Errors
    /// Those of the cloud.
    pub async fn list_folder(&self, bucket: &str, prefix: &str, token: Option<String>) -> Result<FolderView, Problem> {
        let page = self
            .s3()
            .list_objects_v2()
            .bucket(bucket)
            .prefix(prefix)
            .delimiter("/")
            .set_continuation_token(token)
            .send()
            .await
            .map_err(problem("ListObjectsV2"))
            .map_err(|problem| problem.about(bucket))?;
        let mut images = Vec::new();
        let mut other_files = 0;
        for object in page.contents() {
            let Some(key) = object.key() else { continue };
            let size = u64::try_from(object.size().unwrap_or_default()).unwrap_or_default();
            if is_image_key(key) {
                images.push(entry(key, prefix, size, object.last_modified().map(millis)));
            } else if key != prefix {
                // The empty object that consoles make for a folder is no file.
                other_files += 1;
            }
        }
        let prefixes: Vec<String> = page.common_prefixes().iter().filter_map(|common| common.prefix.clone()).collect();
        let folders = stream::iter(prefixes.into_iter().enumerate())
            .map(|(index, folder)| self.folder_entry(bucket, prefix, folder, index < COUNTED_FOLDERS))
            .buffered(SIDE_BY_SIDE)
            .try_collect()
            .await?;
        Ok(FolderView {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            folders,
            images,
            other_files,
            next_token: page.next_continuation_token().filter(|token| !token.is_empty()).map(str::to_owned),
        })
    }

    async fn folder_entry(
        &self,
        bucket: &str,
        parent: &str,
        prefix: String,
        count: bool,
    ) -> Result<FolderEntry, Problem> {
        let name = prefix.strip_prefix(parent).unwrap_or(&prefix).trim_end_matches('/').to_owned();
        let mut folder = FolderEntry { name, prefix, images: 0, counted_all: false, first_image: None };
        if count {
            let page = self
                .s3()
                .list_objects_v2()
                .bucket(bucket)
                .prefix(&folder.prefix)
                .max_keys(COUNTED_KEYS)
                .send()
                .await
                .map_err(problem("ListObjectsV2"))
                .map_err(|problem| problem.about(bucket))?;
            let mut keys = page.contents().iter().filter_map(|object| object.key()).filter(|key| is_image_key(key));
            folder.first_image = keys.next().map(str::to_owned);
            folder.images = keys.count() as u64 + u64::from(folder.first_image.is_some());
            folder.counted_all = page.is_truncated() != Some(true);
        }
        Ok(folder)
    }

    /// Puts a picture into a bucket. Its EXIF orientation goes into the pixels; an upright picture's
    /// bytes stay as they are.
    ///
    /// # Errors
    /// What `domain::image_rules::check_for_dataset` refuses, and those of the cloud; the subject is the
    /// key.
    pub async fn upload_image(&self, bucket: String, key: String, bytes: Bytes) -> Result<ObjectEntry, Problem> {
        if key.is_empty() || key.len() > LONGEST_KEY || key.ends_with('/') {
            let detail = format!("a key has 1 to {LONGEST_KEY} bytes and does not end in a slash");
            return Err(Problem::new(ProblemKind::InvalidInput, detail).about(key));
        }
        let info = check_for_dataset(&bytes).map_err(|problem| problem.about(&key))?;
        let bytes = self.with_picture(move || picture::upright(bytes, &info)).await;
        let bytes = bytes.map_err(|problem| problem.about(&key))?;
        // Encoded again it may have grown over the limit.
        check_for_dataset(&bytes).map_err(|problem| problem.about(&key))?;
        let size = bytes.len() as u64;
        let at = S3Uri { bucket, key };
        self.write_object(&at, bytes, picture::content_type(info.format)).await?;
        self.keep_size(&at, info.upright).await?;
        self.0.any_images.forget_all();
        let parent = at.key.rfind('/').map_or("", |slash| &at.key[..=slash]).to_owned();
        Ok(entry(&at.key, &parent, size, Some(crate::clock::now_ms())))
    }

    /// Deletes objects by key; answers how many are gone. Keys that were not there count too.
    ///
    /// # Errors
    /// The first of the cloud's; those before it are deleted.
    pub async fn delete_images(&self, bucket: &str, keys: Vec<String>) -> Result<u64, Problem> {
        self.0.any_images.forget_all();
        stream::iter(keys)
            .map(|key| async move {
                let sent = self.s3().delete_object().bucket(bucket).key(&key).send().await;
                sent.map_err(problem("DeleteObject")).map_err(|problem| problem.about(&key))?;
                self.0.etags.forget(&S3Uri { bucket: bucket.to_owned(), key }.to_string());
                Ok(())
            })
            .buffer_unordered(SIDE_BY_SIDE)
            .try_fold(0, |gone, ()| async move { Ok(gone + 1) })
            .await
    }

    /// Draws the guide's QR set into a bucket, as a job.
    ///
    /// # Errors
    /// None at once; the job tells those of the cloud.
    pub async fn draw_samples(&self, bucket: &str) -> Result<JobId, Problem> {
        let (services, bucket) = (self.clone(), bucket.to_owned());
        Ok(self.0.jobs.start(JobKind::DrawSamples, None, |progress| async move {
            let drawn = tokio::task::spawn_blocking(domain::samples::guide_set).await;
            let samples = drawn.map_err(|error| internal("drawing the samples", &error))?;
            let total = samples.len() as u64;
            progress.set(0, total);
            let mut put = stream::iter(samples)
                .map(|(key, sample)| {
                    let (services, at) = (&services, S3Uri { bucket: bucket.clone(), key });
                    async move {
                        let size = sample.size;
                        let png = services.with_picture(move || picture::grey_png(sample.size, sample.gray)).await?;
                        services.write_object(&at, png.bytes, png.content_type).await?;
                        services.keep_size(&at, size).await
                    }
                })
                .buffer_unordered(SIDE_BY_SIDE);
            let mut done = 0;
            while let Some(result) = put.next().await {
                result?;
                done += 1;
                progress.set(done, total);
            }
            services.0.any_images.forget_all();
            Ok(())
        }))
    }

    /// Whether a bucket of the own Region has a picture, as far as the first keys of some buckets tell.
    pub(crate) async fn has_images(&self) -> Result<bool, Problem> {
        let fresh = |found: &bool| Duration::from_secs(if *found { 60 } else { 3 });
        let fetch = || async {
            let buckets = self.list_buckets().await?;
            for bucket in buckets.iter().filter(|bucket| bucket.same_region).take(LOOKED_AT_BUCKETS) {
                let page = self
                    .s3()
                    .list_objects_v2()
                    .bucket(&bucket.name)
                    .max_keys(LOOKED_AT_KEYS)
                    .send()
                    .await
                    .map_err(problem("ListObjectsV2"));
                // One bucket that may not be read says nothing of the others.
                let Ok(page) = page else { continue };
                if page.contents().iter().any(|object| object.key().is_some_and(is_image_key)) {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        self.0.any_images.get("", fresh, fetch).await
    }

    /// Runs work on a picture on a thread that may block, as many at once as there are processors.
    pub(crate) async fn with_picture<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let _permit =
            self.0.picture_permits.acquire().await.map_err(|error| internal("waiting for a processor", &error))?;
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|error| internal("working on a picture", &error))?
    }
}

fn entry(key: &str, parent: &str, size: u64, modified_ms: Option<i64>) -> ObjectEntry {
    let name = key.strip_prefix(parent).unwrap_or(key).to_owned();
    ObjectEntry { key: key.to_owned(), name, size, modified_ms }
}
