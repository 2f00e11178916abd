use super::desk::Desk;
use crate::links;
use crate::pages::labels::here::use_href;
use crate::tr;
use domain::s3_uri::S3Uri;
use leptos::html;
use leptos::prelude::*;
use std::time::Duration;

const LATER: Duration = Duration::from_millis(150);

/// The images of this page as a film strip; the open one is marked and in sight.
pub fn strip(desk: Desk) -> AnyView {
    let sources = Memo::new(move |_| {
        desk.here.entries.data.with(|page| {
            page.iter().flat_map(|page| &page.entries).map(|entry| entry.source.clone()).collect::<Vec<_>>()
        })
    });
    // Another page's frames come after its first image is seen: making sixty of them takes longer than showing it.
    let shown = RwSignal::new(sources.get_untracked());
    Effect::new(move |before: Option<()>| {
        let now = sources.get();
        if before.is_none() || shown.with_untracked(Vec::is_empty) {
            shown.set(now);
        } else {
            set_timeout(move || _ = sources.try_get_untracked().and_then(|now| shown.try_set(now)), LATER);
        }
    });
    view! {
        <ol class="strip" aria-label=tr!(labels.images)>
            <For each=move || shown.get() key=Clone::clone let:source>
                {frame(desk, source)}
            </For>
        </ol>
    }
    .into_any()
}

fn frame(desk: Desk, source: S3Uri) -> AnyView {
    let link = NodeRef::<html::A>::new();
    let href = use_href("image");
    let uri = source.to_string();
    let own = source.clone();
    let here = Memo::new(move |_| desk.source.with(|open| open.as_ref() == Some(&own)));
    let own = source.clone();
    let labelled = Memo::new(move |_| {
        desk.here.entries.data.with(|page| {
            let mut entries = page.iter().flat_map(|page| &page.entries);
            entries.any(|entry| entry.source == own && entry.annotation.is_labelled())
        })
    });
    Effect::new(move || {
        if let Some(link) = link.get().filter(|_| here.get()) {
            // Only the strip scrolls: scrolling into view would move the page too.
            if let Some(strip) = link.closest(".strip").ok().flatten() {
                let middle = link.offset_left() + link.offset_width() / 2 - strip.client_width() / 2;
                strip.set_scroll_left(middle);
            }
        }
    });
    let name = source.file_name().to_owned();
    let state = move || if labelled.get() { tr!(labels.labelled) } else { tr!(labels.unlabelled) };
    view! {
        <li>
            <a
                node_ref=link
                href=move || href(Some(&uri))
                aria-current=move || here.get().then_some("true")
                class:labelled=labelled
                title=name.clone()
            >
                <img src=links::preview(&source.bucket, &source.key, 256) alt=name.clone() loading="lazy" decoding="async" />
                <span class="unseen">{move || state().get()}</span>
            </a>
        </li>
    }
    .into_any()
}
