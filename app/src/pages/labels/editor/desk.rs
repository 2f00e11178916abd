//! The state of the open image: which one it is, its boxes, and what happens on a change.

use super::super::autosave;
use super::super::here::{Go, Here, use_go, use_open_image};
use super::say;
use super::suggest::Suggesting;
use crate::api;
use crate::api::ApiError;
use crate::i18n::use_lang;
use crate::links;
use crate::ui::{Flash, use_flash};
use crate::words;
use domain::geometry::ImageSize;
use domain::problem::Problem;
use domain::s3_uri::S3Uri;
use domain::view::{Annotation, EntryView, LabelledBox};
use editor::{Action, Editor, Effects, PageCommand, Preferences};
use leptos::html;
use leptos::prelude::*;
use web_sys::HtmlImageElement;

/// What the parts of the editor share. `Copy`.
#[derive(Clone, Copy)]
pub struct Desk {
    pub here: Here,
    /// The open image.
    pub source: Memo<Option<S3Uri>>,
    /// It with its annotation, kept current; none while it is fetched.
    pub entry: RwSignal<Option<EntryView>>,
    /// Why the image's annotation could not be fetched.
    pub problem: RwSignal<Option<Problem>>,
    /// None until image and size are known.
    pub machine: RwSignal<Option<Editor>>,
    pub keys_open: RwSignal<bool>,
    /// The field that searches and adds labels.
    pub label_input: NodeRef<html::Input>,
    /// The label for the next box, kept from image to image.
    label: RwSignal<Option<String>>,
    /// Keys, loupe and the way of drawing, kept in this browser.
    pub preferences: RwSignal<Preferences>,
    /// What happened last, for those who don't see it.
    pub said: RwSignal<String>,
    pub suggesting: Suggesting,
    /// The boxes of the image that was open before, for repeating them.
    previous: RwSignal<Vec<LabelledBox>>,
    /// Boxes that go on the next image that opens.
    pub(super) carried: RwSignal<Option<Vec<LabelledBox>>>,
    /// Which image to open once another page of entries is there.
    pub(super) pending: RwSignal<Option<End>>,
    pub(super) go: Go,
    pub(super) flash: Flash,
    pub(super) lang: crate::i18n::Lang,
}

/// The end of a page of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    First,
    Last,
}

/// Starts the state and follows the URL.
pub fn use_desk(here: Here) -> Desk {
    let desk = Desk {
        here,
        source: use_open_image(),
        entry: RwSignal::new(None),
        problem: RwSignal::new(None),
        machine: RwSignal::new(None),
        keys_open: RwSignal::new(false),
        label_input: NodeRef::new(),
        label: RwSignal::new(None),
        preferences: RwSignal::new(super::preferences::kept()),
        said: RwSignal::default(),
        suggesting: Suggesting::new(),
        previous: RwSignal::default(),
        carried: RwSignal::new(None),
        pending: RwSignal::new(None),
        go: use_go(),
        flash: use_flash(),
        lang: use_lang(),
    };
    desk.follow_source();
    desk.follow_entries();
    desk.follow_annotation();
    desk.follow_labels();
    desk.preload();
    desk.follow_preferences();
    desk.follow_suggesting();
    desk
}

impl Desk {
    /// Takes the open image from the page of entries, or fetches it.
    fn follow_source(self) {
        Effect::new(move || {
            let left = self.machine.with_untracked(|machine| machine.as_ref().map(Editor::labelled_boxes));
            if let Some(boxes) = left.filter(|boxes| !boxes.is_empty()) {
                self.previous.set(boxes);
            }
            self.machine.set(None);
            self.problem.set(None);
            let Some(source) = self.source.get() else { return self.entry.set(None) };
            let known = self.here.entries.data.with_untracked(|page| {
                page.as_ref().and_then(|page| page.entries.iter().find(|entry| entry.source == source).cloned())
            });
            self.entry.set(known.clone());
            if known.is_some() {
                return;
            }
            let (project, kind) = (self.here.project.name_untracked(), self.here.kind.get_untracked());
            leptos::task::spawn_local(async move {
                let asked_at = autosave::asking();
                let answer = api::labelling::entry(project.clone(), kind, source.clone()).await;
                if self.source.try_get_untracked().flatten() != Some(source) {
                    return;
                }
                match answer {
                    Ok(mut entry) => {
                        autosave::overlay(&project, kind, std::slice::from_mut(&mut entry), asked_at);
                        self.entry.set(Some(entry));
                    }
                    Err(ApiError(problem)) => self.problem.set(Some(problem)),
                }
            });
        });
    }

    /// Takes over what the server says of the open image: another window changed it, or drafts were discarded.
    fn follow_annotation(self) {
        Effect::new(move || {
            let source = self.source.get_untracked();
            let told = self.here.entries.data.with(|page| {
                page.as_ref()
                    .and_then(|page| page.entries.iter().find(|entry| Some(&entry.source) == source.as_ref()).cloned())
            });
            let Some(told) = told else { return };
            let differs = |own: &EntryView| own.source == told.source && own.annotation != told.annotation;
            if !self.entry.with_untracked(|own| own.as_ref().is_some_and(differs)) {
                return;
            }
            self.entry.set(Some(told));
            let shown = self.machine.with_untracked(|machine| {
                machine.as_ref().map(|machine| (machine.image(), (machine.viewport().width, machine.viewport().height)))
            });
            if let Some((size, view)) = shown {
                self.start(size, view);
            }
        });
    }

    /// Opens the first or last image of a page that was waited for.
    fn follow_entries(self) {
        Effect::new(move || {
            let sources = self.here.entries.data.with(|page| {
                page.as_ref().map(|page| page.entries.iter().map(|entry| entry.source.clone()).collect::<Vec<_>>())
            });
            let (Some(sources), Some(end)) = (sources, self.pending.get_untracked()) else { return };
            self.pending.set(None);
            let open = self.source.get_untracked();
            let wanted = match end {
                End::First => sources.into_iter().find(|source| Some(source) != open.as_ref()),
                End::Last => sources.into_iter().next_back(),
            };
            match wanted {
                Some(source) => self.open(&source),
                None => self.say_last(),
            }
        });
    }

    /// Labels that were added while an image is open.
    fn follow_labels(self) {
        Effect::new(move || {
            let labels = self.here.labels();
            self.machine.try_maybe_update(|machine| {
                let Some(machine) = machine else { return (false, ()) };
                let missing: Vec<&String> = labels.iter().filter(|label| !machine.labels().contains(label)).collect();
                let current = machine.current_label();
                let any = !missing.is_empty();
                for label in missing {
                    machine.add_label(label);
                }
                if let Some(current) = current.filter(|_| any && machine.selection().is_none()) {
                    machine.choose_label(current);
                }
                (any, ())
            });
        });
    }

    /// Brings the next pictures into the browser's cache.
    fn preload(self) {
        let kept = StoredValue::new_local(Vec::<HtmlImageElement>::new());
        Effect::new(move || {
            let (at, _) = self.place();
            let Some(at) = at else { return };
            let next = self.here.entries.data.with(|page| {
                let entries = page.iter().flat_map(|page| &page.entries).skip(at + 1).take(2);
                entries.map(|entry| picture_url(&entry.source)).collect::<Vec<_>>()
            });
            let images = next.into_iter().filter_map(|url| {
                let image = HtmlImageElement::new().ok()?;
                image.set_src(&url);
                Some(image)
            });
            kept.set_value(images.collect());
        });
    }

    /// Where the open image's picture is, at its full size.
    pub fn picture(self) -> Option<String> {
        self.source.with(|source| source.as_ref().map(picture_url))
    }

    /// Starts the editor for the open image, now that its size is known. `view` is the canvas's size.
    pub fn start(self, size: ImageSize, view: (f64, f64)) {
        let Some(entry) = self.entry.get_untracked() else { return };
        let labels = untrack(|| self.here.labels());
        let boxes = entry.annotation.boxes.unwrap_or_default();
        let mut machine = Editor::new(size, labels, &boxes);
        machine.set_preferences(self.preferences.get_untracked());
        machine.resize_view(view.0, view.1);
        let kept = self.label.get_untracked();
        if let Some(at) = kept.and_then(|kept| machine.labels().iter().position(|label| *label == kept)) {
            machine.choose_label(at);
        }
        self.machine.set(Some(machine));
        if let Some(boxes) = self.carried.get_untracked() {
            self.carried.set(None);
            self.act(|machine| machine.add_boxes(&boxes));
        }
    }

    /// Gives an event to the editor and does what it asks. Answers whether the event was its own.
    pub fn act(self, event: impl FnOnce(&mut Editor) -> Effects) -> bool {
        let effects = self.machine.try_maybe_update(|machine| match machine {
            Some(machine) => {
                let effects = event(machine);
                (effects.redraw || effects.changed || effects.selection || effects.label, effects)
            }
            None => (false, Effects::default()),
        });
        let Some(effects) = effects else { return false };
        if effects.changed {
            self.boxes_changed();
        }
        if effects.label {
            let label = self.machine.with_untracked(|machine| {
                let machine = machine.as_ref()?;
                machine.labels().get(machine.current_label()?).cloned()
            });
            self.label.set(label);
        }
        if effects.limit_reached {
            self.flash.say(words!(self.lang, labels.limit, most = editor::MOST_BOXES));
        }
        if effects.needs_label {
            self.flash.say(words!(self.lang, labels.needs_label));
            self.search_labels();
        }
        if effects.preferences
            && let Some(preferences) =
                self.machine.with_untracked(|machine| machine.as_ref().map(|machine| machine.preferences().clone()))
        {
            self.preferences.set(preferences);
        }
        if let Some(said) = effects.said {
            let lang = self.lang;
            let text = self.machine.with_untracked(|machine| machine.as_ref().map(|m| say::words_for(lang, m, said)));
            self.said.set(text.unwrap_or_default());
        }
        if let Some(command) = effects.command {
            self.command(command);
        }
        effects.handled
    }

    /// What a button asks, as its key would.
    pub fn does(self, action: Action) {
        self.act(|machine| machine.act(action));
    }

    /// Keeps what a person chose, and gives it to the open image.
    fn follow_preferences(self) {
        Effect::new(move |before: Option<Preferences>| {
            let now = self.preferences.get();
            if before.is_some_and(|before| before != now) {
                super::preferences::keep(&now);
                self.machine.try_update(|machine| {
                    if let Some(machine) = machine {
                        machine.set_preferences(now.clone());
                    }
                });
            }
            now
        });
    }

    fn command(self, command: PageCommand) {
        match command {
            PageCommand::NextImage => self.next(),
            PageCommand::PreviousImage => self.previous(),
            PageCommand::DoneAndNext => self.done(),
            PageCommand::CopyToNext => self.copy_to_next(),
            PageCommand::RepeatPrevious => self.repeat_previous(),
            PageCommand::NoObject => self.toggle_no_object(),
            PageCommand::Suggest => self.toggle_suggesting(),
            PageCommand::ShowKeys => self.keys_open.update(|open| *open = !*open),
            PageCommand::SearchLabels => self.search_labels(),
            PageCommand::LeaveEditor => self.go.to(&[("image", None)]),
        }
    }

    /// Puts the boxes on the next image too, and goes there.
    fn copy_to_next(self) {
        let boxes = self.machine.with_untracked(|machine| machine.as_ref().map(Editor::boxes_to_copy));
        match boxes.filter(|boxes| !boxes.is_empty()) {
            Some(boxes) => {
                self.carried.set(Some(boxes));
                self.next();
            }
            None => self.flash.say(words!(self.lang, labels.nothing_to_copy)),
        }
    }

    /// Adds the boxes of the image that was open before.
    fn repeat_previous(self) {
        let boxes = self.previous.get_untracked();
        if boxes.is_empty() {
            self.flash.say(words!(self.lang, labels.nothing_to_repeat));
        } else {
            self.act(|machine| machine.add_boxes(&boxes));
        }
    }

    fn search_labels(self) {
        if let Some(input) = self.label_input.get_untracked() {
            let _ = input.focus();
        }
    }

    /// A label was added or found by its name: the next box gets it, the selected one too.
    pub fn use_label(self, name: &str) {
        self.act(|machine| {
            let added = machine.add_label(name);
            match machine.labels().iter().position(|label| label == name) {
                Some(at) => added.and(machine.choose_label(at)),
                None => added,
            }
        });
    }

    fn boxes_changed(self) {
        let Some(boxes) = self.machine.with_untracked(|machine| machine.as_ref().map(Editor::labelled_boxes)) else {
            return;
        };
        self.annotate(|annotation| annotation.boxes = (!boxes.is_empty()).then_some(boxes));
    }

    /// "No object in this image", on and off; only where there is no box.
    pub fn toggle_no_object(self) {
        let has_boxes =
            self.machine.with_untracked(|machine| machine.as_ref().is_some_and(|machine| !machine.boxes().is_empty()));
        if !has_boxes {
            self.annotate(|annotation| annotation.boxes = annotation.boxes.is_none().then(Vec::new));
        }
    }

    /// An image label, on and off.
    pub fn toggle_image_label(self, label: &str) {
        self.annotate(|annotation| {
            let before = annotation.labels.len();
            annotation.labels.retain(|own| own != label);
            if annotation.labels.len() == before {
                annotation.labels.push(label.to_owned());
            }
        });
    }

    fn annotate(self, change: impl FnOnce(&mut Annotation)) {
        let Some(mut entry) = self.entry.get_untracked() else { return };
        change(&mut entry.annotation);
        entry.unsaved = true;
        self.here.edit(&entry.source, entry.revision, entry.annotation.clone());
        self.entry.set(Some(entry));
    }

    /// The open image's place on the page of entries, and how many match the filter. Tracked.
    pub fn place(self) -> (Option<usize>, u64) {
        let source = self.source.get();
        self.here.entries.data.with(|page| {
            let Some(page) = page else { return (None, 0) };
            let at = page.entries.iter().position(|entry| Some(&entry.source) == source.as_ref());
            (at, page.matching)
        })
    }
}

fn picture_url(source: &S3Uri) -> String {
    links::preview(&source.bucket, &source.key, 0)
}
