//! What the parts of the labels page share.

use super::autosave::{self, Key};
use crate::api;
use crate::api::ApiError;
use crate::i18n::{Lang, use_lang};
use crate::ui::{
    Flash, Polled, ProjectContext, problem_sentence, use_fetched, use_flash, use_jobs, use_polled_by, use_project,
    use_query,
};
use crate::words;
use domain::s3_uri::S3Uri;
use domain::status::DatasetKind;
use domain::view::{Annotation, BulkChange, EntriesPage, EntryFilter, EntryView, JobKind, JobState, LabellingView};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use std::collections::BTreeSet;

/// Images on one page of the gallery and in the editor's film strip.
pub const PAGE: u64 = 60;

/// What the parts of the labels page share. `Copy`.
#[derive(Clone, Copy)]
pub struct Here {
    pub project: ProjectContext,
    pub kind: Memo<DatasetKind>,
    pub labelling: Polled<LabellingView>,
    /// One page of the images that match the filter.
    pub entries: Polled<EntriesPage>,
    /// The images that are selected in the gallery.
    pub selected: RwSignal<BTreeSet<S3Uri>>,
    /// Whether everything that matches the filter is selected, on other pages too.
    pub everything: RwSignal<bool>,
    /// The gallery's page, from 0.
    pub page: Memo<u64>,
    pub filter: Memo<EntryFilter>,
    /// Whether the project's changes are being sent to the cloud.
    pub sending: Memo<bool>,
    flash: Flash,
    lang: Lang,
}

/// Which of the two datasets the URL's query says: `kind=test`, or the training dataset.
pub fn use_kind() -> Memo<DatasetKind> {
    let query = use_query("kind");
    Memo::new(move |_| if query.get().as_deref() == Some("test") { DatasetKind::Test } else { DatasetKind::Train })
}

/// The image that is open in the editor; none while the gallery shows.
pub fn use_open_image() -> Memo<Option<S3Uri>> {
    let query = use_query("image");
    Memo::new(move |_| query.get().and_then(|text| text.parse().ok()))
}

/// Reads the query and starts to fetch.
pub fn use_here() -> Here {
    let project = use_project();
    let kind = use_kind();
    let (state, label, text, page) = (use_query("state"), use_query("label"), use_query("text"), use_query("page"));
    let page = Memo::new(move |_| page.get().and_then(|text| text.parse::<u64>().ok()).unwrap_or(1).saturating_sub(1));
    let filter = Memo::new(move |_| {
        let state = state.get();
        EntryFilter {
            label: label.get(),
            labelled: match state.as_deref() {
                Some("labelled") => Some(true),
                Some("unlabelled") => Some(false),
                _ => None,
            },
            errors_only: state.as_deref() == Some("errors"),
            text: text.get(),
        }
    });
    let labelling = use_polled_by(
        move || api::labelling::labelling(project.name(), kind.get()),
        |view| Some(if view.is_none_or(|view| view.loading) { 800 } else { 8_000 }),
    );
    let entries = use_fetched(move || fetch_page(project.name(), kind.get(), filter.get(), page.get() * PAGE));
    let jobs = use_jobs();
    let sending = Memo::new(move |_| {
        let name = project.name.get();
        jobs.data.with(|jobs| {
            let mut jobs = jobs.iter().flatten();
            jobs.any(|job| job.kind == JobKind::SaveChanges && job.state == JobState::Running && job.project == name)
        })
    });
    let here = Here {
        project,
        kind,
        labelling,
        entries,
        selected: RwSignal::default(),
        everything: RwSignal::new(false),
        page,
        filter,
        sending,
        flash: use_flash(),
        lang: use_lang(),
    };
    follow(here);
    here
}

async fn fetch_page(
    project: String,
    kind: DatasetKind,
    filter: EntryFilter,
    offset: u64,
) -> Result<EntriesPage, ApiError> {
    let asked_at = autosave::asking();
    let mut page = api::labelling::entries(project.clone(), kind, filter, offset, PAGE).await?;
    autosave::overlay(&project, kind, &mut page.entries, asked_at);
    Ok(page)
}

/// Looks again when something changed elsewhere.
fn follow(here: Here) {
    // Effects run in the browser only.
    Effect::new(autosave::take_over);
    // Entries come in while the dataset is being read from the cloud. Its first answer counts too: the
    // page of entries, asked for at the same time, may have been read before there were any.
    let read =
        Memo::new(move |_| here.labelling.data.with(|view| view.as_ref().map(|view| (view.loading, view.total))));
    Effect::new(move |before: Option<Option<(bool, u64)>>| {
        let now = read.get();
        if now.is_some() && before.flatten() != now {
            here.entries.refresh();
        }
        now
    });
    // A draft that arrived changes the counts.
    let saves = autosave::state();
    let saved = Memo::new(move |_| saves.with(|state| state.saved));
    Effect::new(move |before: Option<u32>| {
        let now = saved.get();
        if before.is_some_and(|before| before != now) {
            here.labelling.refresh();
        }
        now
    });
    // What was sent to the cloud is no draft any more.
    Effect::new(move |before: Option<bool>| {
        let now = here.sending.get();
        if before == Some(true) && !now {
            here.labelling.refresh();
            here.entries.refresh();
            here.project.view.refresh();
        }
        now
    });
    // Another dataset or filter shows other images.
    Effect::new(move |before: Option<()>| {
        here.kind.track();
        here.filter.track();
        if before.is_some() {
            here.deselect();
        }
    });
    // One image taken out of the selection, or another page: everything is selected no more.
    Effect::new(move |before: Option<(usize, u64)>| {
        let now = (here.selected.with(BTreeSet::len), here.page.get());
        if before.is_some_and(|before| before != now) {
            here.everything.set(false);
        }
        now
    });
}

impl Here {
    /// Names an image for the queue.
    pub fn key(self, source: S3Uri) -> Key {
        Key { project: self.project.name_untracked(), kind: self.kind.get_untracked(), source }
    }

    /// Keeps what a person said of an image: at once on the page, soon on the server.
    pub fn edit(self, source: &S3Uri, base: u64, annotation: Annotation) {
        self.entries.data.update(|page| {
            let entries = page.iter_mut().flat_map(|page| &mut page.entries);
            for entry in entries.filter(|entry| entry.source == *source) {
                entry.annotation = annotation.clone();
                entry.unsaved = true;
            }
        });
        autosave::edit(self.key(source.clone()), annotation, base);
    }

    /// Selects nothing.
    pub fn deselect(self) {
        self.selected.update(BTreeSet::clear);
        self.everything.set(false);
    }

    /// How many images are selected. Tracked.
    pub fn count_selected(self) -> u64 {
        if self.everything.get() {
            return self.entries.data.with(|page| page.as_ref().map_or(0, |page| page.matching));
        }
        self.selected.with(|selected| u64::try_from(selected.len()).unwrap_or(u64::MAX))
    }

    /// Changes every selected image. Those of this page change at once and are saved by themselves, everything that
    /// matches the filter by the server.
    pub fn change_selected(self, change: BulkChange) {
        if self.everything.get_untracked() {
            self.change_many(self.filter.get_untracked(), change);
            return;
        }
        let chosen: Vec<EntryView> = self.selected.with_untracked(|selected| {
            self.entries.data.with_untracked(|page| {
                let entries = page.iter().flat_map(|page| &page.entries);
                entries.filter(|entry| selected.contains(&entry.source)).cloned().collect()
            })
        });
        // What was selected on another page is not at hand here.
        if chosen.len() < self.selected.with_untracked(BTreeSet::len) {
            let sources = self.selected.with_untracked(|selected| selected.iter().cloned().collect());
            self.send(EntryFilter::default(), Some(sources), change);
            return;
        }
        for entry in chosen {
            if let Some(annotation) = change.applied(&entry.annotation) {
                self.edit(&entry.source, entry.revision, annotation);
            }
        }
    }

    /// Changes everything that matches a filter, on the server.
    pub fn change_many(self, filter: EntryFilter, change: BulkChange) {
        self.send(filter, None, change);
    }

    fn send(self, filter: EntryFilter, sources: Option<Vec<S3Uri>>, change: BulkChange) {
        let (project, kind) = (self.project.name_untracked(), self.kind.get_untracked());
        let (flash, lang) = (self.flash, self.lang);
        leptos::task::spawn_local(async move {
            // What was edited here comes first.
            let flushed = autosave::flush().await.map_err(ApiError);
            let done = match flushed {
                Ok(()) => api::labelling::change_many(project, kind, filter, sources, change).await,
                Err(error) => Err(error),
            };
            match done {
                Ok(count) => flash.say(words!(lang, labels.changed_many, count = crate::format::number(count))),
                Err(ApiError(problem)) => flash.say(problem_sentence(lang, problem.kind)),
            }
            self.entries.refresh();
            self.labelling.refresh();
            self.project.view.refresh();
        });
    }

    /// The labels in the order of their digit keys. Tracked.
    pub fn labels(self) -> Vec<String> {
        self.labelling
            .data
            .with(|view| view.iter().flat_map(|view| &view.labels).map(|label| label.name.clone()).collect())
    }

    /// The place of a label in that order. Tracked.
    pub fn place(self, label: &str) -> usize {
        self.labelling.data.with(|view| {
            view.as_ref().and_then(|view| view.labels.iter().position(|own| own.name == label)).unwrap_or(0)
        })
    }
}

/// The URL of this page with one value of its query changed: for links, so that Back leads back.
pub fn use_href(name: &'static str) -> impl Fn(Option<&str>) -> String + Copy + Send + Sync + 'static {
    let location = use_location();
    let (path, search) = (location.pathname, location.search);
    move |value| changed_url(&path.get(), &search.get(), &[(name, value)])
}

/// Changes several values of the query at once, without a new entry in the history. `Copy`.
#[derive(Clone, Copy)]
pub struct Go(Callback<String>, Memo<String>, Memo<String>);

/// Changes the query of this page.
pub fn use_go() -> Go {
    let location = use_location();
    let navigate = use_navigate();
    let go = Callback::new(move |url: String| {
        navigate(&url, NavigateOptions { replace: true, scroll: false, resolve: false, ..Default::default() });
    });
    Go(go, location.pathname, location.search)
}

impl Go {
    /// Sets these values, or takes them out.
    pub fn to(self, changes: &[(&str, Option<&str>)]) {
        self.0.run(changed_url(&self.1.get_untracked(), &self.2.get_untracked(), changes));
    }
}

fn changed_url(path: &str, search: &str, changes: &[(&str, Option<&str>)]) -> String {
    let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_owned();
    let pairs = search.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty());
    let kept = pairs.filter(|pair| changes.iter().all(|(changed, _)| *changed != name(pair))).map(str::to_owned);
    let own = changes.iter().filter_map(|(name, value)| Some(format!("{name}={}", crate::links::encode((*value)?))));
    let query = kept.chain(own).collect::<Vec<_>>().join("&");
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::changed_url;

    #[test]
    fn a_change_keeps_the_rest_of_the_query() {
        assert_eq!(changed_url("/p", "?a=1&b=2", &[("a", Some("x y")), ("c", None)]), "/p?b=2&a=x%20y");
        assert_eq!(changed_url("/p", "a=1", &[("a", None)]), "/p");
        assert_eq!(changed_url("/p", "", &[("a", Some("1"))]), "/p?a=1");
    }
}
