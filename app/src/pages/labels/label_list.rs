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
    label_field(here, input, RwSignal::new(String::new()), added)
}

/// The same with its parts in the caller's hands: what is typed can filter a list.
pub fn label_field(
    here: Here,
    input: NodeRef<html::Input>,
    typed: RwSignal<String>,
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
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let name = typed.with_untracked(|typed| typed.trim().to_owned());
        if name.is_empty() || problem.with_untracked(Option::is_some) {
            return;
        }
        if untrack(|| here.labels()).contains(&name) {
            typed.set(String::new());
            added(&name);
        } else {
            add.run((here.project.name_untracked(), here.kind.get_untracked(), name));
        }
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
            <button type="submit" class="button" class:busy=add.busy data-testid="add-label">
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
