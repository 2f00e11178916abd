use crate::api;
use crate::format;
use crate::pages::use_buckets;
use crate::tr;
use crate::ui::{Icon, Level, Notice, Polled, ProblemBox, ProblemLine, SelectField, icon, loaded, use_fetched};
use domain::view::{BucketView, FolderLabels, FolderView};
use leptos::prelude::*;

/// A bucket and a folder in it, chosen by walking down.
#[component]
pub(super) fn FolderPicker(bucket: RwSignal<String>, prefix: RwSignal<String>) -> impl IntoView {
    let buckets = use_buckets();
    let choose = tr!(dataset.choose_one);
    let options = Signal::derive(move || {
        let mut options = vec![(String::new(), choose.get())];
        buckets.data.with(|buckets| options.extend(buckets.iter().flatten().map(|b| (b.name.clone(), b.name.clone()))));
        options
    });
    choose_the_only_bucket(buckets, bucket);
    // Another bucket has no such folder.
    Effect::new(move |before: Option<String>| {
        let now = bucket.get();
        if before.is_some_and(|before| before != now) {
            prefix.set(String::new());
        }
        now
    });
    let folder = use_fetched(move || {
        let (bucket, prefix) = (bucket.get(), prefix.get());
        async move {
            if bucket.is_empty() {
                return Ok(None);
            }
            api::images::list_folder(bucket, prefix, None).await.map(Some)
        }
    });
    view! {
        {move || buckets.error.get().map(|problem| view! { <ProblemBox problem=problem /> })}
        <SelectField id="folder-bucket" label=tr!(images.bucket) value=bucket options=options testid="folder-bucket" />
        {move || (!bucket.with(String::is_empty)).then(|| view! {
            <div class="folder-picker" data-testid="folder-picker">
                {way(bucket, prefix)}
                {loaded(folder, move |view| folders(view, prefix))}
            </div>
        })}
    }
    .into_any()
}

/// Chooses for the person while there is only one.
pub(super) fn choose_the_only_bucket(buckets: Polled<Vec<BucketView>>, bucket: RwSignal<String>) {
    Effect::new(move || {
        buckets.data.with(|buckets| {
            if let Some([only]) = buckets.as_deref()
                && bucket.with_untracked(String::is_empty)
            {
                bucket.set(only.name.clone());
            }
        });
    });
}

fn way(bucket: RwSignal<String>, prefix: RwSignal<String>) -> AnyView {
    let step = move |to: String, text: String| {
        view! {
            <li>
                <button type="button" class="button link small" on:click=move |_| prefix.set(to.clone())>
                    {text}
                </button>
            </li>
        }
        .into_any()
    };
    let parts = move || {
        let mut so_far = String::new();
        let mut parts = vec![step(String::new(), bucket.get())];
        for part in prefix.get().split_terminator('/') {
            so_far.push_str(part);
            so_far.push('/');
            parts.push(step(so_far.clone(), part.to_owned()));
        }
        parts
    };
    view! { <ol class="way">{parts}</ol> }.into_any()
}

fn folders(view: Signal<Option<FolderView>>, prefix: RwSignal<String>) -> AnyView {
    let rows = move || {
        let folders = view.with(|view| view.as_ref().map(|view| view.folders.clone())).unwrap_or_default();
        folders
            .into_iter()
            .map(|folder| {
                let count = format!("{}{}", format::number(folder.images), if folder.counted_all { "" } else { "+" });
                let to = folder.prefix;
                view! {
                    <li>
                        <button type="button" class="folder-row" on:click=move |_| prefix.set(to.clone())>
                            {icon(Icon::Folder)}
                            <span>{folder.name}</span>
                            <span class="quiet-text figures">{tr!(images.image_count, count = count.clone())}</span>
                            {icon(Icon::Next)}
                        </button>
                    </li>
                }
            })
            .collect_view()
    };
    view! { <ul class="folder-rows">{rows}</ul> }.into_any()
}

/// The labels that the folder will make, with counts, told before it is made.
pub(super) fn label_preview(bucket: RwSignal<String>, prefix: RwSignal<String>, by_folder: RwSignal<bool>) -> AnyView {
    let labels = use_fetched(move || {
        let (bucket, prefix) = (bucket.get(), prefix.get());
        async move {
            if bucket.is_empty() {
                return Ok(None);
            }
            api::dataset::folder_labels(bucket, prefix).await.map(Some)
        }
    });
    let place = move || format!("s3://{}/{}", bucket.get(), prefix.get());
    (move || {
        (!bucket.with(String::is_empty)).then(|| {
            view! {
                <section class="label-preview" data-testid="label-preview">
                    <h3>{tr!(dataset.will_become)} " " <code>{place}</code></h3>
                    {loaded(labels, move |labels| preview(labels, by_folder))}
                </section>
            }
        })
    })
    .into_any()
}

fn preview(labels: Signal<Option<FolderLabels>>, by_folder: RwSignal<bool>) -> AnyView {
    (move || {
        let found = labels.get()?;
        if found.images == 0 {
            return Some(view! { <p class="quiet-text">{tr!(dataset.no_images_there)}</p> }.into_any());
        }
        let by_folder = by_folder.get();
        let most = found.labels.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
        let rows = found
            .labels
            .into_iter()
            .map(|(label, count)| {
                view! {
                    <li>
                        <span class="row">{icon(Icon::Labels)} <strong>{label}</strong></span>
                        <progress max=most.to_string() value=count.to_string()></progress>
                        <span class="figures">{format::number(count)}</span>
                    </li>
                }
            })
            .collect_view();
        let unlabelled = if by_folder { found.unlabelled } else { found.images };
        let images = format::number(found.images);
        Some(
            view! {
                <p>{tr!(dataset.images_found, count = images.clone())}</p>
                {by_folder.then(|| view! { <ul class="label-bars">{rows}</ul> })}
                {(unlabelled > 0)
                    .then(|| view! { <p class="quiet-text">{tr!(dataset.stay_unlabelled, count = format::number(unlabelled))}</p> })}
                {(found.other_files > 0)
                    .then(|| {
                        view! { <p class="quiet-text">{tr!(dataset.left_out, count = format::number(found.other_files))}</p> }
                    })}
                {(!found.problems.is_empty() && by_folder)
                    .then(|| {
                        view! {
                            <Notice level=Level::Warning>
                                {found
                                    .problems
                                    .iter()
                                    .map(|problem| view! { <p><ProblemLine problem=problem.clone() /></p> })
                                    .collect_view()}
                            </Notice>
                        }
                    })}
            }
            .into_any(),
        )
    })
    .into_any()
}
