use super::compare::compare;
use crate::format;
use crate::i18n::use_lang;
use crate::links;
use crate::ui::{TrainingBar, VersionBadge, each, use_project};
use crate::{tr, words};
use domain::status::{ModelKind, VersionStatus};
use domain::steps::Step;
use domain::view::{ProjectView, VersionView};
use leptos::prelude::*;

/// Every model of the project, newest first, with the progress of those in training; those that are ticked stand side
/// by side below.
pub fn versions(view: Signal<ProjectView>) -> AnyView {
    let versions = Signal::derive(move || view.with(|view| view.versions.clone()));
    let ticked = RwSignal::new(Vec::<String>::new());
    let several = Memo::new(move |_| ticked.with(|ticked| ticked.len() > 1));
    let comparable = Memo::new(move |_| versions.with(|all| all.iter().filter(|v| v.status.is_trained()).count() > 1));
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
                <tbody>{each(versions, |version| &version.arn, move |version| row(version, ticked))}</tbody>
            </table>
        </div>
        {move || comparable.get().then(|| view! { <p class="small-text quiet-text">{tr!(train.compare_how)}</p> })}
        {move || {
            several
                .get()
                .then(|| view! { <h3>{tr!(train.compare)}</h3> {move || compare(ticked.get())} })
        }}
    }
    .into_any()
}

fn row(version: Memo<VersionView>, ticked: RwSignal<Vec<String>>) -> AnyView {
    let lang = use_lang();
    let project = use_project();
    let status = Memo::new(move |_| version.with(|version| version.status));
    let name = StoredValue::new(version.with_untracked(|version| version.name.clone()));
    let to_evaluation = move || {
        let page = links::step(Step::Evaluate, project.name.get().as_deref());
        format!("{page}?model={}", links::encode(&name.get_value()))
    };
    let kind = move || {
        version.with(|version| version.kind).map(|kind| match kind {
            ModelKind::ImageLabels => tr!(train.image_labels),
            ModelKind::Boxes => tr!(train.boxes),
        })
    };
    let tick = move |event: web_sys::Event| {
        let on = event_target_checked(&event);
        ticked.update(|ticked| {
            ticked.retain(|own| *own != name.get_value());
            if on {
                ticked.push(name.get_value());
            }
        });
    };
    let named = move || {
        if status.get().is_trained() {
            view! {
                <label class="row">
                    <input
                        type="checkbox"
                        aria-label=move || words!(lang, train.compare_one, name = name.get_value())
                        data-testid="tick"
                        on:change=tick
                    />
                    <a href=to_evaluation>{name.get_value()}</a>
                </label>
            }
            .into_any()
        } else {
            name.get_value().into_any()
        }
    };
    let took = move || version.with(|version| version.training_ended_ms.map(|end| end - version.created_ms));
    let training = Memo::new(move |_| status.get() == VersionStatus::TrainingInProgress);
    view! {
        <tr>
            <td>{named}</td>
            <td>
                <VersionBadge status=status />
                {move || training.get().then(|| view! { <TrainingBar message=Signal::derive(move || version.with(|v| v.message.clone())) /> })}
            </td>
            <td>{kind}</td>
            <td class="number">{move || version.with(|version| version.f1).map(format::ratio)}</td>
            <td>{move || format::date_time(lang, version.with(|version| version.created_ms))}</td>
            <td class="number">{move || took().map(|took| format::duration(lang.get(), took))}</td>
        </tr>
    }
    .into_any()
}
