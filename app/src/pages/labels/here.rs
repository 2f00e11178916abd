//! What the parts of the labels page share.

use super::autosave::{self, Key};
use super::decided;
use super::places::Places;
use super::windows::Windows;
use crate::api;
use crate::api::ApiError;
use crate::i18n::{Lang, use_lang};
use crate::ui::{
    Flash, Polled, ProjectContext, problem_sentence, use_fetched, use_flash, use_jobs, use_polled_by, use_project,
    use_query,
};
use crate::words;
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::status::DatasetKind;
use domain::view::{
    ANY_LIST, Annotation, BulkChange, ChosenLabels, EntriesPage, EntryFilter, EntrySort, EntryView, JobKind, JobState,
    LabelledBox, LabellingView, Which,
};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};

/// Images of one part of the gallery's list, and in the editor's film strip.
pub const PAGE: u64 = 60;
/// So many selected images are changed here, so that it works without the server too; more are by the server.
const MOST_CHANGED_HERE: u64 = 200;

/// What the parts of the labels page share. `Copy`.
#[derive(Clone, Copy)]
pub struct Here {
    pub project: ProjectContext,
    pub kind: Memo<DatasetKind>,
    pub labelling: Polled<LabellingView>,
    /// One page of the images that match the filter, for the editor.
    pub entries: Polled<EntriesPage>,
    /// The parts of the gallery's list that are here.
    pub windows: RwSignal<Windows>,
    /// The places in that list that the gallery shows, from the first to before the last.
    pub shown: RwSignal<(u64, u64)>,
    /// How many of them lie out of sight on either side.
    pub beside: StoredValue<u64>,
    /// The places in that list that are selected.
    pub chosen: RwSignal<Places>,
    /// What the selected images carry, when they are not all here.
    pub carried: RwSignal<Option<ChosenLabels>>,
    /// Whether something was changed since the list was made, so that it may hold what no longer matches.
    pub outdated: RwSignal<bool>,
    /// The editor's page, from 0.
    pub page: Memo<u64>,
    pub filter: Memo<EntryFilter>,
    /// Whether the project has the dataset, as far as is known.
    pub there: Memo<bool>,
    /// Whether the project's changes are being sent to the cloud.
    pub sending: Memo<bool>,
    /// Whether images of the project are being moved between its datasets.
    pub moving: Memo<bool>,
    /// Whether the first images stood in the page's HTML.
    pub from_html: bool,
    /// Counts the lists that were begun: an answer for an older one is dropped.
    round: StoredValue<u32>,
    /// The parts that are asked for.
    fetching: StoredValue<Vec<u64>>,
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

/// The orders as they stand in the URL.
pub const SORTS: [(&str, EntrySort); 4] = [
    ("name-down", EntrySort::NameDown),
    ("most-boxes", EntrySort::MostBoxes),
    ("fewest-boxes", EntrySort::FewestBoxes),
    ("changed", EntrySort::Changed),
];

fn use_filter() -> Memo<EntryFilter> {
    let (state, label, text, sort) = (use_query("state"), use_query("label"), use_query("text"), use_query("sort"));
    Memo::new(move |_| {
        let (state, sort) = (state.get(), sort.get());
        EntryFilter {
            label: label.get(),
            labelled: match state.as_deref() {
                Some("labelled") => Some(true),
                Some("unlabelled") => Some(false),
                _ => None,
            },
            errors_only: state.as_deref() == Some("errors"),
            unsaved_only: state.as_deref() == Some("unsaved"),
            suggested_only: state.as_deref() == Some("suggested"),
            text: text.get(),
            sort: SORTS.iter().find(|(name, _)| sort.as_deref() == Some(*name)).map_or(EntrySort::Name, |own| own.1),
        }
    })
}

/// The first images of a training dataset, which stand in the HTML of its page.
#[cfg(feature = "ssr")]
#[derive(Clone)]
pub struct FirstImages(EntriesPage);

#[cfg(feature = "ssr")]
impl FirstImages {
    /// Asks for them; none without a dataset or when they can't be had. The page goes without them then.
    pub async fn of(services: &services::Services, project: &str) -> Option<Self> {
        let all = EntryFilter::default();
        services.entries(project, DatasetKind::Train, &all, None, 0, PAGE).await.ok().map(Self)
    }
}

/// What the program that serves put beside the request.
#[cfg(feature = "ssr")]
fn first_images() -> Option<EntriesPage> {
    use_context::<http::request::Parts>()?.extensions.get::<FirstImages>().map(|first| first.0.clone())
}

#[cfg(not(feature = "ssr"))]
fn first_images() -> Option<EntriesPage> {
    None
}

/// Reads the query and starts to fetch.
pub fn use_here() -> Here {
    let project = use_project();
    let kind = use_kind();
    let page = use_query("page");
    let page = Memo::new(move |_| page.get().and_then(|text| text.parse::<u64>().ok()).unwrap_or(1).saturating_sub(1));
    let filter = use_filter();
    let there = use_there(project, kind);
    let labelling = use_polled_by(
        move || {
            let (project, kind, there) = (project.name(), kind.get(), there.get());
            async move {
                match there {
                    true => api::labelling::labelling(project, kind).await,
                    false => std::future::pending().await,
                }
            }
        },
        |view| Some(if view.is_none_or(|view| view.loading) { 800 } else { 8_000 }),
    );
    let first = SharedValue::new(first_images).into_inner();
    let from_html = first.is_some();
    let windows = RwSignal::new(first.map(Windows::of).unwrap_or_default());
    let open = use_open_image();
    let editing = Memo::new(move |_| open.with(Option::is_some));
    let asked = StoredValue::new(None);
    let entries = use_fetched(move || {
        let (project, kind, filter, page) = (project.name(), kind.get(), filter.get(), page.get());
        let question = (project.clone(), kind, filter.clone(), page, editing.get());
        // Asked again, the server is meant.
        let first = asked.try_update_value(|asked| asked.replace(question.clone()) != Some(question)).unwrap_or(true);
        let here = if first { untrack(|| windows.with(|windows| windows.page(page))) } else { None };
        let editing = editing.get_untracked();
        async move {
            match here {
                Some(page) => Ok(page),
                None if editing => fetch_page(project, kind, filter, None, page * PAGE).await,
                // The gallery has its own way.
                None => std::future::pending().await,
            }
        }
    });
    let here = Here {
        project,
        kind,
        labelling,
        entries,
        windows,
        shown: RwSignal::new((page.get_untracked() * PAGE, page.get_untracked() * PAGE + 1)),
        beside: StoredValue::new(0),
        chosen: RwSignal::default(),
        carried: RwSignal::new(None),
        outdated: RwSignal::new(false),
        page,
        filter,
        there,
        sending: runs(JobKind::SaveChanges),
        moving: runs(JobKind::MoveImages),
        from_html,
        round: StoredValue::new(0),
        fetching: StoredValue::default(),
        flash: use_flash(),
        lang: use_lang(),
    };
    follow(here);
    here
}

/// Whether the project has the dataset. While images are moved, it is away for a moment and comes back.
fn use_there(project: ProjectContext, kind: Memo<DatasetKind>) -> Memo<bool> {
    let moving = runs(JobKind::MoveImages);
    let there = Memo::new(move |_| {
        project.view.data.with(|view| {
            view.as_ref().is_some_and(|view| match kind.get() {
                DatasetKind::Train => view.train.is_some(),
                DatasetKind::Test => view.test.is_some(),
            })
        })
    });
    Memo::new(move |before: Option<&bool>| there.get() || (moving.get() && before == Some(&true)))
}

/// Whether a job of this kind runs for the project.
fn runs(kind: JobKind) -> Memo<bool> {
    let (jobs, project) = (use_jobs(), use_project());
    Memo::new(move |_| {
        let name = project.name.get();
        jobs.data.with(|jobs| {
            let mut jobs = jobs.iter().flatten();
            jobs.any(|job| job.kind == kind && job.state == JobState::Running && job.project == name)
        })
    })
}

async fn fetch_page(
    project: String,
    kind: DatasetKind,
    filter: EntryFilter,
    list: Option<u64>,
    offset: u64,
) -> Result<EntriesPage, ApiError> {
    let asked_at = autosave::asking();
    let page = api::labelling::entries(project.clone(), kind, filter, list, offset, PAGE).await?;
    let none = || ApiError(Problem::new(ProblemKind::NotFound, "no such dataset"));
    let mut page = page.ok_or_else(none)?;
    autosave::overlay(&project, kind, &mut page.entries, asked_at);
    Ok(page)
}

/// Looks again when something changed elsewhere.
fn follow(here: Here) {
    // Effects run in the browser only.
    Effect::new(autosave::take_over);
    // Another dataset or filter shows other images.
    Effect::new(move |before: Option<()>| {
        here.project.name.track();
        here.kind.track();
        here.filter.track();
        if before.is_some() {
            here.shown.set((0, 1));
        }
        untrack(|| match before.is_none() && here.from_html {
            // They may have changed since, and this list can't be selected in.
            true => here.fetch_of(0, Some(ANY_LIST)),
            false => here.list_anew(),
        });
    });
    Effect::new(move || {
        here.shown.track();
        untrack(|| here.fetch_missing());
    });
    // Entries come in while the dataset is being read from the cloud. Its first answer counts too: the
    // list, asked for at the same time, may have been made before there were any.
    let read =
        Memo::new(move |_| here.labelling.data.with(|view| view.as_ref().map(|view| (view.loading, view.total))));
    Effect::new(move |before: Option<Option<(bool, u64)>>| {
        let now = read.get();
        if let Some((loading, total)) = now.filter(|now| before.flatten() != Some(*now)) {
            untrack(|| here.grown(loading, total));
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
    // What was sent to the cloud is no draft any more; what was moved is in the other dataset.
    for job in [here.sending, here.moving] {
        Effect::new(move |before: Option<bool>| {
            let now = job.get();
            if before == Some(true) && !now {
                untrack(|| here.look_again());
                here.project.view.refresh();
            }
            now
        });
    }
    here.follow_chosen();
}

impl Here {
    /// Names an image for the queue.
    pub fn key(self, source: S3Uri) -> Key {
        Key { project: self.project.name_untracked(), kind: self.kind.get_untracked(), source }
    }

    /// Keeps what a person said of an image: at once on the page, soon on the server.
    pub fn edit(self, source: &S3Uri, base: u64, annotation: Annotation) {
        let told = |entry: &mut EntryView| {
            entry.annotation = annotation.clone();
            entry.unsaved = true;
        };
        self.everywhere(source, told);
        autosave::edit(self.key(source.clone()), annotation, base);
    }

    /// Changes an image wherever it is on this page.
    fn everywhere(self, source: &S3Uri, change: impl Fn(&mut EntryView)) {
        self.entries.data.update(|page| {
            let entries = page.iter_mut().flat_map(|page| &mut page.entries);
            entries.filter(|entry| entry.source == *source).for_each(&change);
        });
        self.windows.update(|windows| windows.entries_mut().filter(|entry| entry.source == *source).for_each(&change));
        self.outdated.set(true);
    }

    /// Whether images leave the filter's list while a person goes through it.
    pub fn shrinks(self) -> bool {
        self.filter.with_untracked(|filter| filter.labelled == Some(false) || filter.suggested_only)
    }

    /// Keeps what is left of an image's suggestions: at once on the page, soon on the server.
    pub fn leave_suggestions(self, source: &S3Uri, left: Vec<LabelledBox>) {
        self.everywhere(source, |entry| entry.suggestions = Some(left.clone()));
        decided::leave(self.key(source.clone()), left);
    }

    /// Selects nothing.
    pub fn deselect(self) {
        self.chosen.set(Places::default());
    }

    /// How many images are selected. Tracked.
    pub fn count_selected(self) -> u64 {
        self.chosen.with(Places::count)
    }

    /// Changes every selected image: few of them here, so that it needs no server, many on the server.
    pub fn change_selected(self, change: BulkChange) {
        match self.chosen_here() {
            Some(chosen) => {
                for entry in chosen {
                    if let Some(annotation) = change.applied(&entry.annotation) {
                        self.edit(&entry.source, entry.revision, annotation);
                    }
                }
            }
            None => self.change_many(self.which(), change),
        }
    }

    /// The selected images, when all of them are here and they are not too many. Tracked.
    pub fn chosen_here(self) -> Option<Vec<EntryView>> {
        self.chosen.with(|chosen| {
            let few = chosen.count() <= MOST_CHANGED_HERE;
            few.then(|| self.windows.with(|windows| chosen.iter().map(|place| windows.at(place).cloned()).collect()))?
        })
    }

    /// The selected images, as the server is told. Not tracked.
    pub fn which(self) -> Which {
        Which::Places {
            filter: self.filter.get_untracked(),
            list: self.windows.with_untracked(Windows::list).unwrap_or_default(),
            ranges: self.chosen.with_untracked(|chosen| chosen.ranges().to_vec()),
        }
    }

    /// Changes images on the server.
    pub fn change_many(self, which: Which, change: BulkChange) {
        let (project, kind) = (self.project.name_untracked(), self.kind.get_untracked());
        let (flash, lang) = (self.flash, self.lang);
        leptos::task::spawn_local(async move {
            // What was edited here comes first.
            let flushed = autosave::flush().await.map_err(ApiError);
            let done = match flushed {
                Ok(()) => api::labelling::change_many(project, kind, which, change).await,
                Err(error) => Err(error),
            };
            match done {
                Ok(count) => flash.say(words!(lang, labels.changed_many, count = crate::format::number(count))),
                Err(ApiError(problem)) => flash.say(problem_sentence(lang, problem.kind)),
            }
            self.outdated.set(true);
            self.look_again();
            self.project.view.refresh();
        });
    }

    /// What the server says now of all that is here. The list and what is selected in it stay.
    pub fn look_again(self) {
        let (from, to) = self.shown.get_untracked();
        self.windows.update_untracked(|windows| windows.forget_parts(from, to));
        self.carried.set(None);
        self.labelling.refresh();
        self.entries.refresh();
        self.round.update_value(|round| *round = round.wrapping_add(1));
        self.fetching.set_value(Vec::new());
        for part in from / PAGE..to.div_ceil(PAGE) {
            self.fetch(part);
        }
        self.ask_carried();
    }

    /// The images that match now. Nothing is selected in the new list.
    pub fn list_anew(self) {
        self.windows.set(Windows::default());
        self.deselect();
        self.outdated.set(false);
        self.round.update_value(|round| *round = round.wrapping_add(1));
        self.fetching.set_value(Vec::new());
        self.fetch_missing();
    }

    /// There are other images than before: the list grows, unless somebody selects in it.
    fn grown(self, loading: bool, total: u64) {
        let matching = self.windows.with_untracked(Windows::matching);
        let whole = self.filter.with_untracked(|filter| {
            EntryFilter { sort: filter.sort, ..EntryFilter::default() } == *filter && !loading
        });
        let known = whole && matching == Some(total);
        if known || !self.chosen.with_untracked(Places::is_empty) {
            return;
        }
        self.round.update_value(|round| *round = round.wrapping_add(1));
        self.fetching.set_value(Vec::new());
        let (from, _) = self.shown.get_untracked();
        // What is shown stays until the answer is there.
        self.fetch_of(from / PAGE, None);
    }

    /// Fetches the parts that are shown and neither here nor asked for, two at once; those beside what is in sight last.
    fn fetch_missing(self) {
        let asked = self.fetching.get_value();
        if asked.len() >= 2 {
            return;
        }
        let (from, to) = self.shown.get_untracked();
        let beside = self.beside.get_value();
        let (first, last) = (if from == 0 { 0 } else { from + beside }, to.saturating_sub(beside));
        let missing = self.windows.with_untracked(|windows| {
            let in_sight = windows.missing(first, last.max(first + 1), &asked);
            in_sight.or_else(|| if asked.is_empty() { windows.missing(from, to, &asked) } else { None })
        });
        match missing {
            Some(part) => {
                self.fetch(part);
                self.fetch_missing();
            }
            // A list without a number can't be selected in.
            None => {
                let unnumbered =
                    self.windows.with_untracked(|windows| windows.list().is_none() && windows.matching() > Some(PAGE));
                if unnumbered && asked.is_empty() {
                    self.fetch_of(from / PAGE, Some(ANY_LIST));
                }
            }
        }
    }

    fn fetch(self, part: u64) {
        let list = self.windows.with_untracked(Windows::list);
        self.fetch_of(part, list);
    }

    fn fetch_of(self, part: u64, list: Option<u64>) {
        let round = self.round.get_value();
        self.fetching.update_value(|asked| asked.push(part));
        let (project, kind) = (self.project.name_untracked(), self.kind.get_untracked());
        let filter = self.filter.get_untracked();
        leptos::task::spawn_local(async move {
            let answer = fetch_page(project, kind, filter, list, part * PAGE).await;
            if self.round.try_get_value() != Some(round) {
                return;
            }
            self.fetching.update_value(|asked| asked.retain(|own| *own != part));
            match answer {
                Ok(page) => {
                    let mut other = false;
                    self.windows.update(|windows| other = windows.take(page));
                    if other {
                        self.deselect();
                    }
                    self.fetch_missing();
                }
                // The project tells that there is no dataset.
                Err(ApiError(problem)) if problem.kind == ProblemKind::NotFound => {}
                Err(ApiError(problem)) => {
                    self.labelling.error.set(Some(problem));
                    // Again after a while: what is shown has holes.
                    crate::ui::sleep(2_000).await;
                    if self.round.try_get_value() == Some(round) {
                        self.fetch_missing();
                    }
                }
            }
        });
    }

    /// Asks what the selected images carry, when they are not all here.
    fn follow_chosen(self) {
        Effect::new(move |before: Option<()>| {
            self.chosen.track();
            if before.is_some() {
                untrack(|| {
                    self.carried.set(None);
                    self.ask_carried();
                });
            }
        });
    }

    fn ask_carried(self) {
        let Which::Places { filter, list, ranges } = self.which() else { return };
        if untrack(|| self.chosen_here()).is_some() || list == 0 {
            return;
        }
        let (project, kind) = (self.project.name_untracked(), self.kind.get_untracked());
        leptos::task::spawn_local(async move {
            // A range is selected image by image with the keys.
            crate::ui::sleep(120).await;
            let same = |here: &Self| here.chosen.try_with_untracked(|now| now.ranges() == ranges.as_slice());
            if same(&self) != Some(true) {
                return;
            }
            let answer = api::labelling::chosen_labels(project, kind, filter, list, ranges.clone()).await;
            if let Ok(carried) = answer
                && same(&self) == Some(true)
            {
                self.carried.set(Some(carried));
            }
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
    let url = use_url();
    move |value| url(&[(name, value)])
}

/// The same with several values.
pub fn use_url() -> impl Fn(&[(&str, Option<&str>)]) -> String + Copy + Send + Sync + 'static {
    let location = use_location();
    let (path, search) = (location.pathname, location.search);
    move |changes| changed_url(&path.get(), &search.get(), changes)
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
