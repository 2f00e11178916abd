use crate::format;
use crate::i18n::use_lang;
use crate::links;
use crate::tr;
use crate::ui::{VersionBadge, use_project};
use domain::status::ModelKind;
use domain::steps::Step;
use domain::view::{ProjectView, VersionView};
use leptos::prelude::*;

/// Every model of the project side by side, newest first.
pub fn versions(view: Signal<ProjectView>) -> AnyView {
    let rows = move || view.with(|view| view.versions.clone()).into_iter().map(row).collect_view();
    view! {
        <div class="table-wrap">
            <table data-testid="versions">
                <thead>
                    <tr>
                        <th>{tr!(train.version)}</th>
                        <th>{tr!(train.state)}</th>
                        <th>{tr!(train.answers)}</th>
                        <th class="number">{tr!(train.f1)}</th>
                        <th>{tr!(train.created)}</th>
                        <th class="number">{tr!(train.took)}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(version: VersionView) -> AnyView {
    let lang = use_lang();
    let project = use_project();
    let name = version.name.clone();
    let to_evaluation = move || {
        let page = links::step(Step::Evaluate, project.name.get().as_deref());
        format!("{page}?model={}", links::encode(&name))
    };
    let kind = version.kind.map(|kind| match kind {
        ModelKind::ImageLabels => tr!(train.image_labels),
        ModelKind::Boxes => tr!(train.boxes),
    });
    let name = if version.status.is_trained() {
        view! { <a href=to_evaluation>{version.name}</a> }.into_any()
    } else {
        version.name.into_any()
    };
    let took = version.training_ended_ms.map(|end| end - version.created_ms);
    view! {
        <tr>
            <td>{name}</td>
            <td>
                <VersionBadge status=version.status />
            </td>
            <td>{kind}</td>
            <td class="number">{version.f1.map(format::ratio)}</td>
            <td>{move || format::date_time(lang, version.created_ms)}</td>
            <td class="number">{move || took.map(|took| format::duration(lang.get(), took))}</td>
        </tr>
    }
    .into_any()
}
