use super::upload::use_uploads;
use super::upload_list::UploadList;
use super::{Place, drop, samples};
use crate::api;
use crate::format;
use crate::links;
use crate::tr;
use crate::ui::{
    Button, ButtonKind, CopyButton, Dialog, Icon, Polled, ProblemBox, icon, loaded, use_action, use_flash, use_jobs,
    use_polled_by,
};
use crate::{i18n::use_lang, words};
use domain::view::{FolderEntry, FolderView, JobKind, JobState, ObjectEntry};
use leptos::prelude::*;

/// The browser of one bucket: way, drop zone, uploads, folders and pictures.
pub(super) fn browser(place: Memo<Option<Place>>) -> AnyView {
    let place = Signal::derive(move || place.get().unwrap_or_default());
    let jobs = use_jobs();
    let uploads = use_uploads();
    drop::guard_page();
    let drawing = Memo::new(move |_| {
        let is_drawing =
            |job: &domain::view::JobView| job.kind == JobKind::DrawSamples && job.state == JobState::Running;
        jobs.data.with(|jobs| jobs.iter().flatten().any(is_drawing))
    });
    let fetch = move || {
        let Place { bucket, prefix } = place.get();
        api::images::list_folder(bucket, prefix, None)
    };
    let folder = use_polled_by(fetch, move |_| drawing.get_untracked().then_some(2_000));
    let more = RwSignal::new(Vec::<FolderView>::new());
    Effect::new(move || {
        place.track();
        more.set(Vec::new());
    });
    // New files show without a reload: after each batch, and when the samples are drawn.
    Effect::new(move |before: Option<(u32, bool)>| {
        let now = (uploads.ended.get(), drawing.get());
        let batch = now.0.is_multiple_of(12) || uploads.left_untracked() == 0;
        if before.is_some_and(|before| before.1 != now.1 || (before.0 != now.0 && batch)) {
            folder.refresh();
        }
        now
    });
    view! {
        {way(place)}
        {drop::zone(place)}
        <UploadList />
        {loaded(folder, move |view| content(view, folder, more))}
    }
    .into_any()
}

/// `bucket / custom_label / with_qr`, each part a link, with the URI to copy.
fn way(place: Signal<Place>) -> AnyView {
    let parts = move || {
        let Place { bucket, prefix } = place.get();
        let mut so_far = String::new();
        let mut parts = vec![view! { <li><a href=links::images(&bucket, "")>{bucket.clone()}</a></li> }.into_any()];
        for part in prefix.split_terminator('/') {
            so_far.push_str(part);
            so_far.push('/');
            parts.push(view! { <li><a href=links::images(&bucket, &so_far)>{part.to_owned()}</a></li> }.into_any());
        }
        parts
    };
    view! {
        <div class="row between">
            <nav aria-label=tr!(images.way)>
                <ol class="way">{parts}</ol>
            </nav>
            <CopyButton text=Signal::derive(move || place.with(Place::uri)) label=tr!(images.copy_uri) />
        </div>
    }
    .into_any()
}

fn content(view: Signal<FolderView>, folder: Polled<FolderView>, more: RwSignal<Vec<FolderView>>) -> AnyView {
    let bucket = Memo::new(move |_| view.with(|view| view.bucket.clone()));
    let at_top = Memo::new(move |_| view.with(|view| view.prefix.is_empty()));
    let folders = Memo::new(move |_| view.with(|view| view.folders.clone()));
    let images = Memo::new(move |_| {
        let mut images = view.with(|view| view.images.clone());
        more.with(|more| images.extend(more.iter().flat_map(|page| page.images.clone())));
        images
    });
    let empty = Memo::new(move |_| folders.with(Vec::is_empty) && images.with(Vec::is_empty));
    let others = Memo::new(move |_| view.with(|view| view.other_files));
    let token = Memo::new(move |_| {
        let last = more.with(|more| more.last().map(|page| page.next_token.clone()));
        last.unwrap_or_else(|| view.with(|view| view.next_token.clone()))
    });
    view! {
        {move || (empty.get() && at_top.get()).then(|| samples::card(Some(bucket.get())))}
        {move || {
            (empty.get() && !at_top.get()).then(|| view! { <p class="quiet-text">{tr!(images.empty_folder)}</p> })
        }}
        {move || (!folders.with(Vec::is_empty)).then(|| folder_grid(folders, bucket, at_top))}
        {move || (!images.with(Vec::is_empty)).then(|| image_grid(images, bucket, folder))}
        {move || token.get().map(|token| load_more(view, token, more))}
        {move || {
            (others.get() > 0)
                .then(|| view! { <p class="small-text quiet-text">{tr!(images.other_files, count = others.get())}</p> })
        }}
    }
    .into_any()
}

fn folder_grid(folders: Memo<Vec<FolderEntry>>, bucket: Memo<String>, at_top: Memo<bool>) -> AnyView {
    view! {
        <section class="stack" data-testid="folders">
            <h2>{tr!(images.folders)}</h2>
            <ul class="tiles folders">
                <For each=move || folders.get() key=|entry| format!("{entry:?}") let:entry>
                    {folder_tile(entry, &bucket.get_untracked(), at_top.get_untracked())}
                </For>
            </ul>
        </section>
    }
    .into_any()
}

fn folder_tile(entry: FolderEntry, bucket: &str, at_top: bool) -> AnyView {
    let FolderEntry { name, prefix, images, counted_all, first_image } = entry;
    let uri = format!("s3://{bucket}/{prefix}");
    let picture = match first_image {
        Some(key) => {
            view! { <img class="thumb" alt="" loading="lazy" src=links::preview(bucket, &key, 256) /> }.into_any()
        }
        None => view! { <span class="thumb none">{icon(Icon::Folder)}</span> }.into_any(),
    };
    let count = format!("{}{}", format::number(images), if counted_all { "" } else { "+" });
    let label = name.clone();
    view! {
        <li class="tile">
            <a href=links::images(bucket, &prefix)>
                {picture}
                <span class="tile-name">{icon(Icon::Folder)} <span>{name}</span></span>
            </a>
            <span class="small-text quiet-text">{tr!(images.image_count, count = count.clone())}</span>
            {(!at_top && images > 0)
                .then(|| {
                    view! { <span class="becomes">{icon(Icon::Labels)} {tr!(images.becomes_label, label = label.clone())}</span> }
                })}
            <CopyButton text=uri label=tr!(images.copy_uri) />
        </li>
    }
    .into_any()
}

fn image_grid(images: Memo<Vec<ObjectEntry>>, bucket: Memo<String>, folder: Polled<FolderView>) -> AnyView {
    let lang = use_lang();
    let flash = use_flash();
    let chosen = RwSignal::new(Vec::<String>::new());
    let asking = RwSignal::new(false);
    let shown = RwSignal::new(None::<String>);
    let showing = RwSignal::new(false);
    let delete = use_action(
        move |keys: Vec<String>| api::images::delete_images(bucket.get_untracked(), keys),
        move |count: u64| {
            asking.set(false);
            chosen.set(Vec::new());
            flash.say(untrack(|| words!(lang, images.deleted, count = count)));
            folder.refresh();
        },
    );
    let tile = move |entry: ObjectEntry| {
        let key = entry.key.clone();
        let (choose, open, is_chosen) = (entry.key.clone(), entry.key.clone(), entry.key.clone());
        let version = entry.modified_ms.unwrap_or_default();
        let source = format!("{}&v={version}", links::preview(&bucket.get_untracked(), &key, 256));
        view! {
            <li class="tile picture">
                <button
                    type="button"
                    class="picture-open"
                    on:click=move |_| {
                        shown.set(Some(open.clone()));
                        showing.set(true);
                    }
                >
                    <img class="thumb" alt=entry.name.clone() loading="lazy" src=source />
                </button>
                <label class="check small-text">
                    <input
                        type="checkbox"
                        prop:checked=move || chosen.with(|keys| keys.contains(&is_chosen))
                        on:change=move |event| {
                            let on = event_target_checked(&event);
                            chosen.update(|keys| {
                                keys.retain(|key| *key != choose);
                                if on {
                                    keys.push(choose.clone());
                                }
                            });
                        }
                    />
                    <span class="tile-name">{entry.name}</span>
                </label>
                <span class="small-text quiet-text figures">{format::bytes(entry.size)}</span>
            </li>
        }
    };
    let count = move || chosen.with(Vec::len);
    view! {
        <section class="stack" data-testid="images">
            <div class="row between">
                <h2>{move || tr!(images.images_here, count = images.with(Vec::len))}</h2>
                {move || {
                    (count() > 0)
                        .then(|| {
                            view! {
                                <div class="actions">
                                    <Button
                                        label=tr!(images.choose_none)
                                        kind=ButtonKind::Link
                                        on_click=move |()| chosen.set(Vec::new())
                                    />
                                    <Button
                                        label=tr!(images.delete_chosen, count = count())
                                        icon=Icon::Delete
                                        kind=ButtonKind::Danger
                                        on_click=move |()| asking.set(true)
                                    />
                                </div>
                            }
                        })
                }}
            </div>
            <ul class="tiles">
                <For each=move || images.get() key=|entry| format!("{entry:?}") children=tile />
            </ul>
            <Dialog open=asking title=tr!(images.delete_title)>
                <p>{tr!(images.delete_text, count = count())}</p>
                {move || delete.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
                <div class="actions end">
                    <Button label=tr!(frame.cancel) on_click=move |()| asking.set(false) />
                    <Button
                        label=tr!(images.delete)
                        kind=ButtonKind::Danger
                        busy=delete.busy
                        on_click=move |()| delete.run(chosen.get_untracked())
                    />
                </div>
            </Dialog>
            <Dialog open=showing title=Signal::derive(move || shown.get().unwrap_or_default())>
                {move || {
                    shown
                        .get()
                        .filter(|_| showing.get())
                        .map(|key| {
                            let uri = format!("s3://{}/{key}", bucket.get_untracked());
                            view! {
                                <img class="large" alt=key.clone() src=links::preview(&bucket.get_untracked(), &key, 1024) />
                                <div class="row"><code>{uri.clone()}</code> <CopyButton text=uri /></div>
                            }
                        })
                }}
            </Dialog>
        </section>
    }
    .into_any()
}

fn load_more(view: Signal<FolderView>, token: String, more: RwSignal<Vec<FolderView>>) -> AnyView {
    let load = use_action(
        move |token: String| {
            let (bucket, prefix) = view.with_untracked(|view| (view.bucket.clone(), view.prefix.clone()));
            api::images::list_folder(bucket, prefix, Some(token))
        },
        move |page: FolderView| more.update(|more| more.push(page)),
    );
    view! {
        {move || load.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
        <div class="actions">
            <Button label=tr!(images.load_more) busy=load.busy on_click=move |()| load.run(token.clone()) />
        </div>
    }
    .into_any()
}
