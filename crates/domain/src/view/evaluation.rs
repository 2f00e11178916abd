use super::LabelledBox;
use crate::evaluation::{LabelResult, Results};
use crate::geometry::ImageSize;
use crate::s3_uri::S3Uri;
use crate::status::ModelKind;
use serde::{Deserialize, Serialize};

/// The evaluation of one version, read from the service's output files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluationView {
    pub version_arn: String,
    pub version_name: String,
    pub kind: ModelKind,
    /// 0 to 1.
    pub f1: f64,
    pub precision: f64,
    pub recall: f64,
    pub training_images: u64,
    pub testing_images: u64,
    /// As the service tells it; none when it tells none.
    pub average_precision: Option<f64>,
    pub labels: Vec<LabelEvaluation>,
    /// Every test image with what was said of it, in the order of [`TestImage`]s; the first labels are those of
    /// `labels`.
    pub results: Results,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelEvaluation {
    pub label: String,
    pub testing_images: u64,
    /// 0 to 1.
    pub f1: f64,
    pub precision: f64,
    pub recall: f64,
    /// The assumed threshold, 0 to 1.
    pub threshold: f64,
}

impl From<LabelResult> for LabelEvaluation {
    fn from(result: LabelResult) -> Self {
        Self {
            label: result.label,
            testing_images: result.number_of_testing_images,
            f1: result.metrics.f1_score,
            precision: result.metrics.precision,
            recall: result.metrics.recall,
            threshold: result.metrics.threshold,
        }
    }
}

/// One test image with truth and prediction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestImage {
    pub source: S3Uri,
    pub size: Option<ImageSize>,
    pub true_labels: Vec<String>,
    pub true_boxes: Vec<LabelledBox>,
    /// Down to the lowest confidence in the service's file, the most confident first.
    pub predictions: Vec<Prediction>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    pub label: String,
    /// 0 to 100.
    pub confidence: f64,
    /// None for image labels; in image pixels.
    pub area: Option<crate::geometry::PixelBox>,
    /// Which true object (IoU at least 0.5) or label it meets that no surer prediction met: an index into the true
    /// labels with the true boxes behind them.
    pub meets: Option<usize>,
}
