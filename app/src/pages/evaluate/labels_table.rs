use crate::format;
use crate::pages::picture::Swatch;
use crate::tr;
use domain::view::{EvaluationView, LabelEvaluation};
use leptos::prelude::*;

/// Every label with its measures and its assumed threshold.
pub fn labels_table(evaluation: Signal<EvaluationView>) -> AnyView {
    let rows = move || evaluation.with(|e| e.labels.clone()).into_iter().enumerate().map(row).collect_view();
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

fn row((index, label): (usize, LabelEvaluation)) -> AnyView {
    view! {
        <tr data-label=label.label.clone()>
            <td>
                <span class="row">
                    <Swatch index=index /> {label.label.clone()}
                </span>
            </td>
            <td class="number">{format::number(label.testing_images)}</td>
            <td class="number">{format::ratio(label.f1)}</td>
            <td class="number">{format::ratio(label.precision)}</td>
            <td class="number">{format::ratio(label.recall)}</td>
            <td class="number">{format::percent(label.threshold)}</td>
        </tr>
    }
    .into_any()
}
