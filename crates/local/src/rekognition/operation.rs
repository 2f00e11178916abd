//! The table of operations: each with its name and the shape of its request, as the API model
//! (`rekognition/2016-06-27`) has them.

use super::pattern;
use super::shape::{Field, Pattern, Shape};

macro_rules! operations {
    ($($name:ident => $fields:expr),+ $(,)?) => {
        /// An operation of Custom Labels.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Operation { $($name),+ }

        impl Operation {
            /// Every operation.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name as it stands in `X-Amz-Target` after the dot.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),+ }
            }

            /// The members of its request.
            pub fn request(self) -> &'static [Field] {
                match self { $(Self::$name => $fields),+ }
            }
        }
    };
}

impl Operation {
    /// The operation of a target such as `RekognitionService.CreateProject`.
    pub fn from_target(target: &str) -> Option<Self> {
        let name = target.strip_prefix("RekognitionService.")?;
        Self::ALL.iter().copied().find(|op| op.name() == name)
    }
}

const fn must(name: &'static str, shape: &'static Shape) -> Field {
    Field { name, required: true, shape }
}

const fn may(name: &'static str, shape: &'static Shape) -> Field {
    Field { name, required: false, shape }
}

const fn text(min: usize, max: usize, pattern: Pattern) -> Shape {
    Shape::Text { min, max, pattern: Some(pattern) }
}

const fn page(max: i64) -> Shape {
    Shape::Integer { min: 1, max }
}

static PROJECT_NAME: Shape = text(1, 255, pattern::NAME);
static VERSION_NAME: Shape = text(1, 255, pattern::NAME);
static PROJECT_ARN: Shape = text(20, 2048, pattern::PROJECT_ARN);
static DATASET_ARN: Shape = text(20, 2048, pattern::DATASET_ARN);
static VERSION_ARN: Shape = text(20, 2048, pattern::VERSION_ARN);
static RESOURCE_ARN: Shape = Shape::Text { min: 20, max: 2048, pattern: None };
static TOKEN: Shape = Shape::Text { min: 0, max: 1024, pattern: None };
static PAGE_100: Shape = page(100);
static PAGE_5: Shape = page(5);
static BOOLEAN: Shape = Shape::Boolean;
static PERCENT: Shape = Shape::Float { min: 0.0, max: 100.0 };
static UNSIGNED: Shape = Shape::Integer { min: 0, max: i32::MAX as i64 };
static UNITS: Shape = Shape::Integer { min: 1, max: i32::MAX as i64 };
static FEATURE: Shape = Shape::Enum(&["CONTENT_MODERATION", "CUSTOM_LABELS"]);
static AUTO_UPDATE: Shape = Shape::Enum(&["ENABLED", "DISABLED"]);
static DATASET_TYPE: Shape = Shape::Enum(&["TRAIN", "TEST"]);
static TAG_KEY: Shape = text(1, 128, pattern::TAG_KEY);
static TAG_VALUE: Shape = text(0, 256, pattern::TAG_VALUE);
static TAGS: Shape = Shape::Map { key: &TAG_KEY, value: &TAG_VALUE, max: 200 };
static TAG_KEYS: Shape = Shape::List { item: &TAG_KEY, min: 0, max: 200 };
static PROJECT_NAMES: Shape = Shape::List { item: &PROJECT_NAME, min: 1, max: 10 };
static VERSION_NAMES: Shape = Shape::List { item: &VERSION_NAME, min: 1, max: 10 };
static FEATURES: Shape = Shape::List { item: &FEATURE, min: 1, max: 2 };
static LABEL: Shape = text(1, 255, pattern::LABEL);
static LABELS: Shape = Shape::List { item: &LABEL, min: 1, max: 10 };
static QUERY: Shape = text(1, 2048, pattern::QUERY);
static KMS_KEY: Shape = text(1, 2048, pattern::KMS_KEY);
static DESCRIPTION: Shape = text(1, 255, pattern::DESCRIPTION);
static POLICY_NAME: Shape = text(1, 128, pattern::NAME);
static REVISION: Shape = text(0, 64, pattern::REVISION);
static POLICY: Shape = text(1, 2000, pattern::POLICY);

static BUCKET: Shape = text(3, 255, pattern::BUCKET);
static OBJECT_NAME: Shape = Shape::Text { min: 1, max: 1024, pattern: None };
static KEY_PREFIX: Shape = Shape::Text { min: 0, max: 1024, pattern: None };
static S3_OBJECT: Shape =
    Shape::Structure(&[may("Bucket", &BUCKET), may("Name", &OBJECT_NAME), may("Version", &OBJECT_NAME)]);
static OUTPUT_CONFIG: Shape = Shape::Structure(&[may("S3Bucket", &BUCKET), may("S3KeyPrefix", &KEY_PREFIX)]);
static MANIFEST: Shape = Shape::Structure(&[may("S3Object", &S3_OBJECT)]);
static DATASET_SOURCE: Shape =
    Shape::Structure(&[may("GroundTruthManifest", &MANIFEST), may("DatasetArn", &DATASET_ARN)]);
static ASSET: Shape = Shape::Structure(&[may("GroundTruthManifest", &MANIFEST)]);
static ASSETS: Shape = Shape::List { item: &ASSET, min: 0, max: usize::MAX };
static TRAINING_DATA: Shape = Shape::Structure(&[may("Assets", &ASSETS)]);
static TESTING_DATA: Shape = Shape::Structure(&[may("Assets", &ASSETS), may("AutoCreate", &BOOLEAN)]);
static MODERATION: Shape = Shape::Structure(&[may("ConfidenceThreshold", &PERCENT)]);
static FEATURE_CONFIG: Shape = Shape::Structure(&[may("ContentModeration", &MODERATION)]);
static GROUND_TRUTH: Shape = Shape::Blob { min: 1, max: 5_242_880 };
static CHANGES: Shape = Shape::Structure(&[must("GroundTruth", &GROUND_TRUTH)]);
static DISTRIBUTE_DATASET: Shape = Shape::Structure(&[must("Arn", &DATASET_ARN)]);
static DISTRIBUTE_DATASETS: Shape = Shape::List { item: &DISTRIBUTE_DATASET, min: 2, max: 2 };
static IMAGE_BYTES: Shape = Shape::Blob { min: 1, max: 5_242_880 };
static IMAGE: Shape = Shape::Structure(&[may("Bytes", &IMAGE_BYTES), may("S3Object", &S3_OBJECT)]);

operations! {
    CreateProject => const { &[
        must("ProjectName", &PROJECT_NAME), may("Feature", &FEATURE), may("AutoUpdate", &AUTO_UPDATE), may("Tags", &TAGS),
    ] },
    DescribeProjects => const { &[
        may("NextToken", &TOKEN), may("MaxResults", &PAGE_100), may("ProjectNames", &PROJECT_NAMES), may("Features", &FEATURES),
    ] },
    DeleteProject => const { &[must("ProjectArn", &PROJECT_ARN)] },
    CreateDataset => const { &[
        may("DatasetSource", &DATASET_SOURCE), must("DatasetType", &DATASET_TYPE), must("ProjectArn", &PROJECT_ARN), may("Tags", &TAGS),
    ] },
    DescribeDataset => const { &[must("DatasetArn", &DATASET_ARN)] },
    DeleteDataset => const { &[must("DatasetArn", &DATASET_ARN)] },
    ListDatasetEntries => const { &[
        must("DatasetArn", &DATASET_ARN), may("ContainsLabels", &LABELS), may("Labeled", &BOOLEAN), may("SourceRefContains", &QUERY),
        may("HasErrors", &BOOLEAN), may("NextToken", &TOKEN), may("MaxResults", &PAGE_100),
    ] },
    ListDatasetLabels => const { &[must("DatasetArn", &DATASET_ARN), may("NextToken", &TOKEN), may("MaxResults", &PAGE_100)] },
    UpdateDatasetEntries => const { &[must("DatasetArn", &DATASET_ARN), must("Changes", &CHANGES)] },
    DistributeDatasetEntries => const { &[must("Datasets", &DISTRIBUTE_DATASETS)] },
    CreateProjectVersion => const { &[
        must("ProjectArn", &PROJECT_ARN), must("VersionName", &VERSION_NAME), must("OutputConfig", &OUTPUT_CONFIG),
        may("TrainingData", &TRAINING_DATA), may("TestingData", &TESTING_DATA), may("Tags", &TAGS), may("KmsKeyId", &KMS_KEY),
        may("VersionDescription", &DESCRIPTION), may("FeatureConfig", &FEATURE_CONFIG),
    ] },
    DescribeProjectVersions => const { &[
        must("ProjectArn", &PROJECT_ARN), may("VersionNames", &VERSION_NAMES), may("NextToken", &TOKEN), may("MaxResults", &PAGE_100),
    ] },
    DeleteProjectVersion => const { &[must("ProjectVersionArn", &VERSION_ARN)] },
    CopyProjectVersion => const { &[
        must("SourceProjectArn", &PROJECT_ARN), must("SourceProjectVersionArn", &VERSION_ARN),
        must("DestinationProjectArn", &PROJECT_ARN), must("VersionName", &VERSION_NAME), must("OutputConfig", &OUTPUT_CONFIG),
        may("Tags", &TAGS), may("KmsKeyId", &KMS_KEY),
    ] },
    StartProjectVersion => const { &[
        must("ProjectVersionArn", &VERSION_ARN), must("MinInferenceUnits", &UNITS), may("MaxInferenceUnits", &UNITS),
    ] },
    StopProjectVersion => const { &[must("ProjectVersionArn", &VERSION_ARN)] },
    DetectCustomLabels => const { &[
        must("ProjectVersionArn", &VERSION_ARN), must("Image", &IMAGE), may("MaxResults", &UNSIGNED), may("MinConfidence", &PERCENT),
    ] },
    PutProjectPolicy => const { &[
        must("ProjectArn", &PROJECT_ARN), must("PolicyName", &POLICY_NAME), may("PolicyRevisionId", &REVISION),
        must("PolicyDocument", &POLICY),
    ] },
    ListProjectPolicies => const { &[must("ProjectArn", &PROJECT_ARN), may("NextToken", &TOKEN), may("MaxResults", &PAGE_5)] },
    DeleteProjectPolicy => const { &[
        must("ProjectArn", &PROJECT_ARN), must("PolicyName", &POLICY_NAME), may("PolicyRevisionId", &REVISION),
    ] },
    TagResource => const { &[must("ResourceArn", &RESOURCE_ARN), must("Tags", &TAGS)] },
    UntagResource => const { &[must("ResourceArn", &RESOURCE_ARN), must("TagKeys", &TAG_KEYS)] },
    ListTagsForResource => const { &[must("ResourceArn", &RESOURCE_ARN)] },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_23_operations_are_found_by_their_target() {
        assert_eq!(Operation::ALL.len(), 23);
        for op in Operation::ALL {
            assert_eq!(Operation::from_target(&format!("RekognitionService.{}", op.name())), Some(*op));
        }
        assert_eq!(Operation::from_target("RekognitionService.DetectFaces"), None);
        assert_eq!(Operation::from_target("DetectCustomLabels"), None);
    }
}
