//! What the parts of the page share: the results, the threshold, and what was chosen.

use super::sort::{Sort, cell_word, parse_cell};
use crate::ui::{QueryValue, use_query};
use domain::evaluation::{Cell, Counts, Cut, Rankings};
use domain::view::EvaluationView;
use leptos::prelude::*;
use std::ops::Deref;
use std::sync::Arc;

/// The evaluation, which is large: it is shared, and the same only when it is the same one.
#[derive(Clone)]
pub struct Shared(Arc<EvaluationView>);

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Deref for Shared {
    type Target = EvaluationView;

    fn deref(&self) -> &EvaluationView {
        &self.0
    }
}

/// `Copy`.
#[derive(Clone, Copy)]
pub struct Judge {
    pub evaluation: Memo<Shared>,
    pub rankings: Memo<Rankings>,
    /// The slider, 0 to 1; none: each label at its assumed threshold.
    pub threshold: RwSignal<Option<f64>>,
    pub cut: Memo<Cut>,
    /// By label index.
    pub counts: Memo<Vec<Counts>>,
    pub sort: Memo<Sort>,
    /// By index; none: all labels.
    pub label: Memo<Option<usize>>,
    pub cell: Memo<Option<Cell>>,
    queries: Queries,
}

#[derive(Clone, Copy)]
struct Queries {
    threshold: QueryValue,
    sort: QueryValue,
    label: QueryValue,
    cell: QueryValue,
}

impl Judge {
    pub fn new(evaluation: Signal<EvaluationView>) -> Self {
        let queries = Queries {
            threshold: use_query("threshold"),
            sort: use_query("show"),
            label: use_query("label"),
            cell: use_query("cell"),
        };
        let evaluation = Memo::new(move |_| Shared(Arc::new(evaluation.get())));
        let rankings = Memo::new(move |_| evaluation.with(|view| Rankings::of(&view.results)));
        let threshold = RwSignal::new(None);
        Effect::new(move || {
            let wanted = queries.threshold.get().and_then(|text| text.parse::<f64>().ok());
            threshold.set(wanted.filter(|wanted| (0.0..=1.0).contains(wanted)));
        });
        let cut = Memo::new(move |_| match threshold.get() {
            Some(threshold) => Cut::One(threshold),
            None => Cut::Own(evaluation.with(|view| view.labels.iter().map(|label| label.threshold).collect())),
        });
        let label = Memo::new(move |_| {
            let name = queries.label.get()?;
            evaluation.with(|view| view.results.labels.iter().position(|label| *label == name))
        });
        Self {
            evaluation,
            rankings,
            threshold,
            cut,
            counts: Memo::new(move |_| rankings.with(|rankings| cut.with(|cut| rankings.counts(cut)))),
            sort: Memo::new(move |_| queries.sort.get().and_then(|word| Sort::parse(&word)).unwrap_or_default()),
            label,
            cell: Memo::new(move |_| queries.cell.get().and_then(|word| parse_cell(&word))),
            queries,
        }
    }

    /// Puts the threshold into the URL, once the slider rests.
    pub fn keep_threshold(self) {
        self.queries.threshold.set(self.threshold.get_untracked().map(|threshold| threshold.to_string()));
    }

    /// Back to each label's assumed threshold.
    pub fn use_assumed(self) {
        self.threshold.set(None);
        self.keep_threshold();
    }

    pub fn show(self, sort: Sort) {
        self.queries.sort.set((sort != Sort::All).then(|| sort.word().to_owned()));
    }

    pub fn choose_label(self, name: String) {
        self.queries.label.set(Some(name));
    }

    pub fn choose_cell(self, cell: Option<Cell>) {
        self.queries.cell.set(cell.map(cell_word));
    }

    /// A label's name; empty for one that is not there.
    pub fn name(self, label: usize) -> String {
        self.evaluation.with(|view| view.results.labels.get(label).cloned()).unwrap_or_default()
    }

    /// The counts of the chosen label, or of all labels together.
    pub fn chosen_counts(self) -> Counts {
        let label = self.label.get();
        self.counts.with(|counts| match label {
            Some(label) => counts.get(label).copied().unwrap_or_default(),
            None => counts.iter().fold(Counts::default(), |sum, one| sum.plus(*one)),
        })
    }

    /// A mean over the labels that stand in the test images, as the service aggregates.
    pub fn mean(self, of: fn(&Counts) -> f64) -> f64 {
        self.counts.with(|counts| {
            let seen: Vec<f64> = counts.iter().filter(|c| c.true_positives + c.false_negatives > 0).map(of).collect();
            #[expect(clippy::cast_precision_loss, reason = "at most 250 labels")]
            let labels = seen.len().max(1) as f64;
            seen.iter().sum::<f64>() / labels
        })
    }
}
