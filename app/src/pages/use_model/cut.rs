//! Which answers are shown: cut in the browser, without another call.

use crate::ui::{QueryValue, use_query};
use domain::view::{Detection, DetectionView};
use leptos::prelude::*;

/// The minimum confidence, 0 to 100, while nothing better is known.
pub const USUAL_MINIMUM: f64 = 50.0;

/// The cut that the person chose; kept in the URL's query. `Copy`.
#[derive(Clone, Copy)]
pub struct Cut {
    /// 0 to 100; none: by the model's own thresholds where they are at hand.
    pub minimum: RwSignal<Option<f64>>,
    query: QueryValue,
}

/// The cut of this page.
pub fn use_cut() -> Cut {
    let query = use_query("min");
    let minimum = RwSignal::new(None);
    // After hydration: a link opens what its sender saw.
    Effect::new(move || {
        let wanted = query.get().and_then(|text| text.parse::<f64>().ok());
        minimum.set(wanted.filter(|wanted| (0.0..=100.0).contains(wanted)));
    });
    Cut { minimum, query }
}

impl Cut {
    /// Puts the choice into the URL, once the slider rests.
    pub fn keep(self) {
        self.query.set(self.minimum.get_untracked().map(|minimum| minimum.to_string()));
    }
}

/// The answers that pass, in their order: from `minimum` on, or each label from its own threshold on.
pub fn passing(answer: &DetectionView, minimum: Option<f64>) -> Vec<Detection> {
    let passes = |found: &&Detection| found.confidence >= least(answer, minimum, &found.label);
    answer.detections.iter().filter(passes).cloned().collect()
}

/// From which confidence on a label's detections are shown, 0 to 100.
pub fn least(answer: &DetectionView, minimum: Option<f64>, label: &str) -> f64 {
    let own = || answer.assumed_thresholds.iter().find(|(name, _)| name == label).map(|(_, threshold)| *threshold);
    minimum.or_else(own).unwrap_or(USUAL_MINIMUM)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::geometry::ImageSize;

    fn answer(thresholds: &[(&str, f64)]) -> DetectionView {
        let found = [("qr", 90.0), ("qr", 40.0), ("cat", 40.0)];
        DetectionView {
            size: ImageSize { width: 1, height: 1 },
            detections: found
                .map(|(label, confidence)| Detection { label: label.to_owned(), confidence, area: None })
                .to_vec(),
            took_ms: 1,
            assumed_thresholds: thresholds.iter().map(|(label, at)| ((*label).to_owned(), *at)).collect(),
            through: None,
        }
    }

    fn confidences(found: &[Detection]) -> Vec<(&str, f64)> {
        found.iter().map(|found| (found.label.as_str(), found.confidence)).collect()
    }

    #[test]
    fn a_minimum_cuts_all_labels_alike() {
        assert_eq!(confidences(&passing(&answer(&[("cat", 10.0)]), Some(50.0))), [("qr", 90.0)]);
        assert_eq!(passing(&answer(&[]), Some(0.0)).len(), 3);
    }

    #[test]
    fn without_a_minimum_each_label_has_its_own_threshold() {
        assert_eq!(confidences(&passing(&answer(&[("cat", 30.0)]), None)), [("qr", 90.0), ("cat", 40.0)]);
        assert_eq!(confidences(&passing(&answer(&[("cat", 45.0), ("qr", 95.0)]), None)), []);
    }
}
