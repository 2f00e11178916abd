//! DetectCustomLabels.

use super::dataset::NO_SUCH_OBJECT;
use super::error::ApiError;
use super::lean::lean;
use super::operation::Operation;
use super::{Caller, State, parse, row, wire};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::image_rules::{self, ImageInfo};
use domain::problem::{Problem, ProblemKind};
use domain::status::VersionStatus;
use serde_json::{Value, json};
use std::sync::{Arc, PoisonError};
use trainer::{DecodeError, DetectError, Model};

pub async fn detect(state: &Arc<State>, caller: &Caller, body: Bytes) -> Result<Value, ApiError> {
    let request: wire::DetectCustomLabels = parse(caller, Operation::DetectCustomLabels, &body)?;
    drop(body);
    let model = running_model(state, &request.project_version_arn).await?;
    let permit = state.models.detecting.acquire().await.map_err(ApiError::internal)?;
    let (worker, account) = (Arc::clone(state), caller.account().to_owned());
    let answer = tokio::task::spawn_blocking(move || answer(&worker, &account, &model, request)).await;
    drop(permit);
    answer.unwrap_or_else(|panic| Err(ApiError::internal(panic)))
}

/// The model of a version.
///
/// # Errors
/// `ResourceNotFoundException` when there is no such version, `ResourceNotReadyException` when it does not run.
async fn running_model(state: &Arc<State>, arn: &str) -> Result<Arc<Model>, ApiError> {
    let wanted = arn.to_owned();
    let status = state.store.db().read(move |db| Ok::<_, ApiError>(row::version::by_arn(db, &wanted)?.status)).await?;
    let model = state.models.get(arn).filter(|_| status == VersionStatus::Running);
    model.ok_or_else(|| {
        ApiError::resource_not_ready(format!(
            "The model is not ready: its status is {status}. Start it with StartProjectVersion."
        ))
    })
}

fn answer(state: &State, account: &str, model: &Model, request: wire::DetectCustomLabels) -> Result<Value, ApiError> {
    let (bytes, info) = image_bytes(state, account, request.image)?;
    let is_large = u64::from(info.size.width) * u64::from(info.size.height) > LARGE;
    let _alone = is_large.then(|| state.models.large.lock().unwrap_or_else(PoisonError::into_inner));
    // The cores that no other detection has, so that one picture alone is fast and many keep all busy.
    let threads = 1 + state.models.detecting.available_permits();
    let mut found = model.detect(&lean(bytes), threads).map_err(refused_picture)?.found;
    let cut_off = |label: usize| match request.min_confidence {
        Some(percent) => percent / 100.0,
        None => model.thresholds().get(label).copied().map_or(0.5, f64::from),
    };
    found.retain(|one| f64::from(one.confidence) >= cut_off(one.label));
    found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    found.truncate(request.max_results.map_or(usize::MAX, |n| n as usize));
    let labels: Vec<wire::CustomLabel> = found
        .into_iter()
        .map(|one| wire::CustomLabel {
            name: model.labels().get(one.label).cloned().unwrap_or_default(),
            confidence: (f64::from(one.confidence) * 100.0).clamp(0.0, 100.0),
            geometry: one.area.map(|area| wire::Geometry {
                bounding_box: wire::BoundingBox {
                    width: area.width,
                    height: area.height,
                    left: area.left,
                    top: area.top,
                },
            }),
        })
        .collect();
    Ok(json!({ "CustomLabels": labels }))
}

fn image_bytes(state: &State, account: &str, image: wire::Image) -> Result<(Bytes, ImageInfo), ApiError> {
    match (image.bytes, image.s3_object) {
        (Some(text), None) => {
            let bytes = STANDARD.decode(text).map_err(|_| ApiError::serialization("Invalid Base64 in the blob"))?;
            let info = image_rules::check_for_inline_detection(&bytes).map_err(refused)?;
            Ok((bytes.into(), info))
        }
        (None, Some(object)) => {
            let (Some(bucket), Some(key)) = (object.bucket, object.name) else {
                return Err(ApiError::invalid_parameter("The S3Object needs a Bucket and a Name."));
            };
            if !state.may_read(account, &bucket, &key)? {
                return Err(ApiError::invalid_s3_object(NO_SUCH_OBJECT));
            }
            // Whatever lies there: what is too large is not read.
            if state.object_size(&bucket, &key)?.is_some_and(|size| size > image_rules::MOST_BYTES_IN_S3 as u64) {
                return Err(ApiError::image_too_large("Image size is too large."));
            }
            let bytes = state
                .store
                .read_object_blocking(&bucket, &key)?
                .ok_or_else(|| ApiError::invalid_s3_object(NO_SUCH_OBJECT))?;
            let info = image_rules::check_for_dataset(&bytes).map_err(refused)?;
            Ok((bytes, info))
        }
        (Some(_), Some(_)) => Err(ApiError::invalid_parameter("Image takes either Bytes or an S3Object, not both.")),
        (None, None) => Err(ApiError::invalid_parameter("Image needs Bytes or an S3Object.")),
    }
}

/// Pixels of a picture that is looked at alone.
const LARGE: u64 = 8_000_000;

const BAD_FORMAT: &str = "Request has invalid image format";

/// A picture that breaks a rule, as the service refuses it.
fn refused(problem: Problem) -> ApiError {
    match problem.kind {
        ProblemKind::ImageTooManyBytes | ProblemKind::ImageTooLarge => ApiError::image_too_large(problem.detail),
        ProblemKind::ImageTooSmall | ProblemKind::ImageAspectTooWide => ApiError::invalid_parameter(problem.detail),
        _ => ApiError::invalid_image_format(BAD_FORMAT),
    }
}

fn refused_picture(error: DetectError) -> ApiError {
    match error {
        DetectError::Decode(error @ DecodeError::TooLarge { .. }) => ApiError::image_too_large(error.to_string()),
        DetectError::Decode(_) => ApiError::invalid_image_format(BAD_FORMAT),
    }
}
