//! What a training leaves behind to be judged by: the service's output files, and the metrics in them.

mod confusion;
mod curve;
mod files;
mod metrics;
mod results;
mod summary;
mod test_line;
mod validation;

pub use confusion::{Cell, cells, confusion};
pub use curve::{Counts, CurvePoint, Ranking, Rankings};
pub use files::{OutputFile, file_name};
pub use metrics::{Evaluated, Judged, LabelScore, Object, Scored, Scores, judge, score};
pub use results::{Cut, Results, Said, Tally};
pub use summary::{
    Aggregated, CodeMessage, ConfusionCell, Details, LabelMetrics, LabelResult, ManifestStatistics, ManifestSummary,
    Statistics, Summary, parse_manifest_summary, parse_summary,
};
pub use test_line::{Outcome, TestLine, TestedObject, parse_test_line, write_test_line};
pub use validation::{Faulty, parse_validation};

/// A predicted box meets a true one of its label from this intersection over union on.
pub const LEAST_IOU: f64 = 0.5;
