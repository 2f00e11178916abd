//! What an image's result was, for the gallery's filter.

use domain::view::TestImage;

/// Which test images the gallery shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    All,
    /// All found, nothing else.
    Right,
    /// Something found that is not there.
    Wrong,
    /// Something there that was not found.
    Missed,
}

impl Sort {
    pub const ALL: [Self; 4] = [Self::All, Self::Right, Self::Wrong, Self::Missed];

    /// The word in the URL's query.
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Right => "right",
            Self::Wrong => "wrong",
            Self::Missed => "missed",
        }
    }

    /// The sort that a query names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.word() == word)
    }

    /// Whether the image is of this sort. One image can be both wrong and missed.
    pub fn has(self, image: &TestImage) -> bool {
        let wrong = image.predictions.iter().any(|prediction| !prediction.right);
        let missed = image.missed > 0;
        match self {
            Self::All => true,
            Self::Right => !wrong && !missed,
            Self::Wrong => wrong,
            Self::Missed => missed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::view::Prediction;

    fn image(right: &[bool], missed: u64) -> TestImage {
        let predictions =
            right.iter().map(|&right| Prediction { label: "qr".to_owned(), confidence: 90.0, area: None, right });
        TestImage {
            source: domain::s3_uri::S3Uri { bucket: "b".to_owned(), key: "k.png".to_owned() },
            size: None,
            true_labels: Vec::new(),
            true_boxes: Vec::new(),
            predictions: predictions.collect(),
            missed,
        }
    }

    fn sorts(image: &TestImage) -> Vec<&'static str> {
        Sort::ALL.into_iter().filter(|sort| sort.has(image)).map(Sort::word).collect()
    }

    #[test]
    fn an_image_can_be_wrong_and_missed_at_once() {
        assert_eq!(sorts(&image(&[true, false], 1)), ["all", "wrong", "missed"]);
    }

    #[test]
    fn nothing_there_and_nothing_found_is_right() {
        assert_eq!(sorts(&image(&[], 0)), ["all", "right"]);
        assert_eq!(sorts(&image(&[true], 0)), ["all", "right"]);
    }
}
