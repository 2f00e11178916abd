//! Step 4: labels on images and boxes in them.
//!
//! Without `image` in the URL's query the page is the gallery, with it the editor of that image.
//! Filter, order and image stand in the query, so that a link opens what its sender saw.

mod autosave;
mod decided;
mod edit_labels;
mod editor;
mod exchange;
mod filters;
mod gallery;
mod grid;
mod here;
mod key_words;
mod keys;
mod keys_dialog;
mod label_list;
mod moving;
mod places;
mod save_bar;
mod selection;
mod suggest_all;
mod windows;

use crate::links;
use crate::tr;
use crate::ui::{ButtonKind, EmptyState, Icon, LinkButton, Page, loaded, use_project};
use domain::status::DatasetKind;
use domain::steps::Step;
#[cfg(feature = "ssr")]
pub use here::FirstImages;
use here::{Here, use_here, use_open_image};
use leptos::prelude::*;

/// `/projects/<name>/labels`
#[component]
pub fn Labels() -> impl IntoView {
    let project = use_project();
    // Asks for images at once, beside the project.
    let here = use_here();
    let open = use_open_image();
    let intro = tr!(labels.intro);
    let intro = Signal::derive(move || if open.get().is_some() { String::new() } else { intro.get() });
    let there = Memo::new(move |_| here.there.get() || here.windows.with(|windows| windows.matching().is_some()));
    view! {
        <Page title=tr!(labels.title) intro=intro step=Step::Labels wide=true>
            {move || match there.get() {
                true => workspace(here),
                false => loaded(project.view, move |_| (move || no_dataset(here.kind.get())).into_any()),
            }}
        </Page>
    }
    .into_any()
}

fn workspace(here: Here) -> AnyView {
    let open = use_open_image();
    let editing = Memo::new(move |_| open.with(Option::is_some));
    // Images show as soon as they are there; the counts and labels may come later.
    let counted = Memo::new(move |_| here.labelling.data.with(Option::is_some));
    let there = Memo::new(move |_| counted.get() || here.windows.with(|windows| windows.matching().is_some()));
    let trouble = move || loaded(here.labelling, |_| ().into_any());
    view! {
        {save_bar::save_bar(here)}
        {move || match there.get() {
            false => trouble(),
            true => {
                view! {
                    {move || counted.get().then(trouble)}
                    {body(here, editing)}
                }
                .into_any()
            }
        }}
    }
    .into_any()
}

fn body(here: Here, editing: Memo<bool>) -> AnyView {
    (move || if editing.get() { editor::editor(here) } else { gallery::gallery(here) }).into_any()
}

fn no_dataset(kind: DatasetKind) -> AnyView {
    let project = use_project();
    let (title, text) = match kind {
        DatasetKind::Train => (tr!(labels.no_train), tr!(labels.no_train_text)),
        DatasetKind::Test => (tr!(labels.no_test), tr!(labels.no_test_text)),
    };
    let href = Signal::derive(move || links::step(Step::Dataset, project.name.get().as_deref()));
    view! {
        <div class="row">{filters::kind_switch()}</div>
        <EmptyState icon=Icon::Labels title=title text=text>
            <LinkButton label=tr!(labels.to_dataset) href=href kind=ButtonKind::Primary />
        </EmptyState>
    }
    .into_any()
}
