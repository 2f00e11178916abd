use crate::api;
use crate::format;
use crate::i18n::use_lang;
use crate::links;
use crate::tr;
use crate::ui::{
    Ago, Button, ButtonKind, Card, DatasetBadge, Dialog, Field, Icon, Level, LinkButton, Notice, ProblemBox,
    problem_advice, use_action, use_project,
};
use domain::names::check_dataset_name;
use domain::status::{DatasetKind, DatasetStatus};
use domain::steps::Step;
use domain::view::DatasetView;
use leptos::prelude::*;

/// A dataset that is there: name, state, counts, and what can be done with it.
pub(super) fn card(dataset: Memo<Option<DatasetView>>, kind: DatasetKind) -> AnyView {
    let project = use_project();
    let asking = RwSignal::new(false);
    let renaming = RwSignal::new(false);
    let delete = use_action(
        move |()| api::dataset::delete_dataset(project.name_untracked(), kind),
        move |()| {
            asking.set(false);
            project.view.refresh();
        },
    );
    let name = move || dataset.with(|dataset| dataset.as_ref().and_then(|dataset| dataset.display_name.clone()));
    let busy = Signal::derive(move || dataset.with(|dataset| dataset.as_ref().is_some_and(|d| d.status.is_busy())));
    let status = Signal::derive(move || {
        dataset.with(|dataset| dataset.as_ref().map_or(DatasetStatus::CreateInProgress, |d| d.status))
    });
    let failed = move || {
        let status = status.get();
        let message = dataset.with(|dataset| dataset.as_ref().and_then(|dataset| dataset.message.clone()));
        matches!(status, DatasetStatus::CreateFailed | DatasetStatus::UpdateFailed).then(|| {
            view! {
                <Notice level=Level::Bad>
                    <p class="what">{tr!(dataset.failed)}</p>
                    {message.map(|message| view! { <p class="technical">{message}</p> })}
                </Notice>
            }
        })
    };
    let href = Signal::derive(move || {
        let labels = links::step(Step::Labels, project.name.get().as_deref());
        match kind {
            DatasetKind::Train => labels,
            DatasetKind::Test => format!("{labels}?kind=test"),
        }
    });
    view! {
        <Card>
            <div class="row between">
                <div class="row">
                    <h3>{move || name().unwrap_or_else(|| tr!(dataset.unnamed).get())}</h3>
                    <DatasetBadge status=status />
                </div>
                <div class="actions">
                    <Button
                        label=tr!(dataset.rename)
                        icon=Icon::Edit
                        kind=ButtonKind::Link
                        on_click=move |()| renaming.set(true)
                    />
                    <Button
                        label=tr!(dataset.delete)
                        icon=Icon::Delete
                        kind=ButtonKind::Link
                        disabled=busy
                        on_click=move |()| asking.set(true)
                    />
                </div>
            </div>
            {failed}
            {move || dataset.get().map(|dataset| figures(&dataset))}
            <div class="actions">
                <LinkButton label=tr!(frame.do_labels) icon=Icon::Labels href=href />
            </div>
            {rename_dialog(renaming, dataset)}
            <Dialog open=asking title=tr!(dataset.delete_title)>
                <p>{tr!(dataset.delete_text)}</p>
                {move || delete.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
                <div class="actions end">
                    <Button label=tr!(frame.cancel) on_click=move |()| asking.set(false) />
                    <Button
                        label=tr!(dataset.delete)
                        kind=ButtonKind::Danger
                        busy=delete.busy
                        on_click=move |()| delete.run(())
                    />
                </div>
            </Dialog>
        </Card>
    }
    .into_any()
}

fn figures(dataset: &DatasetView) -> AnyView {
    let stats = dataset.stats;
    let unlabelled = stats.total_entries.saturating_sub(stats.labelled_entries);
    let figure = |name: Signal<String>, value: u64| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{format::number(value)}</dd>
            </div>
        }
        .into_any()
    };
    let created = dataset.created_ms;
    view! {
        <dl class="figures-row">
            {figure(tr!(dataset.images), stats.total_entries)}
            {figure(tr!(dataset.labelled), stats.labelled_entries)}
            {figure(tr!(dataset.unlabelled), unlabelled)}
            {figure(tr!(dataset.labels), stats.total_labels)}
            {figure(tr!(dataset.errors), stats.error_entries)}
        </dl>
        <p class="small-text quiet-text">{tr!(dataset.created)} " " <Ago at_ms=created /></p>
    }
    .into_any()
}

fn rename_dialog(open: RwSignal<bool>, dataset: Memo<Option<DatasetView>>) -> AnyView {
    let lang = use_lang();
    let project = use_project();
    let name = RwSignal::new(String::new());
    Effect::new(move || {
        if open.get() {
            let now = dataset.with_untracked(|dataset| dataset.as_ref().and_then(|d| d.display_name.clone()));
            name.set(now.unwrap_or_default());
        }
    });
    let rename = use_action(
        move |name: String| {
            let arn = dataset.with_untracked(|dataset| dataset.as_ref().map(|d| d.arn.clone())).unwrap_or_default();
            api::dataset::rename_dataset(arn, name)
        },
        move |()| {
            open.set(false);
            project.view.refresh();
        },
    );
    let broken = Signal::derive(move || check_dataset_name(&name.get()).err());
    let error = Signal::derive(move || {
        let problem = broken.get().filter(|_| !name.with(String::is_empty));
        problem.map(|problem| problem_advice(lang, problem.kind).to_owned())
    });
    view! {
        <Dialog open=open title=tr!(dataset.rename)>
            <Field id="rename" label=tr!(dataset.own_name) value=name hint=tr!(dataset.own_name_hint) error=error />
            {move || rename.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
            <div class="actions end">
                <Button label=tr!(frame.cancel) on_click=move |()| open.set(false) />
                <Button
                    label=tr!(dataset.save_name)
                    kind=ButtonKind::Primary
                    disabled=Signal::derive(move || broken.with(Option::is_some))
                    busy=rename.busy
                    on_click=move |()| rename.run(name.get_untracked())
                />
            </div>
        </Dialog>
    }
    .into_any()
}
