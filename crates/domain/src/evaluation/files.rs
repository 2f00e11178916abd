/// The six files that a training writes below its `OutputConfig`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutputFile {
    EvaluationResultSummary,
    ManifestSummary,
    TrainingGroundTruth,
    TestingGroundTruth,
    TrainingManifestWithValidation,
    TestingManifestWithValidation,
}

/// The file's name for a version of a project, without the prefix: summaries end in `.json`,
/// manifests in `.manifest`.
pub fn file_name(file: OutputFile, project: &str, version: &str) -> String {
    let (stem, ending) = match file {
        OutputFile::EvaluationResultSummary => ("EvaluationResultSummary", "json"),
        OutputFile::ManifestSummary => ("ManifestSummary", "json"),
        OutputFile::TrainingGroundTruth => ("TrainingGroundTruth", "manifest"),
        OutputFile::TestingGroundTruth => ("TestingGroundTruth", "manifest"),
        OutputFile::TrainingManifestWithValidation => ("TrainingManifestWithValidation", "manifest"),
        OutputFile::TestingManifestWithValidation => ("TestingManifestWithValidation", "manifest"),
    };
    format!("{stem}-{project}-{version}.{ending}")
}
