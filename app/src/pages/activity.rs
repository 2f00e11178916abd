use crate::api;
use crate::format;
use crate::i18n::use_lang;
use crate::links;
use crate::tr;
use crate::ui::{EmptyState, Icon, LinkButton, Page, SelectField, loaded, use_fetched, use_polled, use_query};
use domain::steps::Step;
use domain::view::ActivityView;
use leptos::prelude::*;

/// What was done, in the words of AWS's own scripts.
#[component]
pub fn Activity() -> impl IntoView {
    let wanted = use_query("project");
    let log = use_polled(4_000, move || api::model::activity(wanted.get()));
    let projects = use_fetched(api::project::list_projects);
    let chosen = RwSignal::new(String::new());
    Effect::new(move || chosen.set(wanted.get().unwrap_or_default()));
    Effect::new(move |before: Option<String>| {
        let now = chosen.get();
        if before.is_some_and(|before| before != now) && wanted.value.get_untracked().unwrap_or_default() != now {
            wanted.set(Some(now.clone()));
        }
        now
    });
    let all = tr!(settings.all_projects);
    let options = Signal::derive(move || {
        let mut options = vec![(String::new(), all.get())];
        projects.data.with(|projects| {
            options.extend(projects.iter().flatten().map(|project| (project.name.clone(), project.name.clone())));
        });
        options
    });
    view! {
        <Page title=tr!(frame.activity) intro=tr!(settings.activity_intro)>
            <SelectField id="activity-project" label=tr!(settings.project) value=chosen options=options />
            {loaded(log, lines)}
        </Page>
    }
    .into_any()
}

fn lines(log: Signal<Vec<ActivityView>>) -> AnyView {
    let lang = use_lang();
    let none = Memo::new(move |_| log.with(Vec::is_empty));
    let rows = move || {
        let log = log.get();
        log.into_iter()
            .map(|line| {
                let at = line.at_ms;
                view! {
                    <li>
                        <time title=move || format::date_time(lang, at)>{move || format::date_time(lang, at)}</time>
                        <a href=links::step(Step::Use, Some(&line.project))>{line.project.clone()}</a>
                        <code>{line.text}</code>
                    </li>
                }
            })
            .collect_view()
    };
    (move || {
        if none.get() {
            view! {
                <EmptyState icon=Icon::Log title=tr!(settings.no_activity) text=tr!(settings.no_activity_text)>
                    <LinkButton label=tr!(frame.to_dashboard) href="/" />
                </EmptyState>
            }
            .into_any()
        } else {
            view! { <ol class="activity card" data-testid="activity">{rows}</ol> }.into_any()
        }
    })
    .into_any()
}
