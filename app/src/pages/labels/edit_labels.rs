//! Labels renamed, merged and deleted, wherever the dataset uses them.

use super::here::Here;
use crate::i18n::use_lang;
use crate::ui::{Button, ButtonKind, Dialog, Icon};
use crate::{tr, words};
use domain::names::check_label_name;
use domain::view::{BulkChange, EntryFilter, Which};
use leptos::prelude::*;

/// The button and its dialog.
pub fn edit_labels(here: Here) -> AnyView {
    let open = RwSignal::new(false);
    let names = Memo::new(move |_| here.labels());
    view! {
        <Button
            label=tr!(labels.edit_labels)
            icon=Icon::Edit
            kind=ButtonKind::Link
            testid="edit-labels"
            on_click=move |()| open.set(true)
        />
        <Dialog open=open title=tr!(labels.edit_labels)>
            <p class="small-text">{tr!(labels.edit_labels_is)}</p>
            <ul class="edit-labels">
                <For each=move || names.get() key=Clone::clone let:name>
                    {line(here, name)}
                </For>
            </ul>
        </Dialog>
    }
    .into_any()
}

fn line(here: Here, name: String) -> AnyView {
    let lang = use_lang();
    let typed = RwSignal::new(name.clone());
    // Deleting takes two clicks on the same button.
    let sure = RwSignal::new(false);
    let own = StoredValue::new(name.clone());
    let wanted = Memo::new(move |_| {
        let wanted = typed.with(|typed| typed.trim().to_owned());
        (own.with_value(|own| *own != wanted) && check_label_name(&wanted).is_ok()).then_some(wanted)
    });
    let merges = Memo::new(move |_| wanted.get().is_some_and(|wanted| here.labels().contains(&wanted)));
    let rename =
        Signal::derive(move || if merges.get() { words!(lang, labels.merge) } else { words!(lang, labels.rename) });
    let delete = Signal::derive(move || {
        if sure.get() { words!(lang, labels.delete_sure) } else { words!(lang, labels.delete_label_short) }
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Some(to) = wanted.get_untracked() {
            let from = own.get_value();
            here.change_many(Which::Matching(EntryFilter::default()), BulkChange::RenameLabel { from, to });
        }
    };
    let on_delete = move |_| {
        if sure.get_untracked() {
            here.change_many(Which::Matching(EntryFilter::default()), BulkChange::DeleteLabel(own.get_value()));
        }
        sure.update(|sure| *sure = !*sure);
    };
    let (field, button) = (name.clone(), name.clone());
    view! {
        <li>
            <form class="row" on:submit=submit data-label=name>
                <input
                    type="text"
                    autocomplete="off"
                    aria-label=tr!(labels.rename_to, name = field.clone())
                    prop:value=typed
                    on:input=move |event| typed.set(event_target_value(&event))
                />
                <button type="submit" class="button" disabled=move || wanted.with(Option::is_none)>
                    {rename}
                </button>
                <button
                    type="button"
                    class="button"
                    class:danger=sure
                    aria-label=tr!(labels.delete_label, name = button.clone())
                    on:click=on_delete
                >
                    {delete}
                </button>
            </form>
        </li>
    }
    .into_any()
}
