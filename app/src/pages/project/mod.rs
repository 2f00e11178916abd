//! Step 2: the project that holds datasets and models.

mod list;

pub(crate) use list::project_card;

use crate::api;
use crate::i18n::use_lang;
use crate::links;
use crate::ui::{
    Button, ButtonKind, Card, ConfirmByName, Field, Page, ProblemBox, loaded, problem_advice, problem_sentence,
    use_action, use_polled, use_session,
};
use crate::{tr, words};
use domain::names::check_project_name;
use domain::problem::ProblemKind;
use domain::steps::Step;
use domain::view::ProjectView;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

#[component]
pub fn Projects() -> impl IntoView {
    let projects = use_polled(15_000, api::project::list_projects);
    let deleting = RwSignal::new(String::new());
    let asking = RwSignal::new(false);
    let flash = crate::ui::use_flash();
    let lang = use_lang();
    let delete = use_action(api::project::delete_project, move |()| {
        asking.set(false);
        flash.say(untrack(|| words!(lang, project.deleted, name = deleting.get())));
        projects.refresh();
    });
    let ask = Callback::new(move |name: String| {
        deleting.set(name);
        asking.set(true);
    });
    view! {
        <Page title=tr!(project.title) intro=tr!(project.intro) step=Step::Project>
            <div class="project-columns">
                <Card title=tr!(project.create)>{create_form(projects.data.into())}</Card>
                <section class="stack">
                    <h2>{tr!(project.existing)}</h2>
                    {loaded(projects, move |projects| list::list(projects, ask))}
                </section>
            </div>
            <ConfirmByName
                open=asking
                title=tr!(project.delete_title)
                text=tr!(project.delete_text)
                name=deleting
                action=tr!(project.delete)
                on_confirm=delete
            />
        </Page>
    }
    .into_any()
}

fn create_form(projects: Signal<Option<Vec<ProjectView>>>) -> AnyView {
    let lang = use_lang();
    let session = use_session();
    let navigate = use_navigate();
    let name = RwSignal::new(String::new());
    let create = use_action(api::project::create_project, move |project: ProjectView| {
        navigate(&links::step(Step::Dataset, Some(&project.name)), Default::default());
    });
    let taken = Memo::new(move |_| {
        let name = name.get();
        projects.with(|projects| projects.iter().flatten().any(|project| project.name == name))
    });
    let broken = Signal::derive(move || {
        let name = name.get();
        if name.is_empty() { None } else { check_project_name(&name).err() }
    });
    let error = Signal::derive(move || match broken.get() {
        Some(problem) => Some(problem_advice(lang, problem.kind).to_owned()),
        None if taken.get() => Some(problem_sentence(lang, ProblemKind::ProjectNameTaken).to_owned()),
        None => None,
    });
    let arn = move || {
        let region = session.data.with(|s| s.as_ref().map(|s| s.region.clone())).unwrap_or_default();
        let name = name.get();
        let name = if name.is_empty() { "…".to_owned() } else { name };
        format!("arn:aws:rekognition:{region}:…:project/{name}/…")
    };
    let not_ready = Signal::derive(move || name.with(String::is_empty) || error.with(Option::is_some));
    view! {
        <form
            class="stack"
            on:submit=move |event| {
                event.prevent_default();
                if !not_ready.get_untracked() {
                    create.run(name.get_untracked());
                }
            }
        >
            <Field
                id="project-name"
                label=tr!(project.name)
                value=name
                hint=tr!(project.name_hint)
                error=error
                placeholder="bob-project"
                testid="project-name"
            />
            <div class="arn">
                <span class="small-text quiet-text">{tr!(project.arn)}</span>
                <code>{arn}</code>
            </div>
            {move || create.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
            <div class="actions">
                <Button
                    label=tr!(project.create)
                    kind=ButtonKind::Primary
                    disabled=not_ready
                    busy=create.busy
                    testid="create-project"
                    on_click=move |()| create.run(name.get_untracked())
                />
            </div>
        </form>
    }
    .into_any()
}
