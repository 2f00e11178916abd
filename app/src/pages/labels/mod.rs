//! Step 4: labels on images and boxes in them.
//!
//! Without `image` in the URL's query the page is the gallery, with it the editor of that image.
//! Filter, page and image stand in the query, so that a link opens what its sender saw.

mod autosave;
mod edit_labels;
mod editor;
mod exchange;
mod filters;
mod gallery;
mod here;
mod key_words;
mod keys;
mod keys_dialog;
mod label_list;
mod save_bar;
mod selection;
mod tile;

use crate::links;
use crate::tr;
use crate::ui::{ButtonKind, EmptyState, Icon, LinkButton, Page, loaded, use_project};
use domain::status::DatasetKind;
use domain::steps::Step;
use domain::view::ProjectView;
use here::{Here, use_here, use_kind, use_open_image};
use leptos::prelude::*;

/// `/projects/<name>/labels`
#[component]
pub fn Labels() -> impl IntoView {
    let project = use_project();
    let open = use_open_image();
    let intro = tr!(labels.intro);
    let intro = Signal::derive(move || if open.get().is_some() { String::new() } else { intro.get() });
    view! {
        <Page title=tr!(labels.title) intro=intro step=Step::Labels wide=true>
            {loaded(project.view, content)}
        </Page>
    }
    .into_any()
}

fn content(view: Signal<ProjectView>) -> AnyView {
    let kind = use_kind();
    let there = Memo::new(move |_| {
        view.with(|view| match kind.get() {
            DatasetKind::Train => view.train.is_some(),
            DatasetKind::Test => view.test.is_some(),
        })
    });
    (move || if there.get() { workspace() } else { no_dataset(kind.get()) }).into_any()
}

fn workspace() -> AnyView {
    let here = use_here();
    let open = use_open_image();
    let editing = Memo::new(move |_| open.with(Option::is_some));
    view! {
        {save_bar::save_bar(here)}
        {loaded(here.labelling, move |_| body(here, editing))}
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
