use crate::api;
use crate::format;
use crate::i18n::use_lang;
use crate::links;
use crate::ui::{
    Button, ButtonKind, ConfirmByName, EmptyState, Icon, LeaseLine, LinkButton, Page, Since, StopButton, TrainingBar,
    VersionBadge, cost_heading, cost_now, each, loaded, use_action, use_clock, use_flash, use_polled_by,
};
use crate::{tr, words};
use domain::status::{ModelKind, VersionStatus};
use domain::steps::Step;
use domain::view::{ProjectView, VersionView};
use leptos::prelude::*;

/// Every model of every project, what it costs, and how to stop it.
#[component]
pub fn Models() -> impl IntoView {
    let lang = use_lang();
    let flash = use_flash();
    let projects = use_polled_by(api::project::list_projects, |projects| Some(pace(projects)));
    let deleting = RwSignal::new(None::<VersionView>);
    let asking = RwSignal::new(false);
    let delete = use_action(
        move |_: String| {
            api::model::delete_version(
                deleting.with_untracked(|v| v.as_ref().map(|v| v.arn.clone())).unwrap_or_default(),
            )
        },
        move |()| {
            asking.set(false);
            flash.say(untrack(|| words!(lang, settings.model_deleted)));
            projects.refresh();
        },
    );
    let ask = Callback::new(move |version: VersionView| {
        deleting.set(Some(version));
        asking.set(true);
    });
    let name = Signal::derive(move || deleting.with(|v| v.as_ref().map(|v| v.name.clone())).unwrap_or_default());
    view! {
        <Page title=tr!(frame.models) intro=tr!(settings.models_intro)>
            {loaded(projects, move |projects_now| table(projects_now, projects.updated_ms, ask))}
            {super::cost::cost()}
            <ConfirmByName
                open=asking
                title=tr!(settings.delete_model)
                text=tr!(settings.delete_model_text)
                name=name
                action=tr!(settings.delete)
                on_confirm=delete
            />
        </Page>
    }
    .into_any()
}

fn pace(projects: Option<&Vec<ProjectView>>) -> u32 {
    use VersionStatus as S;
    let moves = |v: &VersionView| matches!(v.status, S::TrainingInProgress | S::Starting | S::Stopping | S::Deleting);
    let moving = projects.is_some_and(|projects| projects.iter().flat_map(|p| &p.versions).any(moves));
    if moving { 3_000 } else { 15_000 }
}

fn table(projects: Signal<Vec<ProjectView>>, said_ms: RwSignal<i64>, on_delete: Callback<VersionView>) -> AnyView {
    let versions = Memo::new(move |_| {
        let mut versions: Vec<VersionView> = projects.with(|p| p.iter().flat_map(|p| p.versions.clone()).collect());
        // What costs money first, then the newest.
        versions.sort_by_key(|v| (!v.status.is_billed(), -v.created_ms));
        versions
    });
    let none = Memo::new(move |_| versions.with(Vec::is_empty));
    (move || {
        if none.get() {
            return view! {
                <EmptyState icon=Icon::Train title=tr!(settings.no_models) text=tr!(settings.no_models_text)>
                    <LinkButton label=tr!(frame.do_project) href="/projects" kind=ButtonKind::Primary />
                </EmptyState>
            }
            .into_any();
        }
        view! {
            <div class="table-wrap card">
                <table data-testid="models">
                    <thead>
                        <tr>
                            <th>{tr!(settings.model)}</th>
                            <th>{tr!(settings.state)}</th>
                            <th>{tr!(settings.kind)}</th>
                            <th>"F1"</th>
                            <th>{tr!(settings.units)}</th>
                            <th>{tr!(settings.running_for)}</th>
                            <th>{cost_heading()}</th>
                            <th></th>
                        </tr>
                    </thead>
                    <tbody>
                        {each(versions.into(), |version| &version.arn, move |version| row(version, said_ms, on_delete))}
                    </tbody>
                </table>
            </div>
        }
        .into_any()
    })
    .into_any()
}

fn row(version: Memo<VersionView>, said_ms: RwSignal<i64>, on_delete: Callback<VersionView>) -> AnyView {
    let clock = use_clock();
    let VersionView { name, project, arn, .. } = version.get_untracked();
    let status = Memo::new(move |_| version.with(|version| version.status));
    let billed = move || status.get().is_billed();
    let training = Memo::new(move |_| status.get() == VersionStatus::TrainingInProgress);
    let page = move || if status.get().is_trained() { Step::Use } else { Step::Train };
    let own_project = project.clone();
    let href = move || links::step(page(), Some(&own_project));
    let kind = move || {
        version.with(|version| version.kind).map(|kind| match kind {
            ModelKind::ImageLabels => tr!(settings.image_labels),
            ModelKind::Boxes => tr!(settings.boxes),
        })
    };
    let money = move || {
        let cost = version.with(|version| cost_now(version, said_ms.get(), clock.get()));
        cost.filter(|_| billed()).map(format::usd)
    };
    let units = move || version.with(|version| version.min_units).filter(|_| billed());
    let started = Memo::new(move |_| version.with(|version| version.started_ms).filter(|_| billed()));
    let does = move || match status.get() {
        VersionStatus::Running => view! { <StopButton arn=arn.clone() /> }.into_any(),
        VersionStatus::TrainingInProgress | VersionStatus::Deleting => ().into_any(),
        status if status.is_billed() => ().into_any(),
        _ => view! {
            <Button
                label=tr!(settings.delete)
                icon=Icon::Delete
                kind=ButtonKind::Link
                on_click=move |()| on_delete.run(version.get_untracked())
            />
        }
        .into_any(),
    };
    view! {
        <tr>
            <td>
                <a href=href>{name}</a>
                <div class="small-text quiet-text">{project}</div>
            </td>
            <td>
                <VersionBadge status=status />
                {move || training.get().then(|| view! { <TrainingBar message=Signal::derive(move || version.with(|v| v.message.clone())) /> })}
            </td>
            <td>{kind}</td>
            <td class="figures">{move || version.with(|version| version.f1).map(format::ratio)}</td>
            <td class="figures">{units}</td>
            <td class="figures">{move || started.get().map(|at| view! { <Since at_ms=at /> })}</td>
            <td class="figures" title=tr!(frame.estimated)>{money}</td>
            <td>
                <div class="actions end">
                    {does}
                </div>
            </td>
        </tr>
        // Its own row: a sentence in a narrow column makes a tall one.
        {move || billed().then(|| view! { <tr class="of-row"><td colspan="8"><LeaseLine version=version /></td></tr> })}
    }
    .into_any()
}
