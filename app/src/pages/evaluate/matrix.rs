use super::judge::Judge;
use super::sort::cell_word;
use crate::i18n::{Lang, use_lang};
use crate::{tr, words};
use domain::evaluation::{Cell, Cut, Results, confusion};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// Labels that a matrix shows; of more, those with the most mistakes.
const MOST_LABELS: usize = 12;

/// How often each cell happened, and the rows and columns that are shown; none stands for "nothing".
#[derive(Clone, PartialEq)]
struct Drawn {
    counts: BTreeMap<Cell, u64>,
    /// The count of the cell that happened most.
    most: u64,
    ends: Vec<Option<usize>>,
}

impl Drawn {
    fn of(results: &Results, cut: &Cut) -> Self {
        let counts = confusion(results, cut);
        let labels = most_confused(&counts, results.labels.len());
        Self {
            most: counts.values().copied().max().unwrap_or(1).max(1),
            ends: labels.into_iter().map(Some).chain([None]).collect(),
            counts,
        }
    }

    /// How often a cell happened, and its shade from 1 to 4.
    fn count_and_heat(&self, cell: Cell) -> (u64, u64) {
        let count = self.counts.get(&cell).copied().unwrap_or(0);
        (count, (count * 4).div_ceil(self.most).clamp(1, 4))
    }
}

/// What was taken for what; each cell opens its images.
pub fn matrix(judge: Judge) -> AnyView {
    let lang = use_lang();
    let drawn = Memo::new(move |_| judge.cut.with(|cut| judge.evaluation.with(|view| Drawn::of(&view.results, cut))));
    // The table is made anew only for other labels. Each part reads one memo that comes from `drawn` and nothing beside it:
    // an effect that finds its first source unchanged is not told that looking at it brought a second one up to date.
    let ends = Memo::new(move |_| drawn.with(|drawn| drawn.ends.clone()));
    let left_out = move || {
        let labels = judge.evaluation.with(|view| view.results.labels.len());
        (labels > MOST_LABELS).then(|| tr!(evaluate.matrix_some, shown = MOST_LABELS, all = labels))
    };
    let table = move || {
        let ends = ends.get();
        let heads = ends
            .iter()
            .map(|predicted| view! { <th scope="col">{predicted_name(judge, lang, *predicted)}</th> })
            .collect_view();
        let rows = ends
            .iter()
            .map(|truth| {
                let cells = ends
                    .iter()
                    .map(|predicted| cell(judge, drawn, Cell { truth: *truth, predicted: *predicted }))
                    .collect_view();
                view! { <tr><th scope="row">{true_name(judge, lang, *truth)}</th>{cells}</tr> }
            })
            .collect_view();
        view! {
            <table class="matrix" data-testid="matrix">
                <thead>
                    <tr>
                        <td class="small-text quiet-text">{words!(lang, evaluate.matrix_corner)}</td>
                        {heads}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
    };
    view! {
        <div class="table-wrap">{table}</div>
        <p class="small-text quiet-text">{tr!(evaluate.matrix_is)} {left_out}</p>
    }
    .into_any()
}

fn true_name(judge: Judge, lang: Lang, label: Option<usize>) -> String {
    label.map_or_else(|| words!(lang, evaluate.nothing_there), |label| judge.name(label))
}

fn predicted_name(judge: Judge, lang: Lang, label: Option<usize>) -> String {
    label.map_or_else(|| words!(lang, evaluate.not_found), |label| judge.name(label))
}

/// What a cell of the matrix stands for, in words.
pub fn cell_told(judge: Judge, lang: Lang, cell: Cell) -> String {
    let (truth, predicted) = (true_name(judge, lang, cell.truth), predicted_name(judge, lang, cell.predicted));
    words!(lang, evaluate.cell_told, truth = truth, predicted = predicted)
}

fn cell(judge: Judge, drawn: Memo<Drawn>, own: Cell) -> AnyView {
    if own == (Cell { truth: None, predicted: None }) {
        return view! { <td></td> }.into_any();
    }
    let lang = use_lang();
    let count = Memo::new(move |_| drawn.with(|drawn| drawn.count_and_heat(own)));
    let chosen = move || judge.cell.get() == Some(own);
    let told = move || cell_told(judge, lang, own);
    let content = move || {
        let (count, heat) = count.get();
        if count == 0 {
            return view! { <span class="quiet-text">"0"</span> }.into_any();
        }
        view! {
            <button
                type="button"
                class=format!("{} heat-{heat}", if own.is_right() { "right" } else { "wrong" })
                title=told
                aria-label=move || format!("{}: {count}", told())
                aria-pressed=move || if chosen() { "true" } else { "false" }
                on:click=move |_| {
                    judge.choose_cell((!chosen()).then_some(own));
                    to_gallery();
                }
            >
                {count}
            </button>
        }
        .into_any()
    };
    view! { <td class="number" data-cell=cell_word(own)>{content}</td> }.into_any()
}

fn to_gallery() {
    if let Some(gallery) = document().get_element_by_id("test-images") {
        gallery.scroll_into_view();
    }
}

/// The labels of most mistakes, by index, in the order of the labels.
fn most_confused(counts: &BTreeMap<Cell, u64>, labels: usize) -> Vec<usize> {
    let mut mistakes: Vec<(u64, usize)> = (0..labels).map(|label| (0, label)).collect();
    for (cell, count) in counts.iter().filter(|(cell, _)| !cell.is_right()) {
        for label in [cell.truth, cell.predicted].into_iter().flatten() {
            if let Some(sum) = mistakes.get_mut(label) {
                sum.0 += count;
            }
        }
    }
    mistakes.sort_by_key(|(sum, label)| (std::cmp::Reverse(*sum), *label));
    let mut shown: Vec<usize> = mistakes.into_iter().take(MOST_LABELS).map(|(_, label)| label).collect();
    shown.sort_unstable();
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_labels_those_with_mistakes_are_shown() {
        let mixed_up = Cell { truth: Some(40), predicted: Some(30) };
        let right = Cell { truth: Some(20), predicted: Some(20) };
        let shown = most_confused(&BTreeMap::from([(mixed_up, 3), (right, 99)]), 50);
        assert_eq!(shown.len(), MOST_LABELS);
        assert!(shown.contains(&40) && shown.contains(&30) && !shown.contains(&20));
        assert_eq!(most_confused(&BTreeMap::new(), 2), [0, 1]);
    }
}
