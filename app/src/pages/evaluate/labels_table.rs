use super::judge::Judge;
use crate::format;
use crate::pages::picture::Swatch;
use crate::tr;
use domain::view::LabelEvaluation;
use leptos::prelude::*;

/// Every label with its measures at the threshold, and its assumed threshold.
pub fn labels_table(judge: Judge) -> AnyView {
    let rows = move || {
        let labels = judge.evaluation.with(|view| view.labels.clone());
        labels.into_iter().enumerate().map(|(index, label)| row(judge, index, label)).collect_view()
    };
    view! {
        <div class="table-wrap">
            <table data-testid="labels-table">
                <thead>
                    <tr>
                        <th>{tr!(evaluate.label)}</th>
                        <th class="number">{tr!(evaluate.test_images)}</th>
                        <th class="number">{tr!(evaluate.f1)}</th>
                        <th class="number">{tr!(evaluate.precision)}</th>
                        <th class="number">{tr!(evaluate.recall)}</th>
                        <th class="number">{tr!(evaluate.average_precision)}</th>
                        <th class="number" title=tr!(evaluate.threshold_is)>
                            {tr!(evaluate.threshold)}
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <p class="small-text quiet-text">{tr!(evaluate.threshold)} ": " {tr!(evaluate.threshold_is)}</p>
    }
    .into_any()
}

fn row(judge: Judge, index: usize, label: LabelEvaluation) -> AnyView {
    // While the slider is at rest, the service's own numbers.
    let at = move |of: fn(&domain::evaluation::Counts) -> f64, own: f64| {
        move || {
            let counted = judge.counts.with(|counts| counts.get(index).map(of));
            let value = if judge.threshold.with(Option::is_none) { own } else { counted.unwrap_or(own) };
            format::ratio(value)
        }
    };
    let average = move || {
        judge.rankings.with(|rankings| rankings.labels.get(index).map(|r| format::ratio(r.average_precision())))
    };
    let name = StoredValue::new(label.label.clone());
    view! {
        <tr data-label=label.label.clone()>
            <td>
                <button
                    type="button"
                    class="button link label-button"
                    aria-pressed=move || if judge.label.get() == Some(index) { "true" } else { "false" }
                    on:click=move |_| {
                        let chosen = judge.label.get_untracked() == Some(index);
                        judge.choose_label(if chosen { String::new() } else { name.get_value() });
                    }
                >
                    <Swatch index=index /> {label.label.clone()}
                </button>
            </td>
            <td class="number">{format::number(label.testing_images)}</td>
            <td class="number">{at(domain::evaluation::Counts::f1, label.f1)}</td>
            <td class="number">{at(domain::evaluation::Counts::precision, label.precision)}</td>
            <td class="number">{at(domain::evaluation::Counts::recall, label.recall)}</td>
            <td class="number">{average}</td>
            <td class="number">{format::percent(label.threshold)}</td>
        </tr>
    }
    .into_any()
}
