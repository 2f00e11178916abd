/// Why the service would not take a line: its 17 line errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineProblem {
    MissingSourceRef,
    InvalidSourceRefFormat,
    NoLabelAttributes,
    InvalidLabelAttributeFormat,
    InvalidLabelAttributeMetadataFormat,
    NoValidLabelAttributes,
    MissingBoundingBoxConfidence,
    MissingClassMapId,
    InvalidJsonLine,
    InvalidImage,
    InvalidImageDimension,
    InvalidBoundingBox,
    NoValidAnnotations,
    BoundingBoxTooSmall,
    TooManyBoundingBoxes,
    UnsupportedUseCaseType,
    InvalidLabelNameLength,
}

impl LineProblem {
    /// The service's code.
    pub fn code(self) -> &'static str {
        match self {
            Self::MissingSourceRef => "ERROR_MISSING_SOURCE_REF",
            Self::InvalidSourceRefFormat => "ERROR_INVALID_SOURCE_REF_FORMAT",
            Self::NoLabelAttributes => "ERROR_NO_LABEL_ATTRIBUTES",
            Self::InvalidLabelAttributeFormat => "ERROR_INVALID_LABEL_ATTRIBUTE_FORMAT",
            Self::InvalidLabelAttributeMetadataFormat => "ERROR_INVALID_LABEL_ATTRIBUTE_METADATA_FORMAT",
            Self::NoValidLabelAttributes => "ERROR_NO_VALID_LABEL_ATTRIBUTES",
            Self::MissingBoundingBoxConfidence => "ERROR_MISSING_BOUNDING_BOX_CONFIDENCE",
            Self::MissingClassMapId => "ERROR_MISSING_CLASS_MAP_ID",
            Self::InvalidJsonLine => "ERROR_INVALID_JSON_LINE",
            Self::InvalidImage => "ERROR_INVALID_IMAGE",
            Self::InvalidImageDimension => "ERROR_INVALID_IMAGE_DIMENSION",
            Self::InvalidBoundingBox => "ERROR_INVALID_BOUNDING_BOX",
            Self::NoValidAnnotations => "ERROR_NO_VALID_ANNOTATIONS",
            Self::BoundingBoxTooSmall => "ERROR_BOUNDING_BOX_TOO_SMALL",
            Self::TooManyBoundingBoxes => "ERROR_TOO_MANY_BOUNDING_BOXES",
            Self::UnsupportedUseCaseType => "ERROR_UNSUPPORTED_USE_CASE_TYPE",
            Self::InvalidLabelNameLength => "ERROR_INVALID_LABEL_NAME_LENGTH",
        }
    }

    /// The service's message, as its developer guide gives it.
    pub fn message(self) -> &'static str {
        match self {
            Self::MissingSourceRef => "The source-ref key is missing.",
            Self::InvalidSourceRefFormat => "The format of the source-ref value is invalid.",
            Self::NoLabelAttributes => "No label attributes found.",
            Self::InvalidLabelAttributeFormat => "The format of the label attribute is invalid.",
            Self::InvalidLabelAttributeMetadataFormat => "The format of the label attribute metadata is invalid.",
            Self::NoValidLabelAttributes => "No valid label attributes found.",
            Self::MissingBoundingBoxConfidence => "One or more bounding boxes has a missing confidence value.",
            Self::MissingClassMapId => "One of more class ids is missing from the class map.",
            Self::InvalidJsonLine => "The JSON Line has an invalid format.",
            Self::InvalidImage => "The image is invalid. Check S3 path and/or image properties.",
            Self::InvalidImageDimension => "The image dimension(s) do not conform to allowed dimensions.",
            Self::InvalidBoundingBox => "The bounding box has off frame values.",
            Self::NoValidAnnotations => "No valid annotations found.",
            Self::BoundingBoxTooSmall => "The height and width of the bounding box is too small.",
            Self::TooManyBoundingBoxes => "There are more bounding boxes than the allowed maximum.",
            Self::UnsupportedUseCaseType => "The use case type is unsupported.",
            Self::InvalidLabelNameLength => "The label name length is invalid.",
        }
    }
}

impl std::fmt::Display for LineProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for LineProblem {}
