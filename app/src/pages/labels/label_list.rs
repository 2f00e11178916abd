use super::here::Here;
use crate::api;
use crate::i18n::use_lang;
use crate::tr;
use crate::ui::{Icon, ProblemLine, icon, problem_advice, problem_sentence, use_action};
use domain::names::check_label_name;
use leptos::html;
use leptos::prelude::*;

/// A field that adds a label to the dataset. `added` runs with its name, at once.
pub fn add_label(here: Here, added: impl Fn(&str) + Copy + Send + Sync + 'static) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    label_field(here, input, RwSignal::new(String::new()), |_| None, added)
}

/// The same with its parts in the caller's hands: what is typed can filter a list, of which Enter takes what
/// `first_match` gives; the button adds in any case.
pub fn label_field(
    here: Here,
    input: NodeRef<html::Input>,
    typed: RwSignal<String>,
    first_match: impl Fn(&str) -> Option<String> + Copy + Send + Sync + 'static,
    added: impl Fn(&str) + Copy + Send + Sync + 'static,
) -> AnyView {
    let lang = use_lang();
    let add = use_action(
        |(project, kind, name): (String, domain::status::DatasetKind, String)| async move {
            api::labelling::add_label(project, kind, name.clone()).await.map(|()| name)
        },
        move |name: String| {
            if typed.with_untracked(|typed| typed.trim() == name) {
                typed.set(String::new());
            }
            here.labelling.refresh();
            added(&name);
        },
    );
    let problem = Memo::new(move |_| {
        typed.with(|typed| if typed.trim().is_empty() { None } else { check_label_name(typed.trim()).err() })
    });
    let choose = move |any_match: bool| {
        let name = typed.with_untracked(|typed| typed.trim().to_owned());
        if name.is_empty() || problem.with_untracked(Option::is_some) {
            return;
        }
        let known = untrack(|| here.labels()).contains(&name).then(|| name.clone());
        if let Some(known) = known.or_else(|| any_match.then(|| first_match(&name)).flatten()) {
            typed.set(String::new());
            added(&known);
        } else {
            add.run((here.project.name_untracked(), here.kind.get_untracked(), name));
        }
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        choose(true);
    };
    view! {
        <form class="add-label" on:submit=submit>
            <label for="new-label" class="unseen">{tr!(labels.new_label)}</label>
            <input
                id="new-label"
                type="text"
                autocomplete="off"
                spellcheck="false"
                placeholder=tr!(labels.new_label)
                data-testid="new-label"
                node_ref=input
                prop:value=typed
                on:input=move |event| typed.set(event_target_value(&event))
            />
            <button
                type="button"
                class="button"
                class:busy=add.busy
                data-testid="add-label"
                on:click=move |_| choose(false)
            >
                {icon(Icon::Plus)} <span>{tr!(labels.add_label)}</span>
            </button>
        </form>
        {move || {
            problem
                .get()
                .map(|problem| {
                    view! {
                        <p class="small-text problem-line">
                            {move || format!("{} {}", problem_sentence(lang, problem.kind), problem_advice(lang, problem.kind))}
                        </p>
                    }
                })
        }}
        {move || add.problem.get().map(|problem| view! { <ProblemLine problem=problem /> })}
    }
    .into_any()
}
