use super::judge::Judge;
use crate::format;
use crate::i18n::use_lang;
use crate::{tr, words};
use domain::evaluation::{CurvePoint, Ranking};
use leptos::prelude::*;

/// The drawing's own units; it is scaled to the room that there is.
const WIDE: f64 = 360.0;
const HIGH: f64 = 260.0;
const LEFT: f64 = 58.0;
const BELOW: f64 = 40.0;
const MARGIN: f64 = 16.0;
/// More points than this can't be told apart.
const MOST_POINTS: usize = 400;

/// Precision over recall for every threshold, of all labels or of one, with a mark where the threshold is.
pub fn curve(judge: Judge) -> AnyView {
    let lang = use_lang();
    let drawn = Memo::new(move |_| {
        let label = judge.label.get();
        judge.rankings.with(|rankings| {
            let ranking = chosen(rankings, label);
            (path(&ranking.curve()), ranking.average_precision())
        })
    });
    let here = Memo::new(move |_| {
        let counts = judge.chosen_counts();
        (counts.recall(), counts.precision())
    });
    let told = move || {
        let (recall, precision) = here.get();
        words!(
            lang,
            evaluate.curve_told,
            ap = format::ratio(drawn.with(|drawn| drawn.1)),
            precision = format::ratio(precision),
            recall = format::ratio(recall)
        )
    };
    let labels = move || judge.evaluation.with(|view| view.results.labels.clone());
    let chosen_name = move || judge.label.get().map(|label| judge.name(label)).unwrap_or_default();
    let options = move || {
        let chosen = chosen_name();
        labels()
            .into_iter()
            .map(|name| view! { <option value=name.clone() prop:selected=name == chosen>{name.clone()}</option> })
            .collect_view()
    };
    let grid = (0..=4)
        .map(|step| {
            let share = f64::from(step) / 4.0;
            let (x, y) = (at_x(share).to_string(), at_y(share).to_string());
            view! {
                <line class="grid" x1=LEFT.to_string() x2=(WIDE - MARGIN).to_string() y1=y.clone() y2=y.clone() />
                <line class="grid" x1=x.clone() x2=x.clone() y1=MARGIN.to_string() y2=(HIGH - BELOW).to_string() />
                <text class="tick end" x=(LEFT - 6.0).to_string() y=y dy="0.35em">{format!("{share:.2}")}</text>
                <text class="tick" x=x y=(HIGH - BELOW + 16.0).to_string()>{format!("{share:.2}")}</text>
            }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for="curve-label">{tr!(evaluate.curve_of)}</label>
            <select
                id="curve-label"
                data-testid="curve-label"
                on:change=move |event| judge.choose_label(event_target_value(&event))
            >
                <option value="" prop:selected=move || judge.label.get().is_none()>{tr!(evaluate.all_labels)}</option>
                {options}
            </select>
        </div>
        <svg class="curve" viewBox=format!("0 0 {WIDE} {HIGH}") role="img" aria-label=told data-testid="curve">
            {grid}
            <path class="line" d=move || drawn.with(|drawn| drawn.0.clone()) />
            <circle
                class="mark"
                r="5"
                cx=move || at_x(here.get().0).to_string()
                cy=move || at_y(here.get().1).to_string()
            />
            <text class="axis" x=f64::midpoint(LEFT, WIDE - MARGIN).to_string() y=(HIGH - 6.0).to_string()>{tr!(evaluate.recall)}</text>
            <text class="axis" transform=format!("translate(12 {}) rotate(-90)", f64::midpoint(MARGIN, HIGH - BELOW))>
                {tr!(evaluate.precision)}
            </text>
        </svg>
        <p class="small-text quiet-text" data-testid="curve-told">{told}</p>
    }
    .into_any()
}

fn chosen(rankings: &domain::evaluation::Rankings, label: Option<usize>) -> &Ranking {
    label.and_then(|label| rankings.labels.get(label)).unwrap_or(&rankings.all)
}

fn at_x(recall: f64) -> f64 {
    LEFT + recall * (WIDE - MARGIN - LEFT)
}

fn at_y(precision: f64) -> f64 {
    HIGH - BELOW - precision * (HIGH - BELOW - MARGIN)
}

/// The curve as an SVG path; empty for no point.
fn path(points: &[CurvePoint]) -> String {
    let every = points.len().div_ceil(MOST_POINTS).max(1);
    let last = points.len().saturating_sub(1);
    let kept = points.iter().enumerate().filter(|(at, _)| at % every == 0 || *at == last);
    let mut text = String::new();
    for (at, (_, point)) in kept.enumerate() {
        text.push_str(if at == 0 { "M" } else { "L" });
        text.push_str(&format!("{:.1} {:.1} ", at_x(point.recall), at_y(point.precision)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_curve_is_thinned_and_keeps_its_ends() {
        let points: Vec<_> = (0..=10_000)
            .map(|at| CurvePoint { threshold: 0.0, precision: 1.0, recall: f64::from(at) / 10_000.0 })
            .collect();
        let path = path(&points);
        assert!(path.matches(['M', 'L']).count() <= MOST_POINTS + 2);
        assert!(path.starts_with(&format!("M{:.1} ", at_x(0.0))) && path.contains(&format!("L{:.1} ", at_x(1.0))));
        assert_eq!(super::path(&[]), "");
    }
}
