//! Step 1: a bucket, and pictures in it.

mod bucket;
mod drop;
mod folder;
mod samples;
mod upload;
mod upload_list;

pub(crate) use bucket::{CreateBucket, suggested_name, use_buckets};
pub(crate) use samples::SampleButton;
pub(crate) use upload::provide_uploads;

use crate::links;
use crate::tr;
use crate::ui::{Card, Icon, Level, Notice, Page, SelectField, icon, loaded};
use domain::steps::Step;
use domain::view::BucketView;
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_navigate};
use leptos_router::location::Url;

/// A folder of a bucket. `prefix` is empty or ends in `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub bucket: String,
    pub prefix: String,
}

impl Place {
    /// From a path such as `/images/bucket/custom_label/`. Each part is decoded once: the router's
    /// own parameters are decoded twice, which spoils keys with a `%`.
    fn of_path(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("/images/")?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let mut prefix = prefix.split('/').map(Url::unescape).collect::<Vec<_>>().join("/");
        if !prefix.is_empty() && !prefix.ends_with('/') {
            prefix.push('/');
        }
        (!bucket.is_empty()).then(|| Self { bucket: Url::unescape(bucket), prefix })
    }

    /// `s3://bucket/prefix`
    pub fn uri(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.prefix)
    }
}

/// The folder last looked at: what the dataset page proposes.
#[derive(Clone, Copy)]
pub(crate) struct LastPlace(pub RwSignal<Option<Place>>);

#[component]
pub fn Images() -> impl IntoView {
    let path = use_location().pathname;
    let place = Memo::new(move |_| path.with(|path| Place::of_path(path)));
    let buckets = use_buckets();
    let last = expect_context::<LastPlace>().0;
    Effect::new(move || {
        if let Some(place) = place.get() {
            last.set(Some(place));
        }
    });
    let bucket = Memo::new(move |_| place.get().map(|place| place.bucket));
    let body = move || match bucket.get() {
        Some(bucket) => view! {
            {wrong_region(&bucket, buckets.data.into())}
            {folder::browser(place)}
        }
        .into_any(),
        None => loaded(buckets, choose),
    };
    view! {
        <Page title=tr!(images.title) intro=tr!(images.intro) step=Step::Images>
            {move || bucket.get().map(|bucket| bar(bucket, buckets.data.into()))}
            {body}
        </Page>
    }
    .into_any()
}

/// The bucket picker above the browser.
fn bar(bucket: String, buckets: Signal<Option<Vec<BucketView>>>) -> AnyView {
    let chosen = RwSignal::new(bucket.clone());
    let navigate = use_navigate();
    let creating = RwSignal::new(false);
    Effect::new(move |before: Option<String>| {
        let now = chosen.get();
        if before.is_some_and(|before| before != now) {
            navigate(&links::images(&now, ""), Default::default());
        }
        now
    });
    let own = bucket.clone();
    let options = Signal::derive(move || {
        let mut options: Vec<(String, String)> = buckets.with(|buckets| {
            let buckets = buckets.iter().flatten();
            buckets.map(|b| (b.name.clone(), format!("{}{}", b.name, region_note(b)))).collect()
        });
        if !options.iter().any(|(name, _)| *name == own) {
            options.insert(0, (own.clone(), own.clone()));
        }
        options
    });
    view! {
        <div class="bucket-bar">
            <SelectField id="bucket" label=tr!(images.bucket) value=chosen options=options testid="bucket" />
            <button
                type="button"
                class="button"
                aria-expanded=move || creating.get().to_string()
                on:click=move |_| creating.update(|c| *c = !*c)
            >
                {icon(Icon::Plus)}
                <span>{tr!(images.create_bucket)}</span>
            </button>
            {move || creating.get().then(|| view! { <CreateBucket on_created=Callback::new(move |_| creating.set(false)) /> })}
        </div>
    }
    .into_any()
}

fn region_note(bucket: &BucketView) -> String {
    bucket.region.as_ref().map(|region| format!(" ({region})")).unwrap_or_default()
}

/// Custom Labels reads from buckets of its own Region only.
fn wrong_region(bucket: &str, buckets: Signal<Option<Vec<BucketView>>>) -> AnyView {
    let bucket = bucket.to_owned();
    (move || {
        let found = buckets.with(|all| all.iter().flatten().find(|b| b.name == bucket).cloned())?;
        (!found.same_region).then(|| {
            view! {
                <Notice level=Level::Warning>
                    <p>{tr!(images.other_region, region = found.region.clone().unwrap_or_default())}</p>
                </Notice>
            }
        })
    })
    .into_any()
}

/// What stands at `/images`: choose a bucket, make one, or start with the samples.
fn choose(buckets: Signal<Vec<BucketView>>) -> AnyView {
    let list = move || {
        buckets.with(|buckets| {
            buckets
                .iter()
                .map(|bucket| {
                    let href = links::images(&bucket.name, "");
                    let class = if bucket.same_region { "badge good" } else { "badge quiet" };
                    view! {
                        <li>
                            <a href=href>{icon(Icon::Folder)} <span>{bucket.name.clone()}</span></a>
                            <span class=class>{bucket.region.clone()}</span>
                        </li>
                    }
                })
                .collect_view()
        })
    };
    let none = Memo::new(move |_| buckets.with(Vec::is_empty));
    view! {
        {move || none.get().then(|| view! { <p>{tr!(images.no_buckets)}</p> })}
        <div class="columns">
            <div class="stack">
                {move || {
                    (!none.get())
                        .then(|| {
                            view! {
                                <Card title=tr!(images.your_buckets)>
                                    <ul class="bucket-list">{list}</ul>
                                </Card>
                            }
                        })
                }}
                {samples::card(None)}
            </div>
            <Card title=tr!(images.create_bucket)>
                <p class="quiet-text">{tr!(images.create_bucket_why)}</p>
                <CreateBucket />
            </Card>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_bucket_and_folder() {
        let place = |bucket: &str, prefix: &str| Some(Place { bucket: bucket.to_owned(), prefix: prefix.to_owned() });
        assert_eq!(Place::of_path("/images"), None);
        assert_eq!(Place::of_path("/images/"), None);
        assert_eq!(Place::of_path("/images/b"), place("b", ""));
        assert_eq!(Place::of_path("/images/b/"), place("b", ""));
        assert_eq!(Place::of_path("/images/b/a%2520b/c"), place("b", "a%20b/c/"));
    }
}
