use super::images::SampleButton;
use super::project::project_card;
use crate::api;
use crate::format;
use crate::links;
use crate::tr;
use crate::ui::{
    ButtonKind, Card, Icon, LeaseLine, LinkButton, Page, Polled, Since, StopButton, VersionBadge, cost_heading,
    cost_now, each, icon, loaded, use_clock, use_polled, use_running, use_session,
};
use domain::steps::Step;
use domain::view::{Cloud, ProjectView, RunningView, VersionView};
use leptos::prelude::*;

/// Running models first, then the projects; a welcome when there is nothing.
#[component]
pub fn Dashboard() -> impl IntoView {
    let projects = use_polled(10_000, api::project::list_projects);
    let running = use_running();
    view! {
        <Page title=tr!(dashboard.title)>
            {running_models(running)}
            {loaded(projects, projects_or_welcome)}
        </Page>
    }
    .into_any()
}

fn running_models(running: Polled<RunningView>) -> AnyView {
    let models =
        Memo::new(move |_| running.data.with(|data| data.as_ref().map(|d| d.models.clone()).unwrap_or_default()));
    let any = Memo::new(move |_| models.with(|models| !models.is_empty()));
    (move || {
        any.get().then(|| {
            view! {
                <section class="stack" data-testid="running-models">
                    <h2>{tr!(dashboard.running)}</h2>
                    <ul class="columns">
                        {each(models.into(), |model| &model.arn, move |model| running_card(model, running.updated_ms))}
                    </ul>
                </section>
            }
        })
    })
    .into_any()
}

fn running_card(model: Memo<VersionView>, said_ms: RwSignal<i64>) -> AnyView {
    let clock = use_clock();
    let VersionView { name, project, arn, .. } = model.get_untracked();
    let href = links::step(Step::Use, Some(&project));
    let money = move || {
        let cost = model.with(|model| cost_now(model, said_ms.get(), clock.get()));
        cost.map(format::usd).unwrap_or_else(|| "—".to_owned())
    };
    let units = move || model.with(|model| model.min_units.unwrap_or(1));
    let hourly = move || model.with(|model| format::usd(model.hourly_usd));
    let started = Memo::new(move |_| model.with(|model| model.started_ms));
    view! {
        <li>
        <article class="card running-card">
            <div class="row between">
                <h3><a href=href>{name}</a></h3>
                <VersionBadge status=Signal::derive(move || model.with(|model| model.status)) />
            </div>
            <p class="small-text quiet-text">{project}</p>
            <div class="row between">
                <dl class="figures-row">
                    <div>
                        <dt>{tr!(dashboard.units)}</dt>
                        <dd>{units}</dd>
                    </div>
                    <div>
                        <dt>{tr!(dashboard.since)}</dt>
                        <dd>{move || started.get().map(|at| view! { <Since at_ms=at /> })}</dd>
                    </div>
                    <div>
                        <dt>{cost_heading()}</dt>
                        <dd title=tr!(dashboard.hourly, money = hourly())>{money}</dd>
                    </div>
                </dl>
                <StopButton arn=arn />
            </div>
            <LeaseLine version=model />
        </article>
        </li>
    }
    .into_any()
}

fn projects_or_welcome(projects: Signal<Vec<ProjectView>>) -> AnyView {
    let none = Memo::new(move |_| projects.with(Vec::is_empty));
    (move || {
        if none.get() {
            return welcome();
        }
        view! {
            <section class="stack">
                <div class="row between">
                    <h2>{tr!(dashboard.projects)}</h2>
                    <LinkButton label=tr!(dashboard.new_project) href="/projects" icon=Icon::Plus />
                </div>
                <ul class="stack">
                    {each(projects, |project| &project.arn, |project| project_card(project, None))}
                </ul>
            </section>
        }
        .into_any()
    })
    .into_any()
}

/// What a newcomer sees: what this is, and three ways to begin.
fn welcome() -> AnyView {
    let session = use_session();
    let where_it_runs = move || {
        session.data.get().map(|session| match session.cloud {
            Cloud::Local => tr!(dashboard.on_local),
            Cloud::Aws => tr!(dashboard.on_aws, region = session.region.clone()),
        })
    };
    view! {
        <section class="welcome" data-testid="welcome">
            <div class="welcome-mark">{icon(Icon::Mark)}</div>
            <p class="welcome-lead">{tr!(dashboard.welcome)}</p>
            <p>{tr!(dashboard.welcome_2)}</p>
            <p class="quiet-text">{where_it_runs}</p>
        </section>
        <div class="columns three">
            <Card title=tr!(dashboard.samples)>
                <p class="quiet-text">{tr!(dashboard.samples_text)}</p>
                <SampleButton bucket=None primary=true />
            </Card>
            <Card title=tr!(dashboard.own)>
                <p class="quiet-text">{tr!(dashboard.own_text)}</p>
                <div class="actions">
                    <LinkButton label=tr!(dashboard.start_own) href="/images" icon=Icon::Upload kind=ButtonKind::Secondary />
                </div>
            </Card>
            <Card title=tr!(dashboard.aws)>
                <p class="quiet-text">{tr!(dashboard.aws_text)}</p>
                <pre class="code-block">"aws sso login\nkenchi --cloud aws --region ap-northeast-1"</pre>
            </Card>
        </div>
    }
    .into_any()
}
