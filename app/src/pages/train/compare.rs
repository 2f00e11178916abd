//! Versions side by side.

use crate::api;
use crate::format;
use crate::i18n::use_lang;
use crate::links;
use crate::tr;
use crate::ui::{loaded, use_fetched, use_project};
use domain::status::ModelKind;
use domain::steps::Step;
use domain::view::VersionMeasures;
use leptos::prelude::*;
use std::collections::BTreeSet;

/// The versions named, each in a column; the best value of a row is marked.
pub fn compare(names: Vec<String>) -> AnyView {
    let project = use_project();
    let fetched = use_fetched(move || api::training::compare_versions(project.name_untracked(), names.clone()));
    view! { <div data-testid="compare">{loaded(fetched, table)}</div> }.into_any()
}

fn table(all: Signal<Vec<VersionMeasures>>) -> AnyView {
    let lang = use_lang();
    let project = use_project();
    let heads = move || {
        let head = |one: VersionMeasures| {
            let name = one.version.name.clone();
            let href = move || {
                let page = links::step(Step::Evaluate, project.name.get().as_deref());
                format!("{page}?model={}", links::encode(&name))
            };
            view! { <th scope="col" class="number"><a href=href>{one.version.name}</a></th> }
        };
        all.get().into_iter().map(head).collect_view()
    };
    let rows = move || {
        let all = all.get();
        let ratio = |of: &dyn Fn(&VersionMeasures) -> Option<f64>| measured(&all, of);
        let plain = |of: &dyn Fn(&VersionMeasures) -> String| {
            all.iter().map(|one| view! { <td class="number">{of(one)}</td> }.into_any()).collect::<Vec<_>>()
        };
        let took = |one: &VersionMeasures| {
            let ended = one.version.training_ended_ms.map(|end| end - one.version.created_ms);
            ended.map(|millis| format::duration(lang.get(), millis)).unwrap_or_default()
        };
        let kind = |one: &VersionMeasures| match one.version.kind {
            Some(ModelKind::Boxes) => tr!(train.boxes).get(),
            Some(ModelKind::ImageLabels) => tr!(train.image_labels).get(),
            None => String::new(),
        };
        let mut rows = vec![
            row(tr!(train.f1).get(), ratio(&|one| one.version.f1)),
            row(tr!(train.precision).get(), ratio(&|one| Some(one.precision))),
            row(tr!(train.recall).get(), ratio(&|one| Some(one.recall))),
            row(tr!(train.average_precision).get(), ratio(&|one| one.average_precision)),
        ];
        let labels: BTreeSet<&str> =
            all.iter().flat_map(|one| one.labels.iter().map(|label| label.label.as_str())).collect();
        for label in labels {
            let of = |one: &VersionMeasures| one.labels.iter().find(|own| own.label == label).map(|own| own.f1);
            rows.push(row(format!("{} · {label}", tr!(train.f1).get()), ratio(&of)));
        }
        rows.push(row(tr!(train.answers).get(), plain(&kind)));
        rows.push(row(tr!(train.training_images).get(), plain(&|one| format::number(one.training_images))));
        rows.push(row(tr!(train.testing_images).get(), plain(&|one| format::number(one.testing_images))));
        rows.push(row(tr!(train.took).get(), plain(&took)));
        rows
    };
    view! {
        <div class="table-wrap">
            <table>
                <thead>
                    <tr>
                        <td></td>
                        {heads}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <p class="small-text quiet-text">{tr!(train.compare_is)}</p>
    }
    .into_any()
}

fn row(name: String, cells: Vec<AnyView>) -> AnyView {
    view! { <tr><th scope="row">{name}</th>{cells}</tr> }.into_any()
}

/// Measures with the best of them in bold, unless all are alike.
fn measured(all: &[VersionMeasures], of: &dyn Fn(&VersionMeasures) -> Option<f64>) -> Vec<AnyView> {
    let values: Vec<Option<f64>> = all.iter().map(of).collect();
    let texts: Vec<Option<String>> = values.iter().map(|value| value.map(format::ratio)).collect();
    let best = values.iter().flatten().copied().max_by(f64::total_cmp).map(format::ratio);
    let alike = texts.iter().all(|text| *text == best);
    let cell = |text: Option<String>| {
        let is_best = !alike && text == best;
        view! { <td class="number" class:best=is_best>{text.unwrap_or_else(|| "–".to_owned())}</td> }.into_any()
    };
    texts.into_iter().map(cell).collect()
}
