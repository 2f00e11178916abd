use super::detection::Picture;
use super::playground::Playground;
use crate::api;
use crate::links;
use crate::tr;
use crate::ui::{Button, Icon, ProblemBox, Skeleton, icon, loaded, use_action, use_fetched, use_project};
use domain::s3_uri::S3Uri;
use domain::view::{BucketView, FolderView};
use leptos::prelude::*;

/// The folders and pictures of a bucket, to pick one from.
pub fn bucket_pictures(here: Playground) -> AnyView {
    let buckets = use_fetched(api::images::list_buckets);
    view! { <div class="bucket-pictures">{loaded(buckets, move |buckets| browser(buckets, here))}</div> }.into_any()
}

fn browser(buckets: Signal<Vec<BucketView>>, here: Playground) -> AnyView {
    let project = use_project();
    let own = project.view.data.with_untracked(|view| view.as_ref().and_then(|view| view.bucket.clone()));
    let first = own.or_else(|| buckets.with_untracked(|buckets| buckets.first().map(|bucket| bucket.name.clone())));
    let Some(first) = first else {
        return view! { <p class="quiet-text">{tr!(use_model.no_bucket)}</p> }.into_any();
    };
    let place = RwSignal::new((first, String::new()));
    let listing = RwSignal::new(None::<FolderView>);
    let read = use_action(
        |(bucket, prefix, token)| api::images::list_folder(bucket, prefix, token),
        move |page: FolderView| {
            // An answer for a folder that was left meanwhile.
            let (bucket, prefix) = place.get_untracked();
            if (page.bucket.as_str(), page.prefix.as_str()) != (bucket.as_str(), prefix.as_str()) {
                return;
            }
            listing.update(|listing| match listing {
                Some(listing) => {
                    listing.images.extend(page.images);
                    listing.next_token = page.next_token;
                }
                None => *listing = Some(page),
            });
        },
    );
    Effect::new(move || {
        let (bucket, prefix) = place.get();
        listing.set(None);
        read.busy.set(false);
        read.run((bucket, prefix, None));
    });
    let more = move |()| {
        let (bucket, prefix) = place.get_untracked();
        let token = listing.with_untracked(|listing| listing.as_ref().and_then(|listing| listing.next_token.clone()));
        read.run((bucket, prefix, token));
    };
    let has_more = Memo::new(move |_| listing.with(|l| l.as_ref().is_some_and(|l| l.next_token.is_some())));
    let go = move |prefix: String| place.update(|place| place.1 = prefix);
    view! {
        <div class="row">
            <label class="row">
                <span class="label-text">{tr!(use_model.bucket)}</span>
                <select
                    data-testid="detect-bucket"
                    on:change=move |event| place.set((event_target_value(&event), String::new()))
                >
                    {move || {
                        buckets
                            .get()
                            .into_iter()
                            .map(|bucket| {
                                let name = bucket.name.clone();
                                let selected = move || place.with(|place| place.0 == name);
                                view! { <option value=bucket.name.clone() prop:selected=selected>{bucket.name.clone()}</option> }
                            })
                            .collect_view()
                    }}
                </select>
            </label>
            {move || crumbs(place.with(|place| place.1.clone()), go)}
        </div>
        {move || match (listing.get(), read.problem.get()) {
            (_, Some(problem)) => view! { <ProblemBox problem=problem /> }.into_any(),
            (None, None) => view! { <Skeleton lines=2 /> }.into_any(),
            (Some(listing), None) => tiles(listing, here, go),
        }}
        {move || has_more.get().then(|| view! { <Button label=tr!(use_model.more) busy=read.busy on_click=more /> })}
    }
    .into_any()
}

/// The way back up, folder by folder.
fn crumbs(prefix: String, go: impl Fn(String) + Copy + Send + Sync + 'static) -> AnyView {
    let mut ends: Vec<usize> = prefix.match_indices('/').map(|(at, _)| at + 1).collect();
    ends.insert(0, 0);
    let parts = ends
        .iter()
        .enumerate()
        .map(|(at, &end)| {
            let target = prefix.get(..end).unwrap_or_default().to_owned();
            let start = at.checked_sub(1).and_then(|before| ends.get(before)).copied();
            let name = start.and_then(|start| prefix.get(start..end)).map(str::to_owned);
            let top = name.is_none().then(|| tr!(use_model.bucket_top));
            view! {
                <button type="button" class="button link small" on:click=move |_| go(target.clone())>
                    {name} {top}
                </button>
            }
        })
        .collect_view();
    view! { <span class="row crumbs">{parts}</span> }.into_any()
}

fn tiles(listing: FolderView, here: Playground, go: impl Fn(String) + Copy + Send + Sync + 'static) -> AnyView {
    let bucket = StoredValue::new(listing.bucket);
    let empty = listing.folders.is_empty() && listing.images.is_empty();
    let folders = listing
        .folders
        .into_iter()
        .map(|folder| {
            let prefix = folder.prefix.clone();
            let thumbnail = folder.first_image.map(|key| thumbnail(bucket, &key));
            view! {
                <li>
                    <button type="button" class="pick-tile" data-folder=folder.prefix on:click=move |_| go(prefix.clone())>
                        {thumbnail}
                        <span class="row tile-name">{icon(Icon::Folder)} <span>{folder.name}</span></span>
                    </button>
                </li>
            }
        })
        .collect_view();
    let all: Vec<S3Uri> = listing.images.iter().map(|image| S3Uri::new(bucket.get_value(), &image.key)).collect();
    let all_of_them = (all.len() > 1).then(|| {
        let take = move |()| here.take_files(all.iter().cloned().map(Picture::Object).collect());
        view! { <div><Button label=tr!(use_model.try_all) testid="try-all" on_click=take /></div> }
    });
    let images = listing
        .images
        .into_iter()
        .map(|image| {
            let uri = S3Uri { bucket: bucket.get_value(), key: image.key.clone() };
            let own = uri.clone();
            let chosen = move || {
                here.trial.picture.with(|picture| matches!(picture, Some(Picture::Object(chosen)) if *chosen == own))
            };
            view! {
                <li>
                    <button
                        type="button"
                        class="pick-tile"
                        data-key=image.key.clone()
                        aria-pressed=move || if chosen() { "true" } else { "false" }
                        on:click=move |_| here.take_files(vec![Picture::Object(uri.clone())])
                    >
                        {thumbnail(bucket, &image.key)}
                        <span class="tile-name">{image.name}</span>
                    </button>
                </li>
            }
        })
        .collect_view();
    view! {
        {empty.then(|| view! { <p class="quiet-text">{tr!(use_model.no_pictures)}</p> })}
        {all_of_them}
        <ul class="pick-tiles" data-testid="bucket-tiles">{folders}{images}</ul>
    }
    .into_any()
}

fn thumbnail(bucket: StoredValue<String>, key: &str) -> AnyView {
    let src = bucket.with_value(|bucket| links::preview(bucket, key, 256));
    view! { <img class="thumb" src=src alt="" loading="lazy" decoding="async" /> }.into_any()
}
