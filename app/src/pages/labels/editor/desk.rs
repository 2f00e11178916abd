//! The state of the open image: which one it is, its boxes, and what happens on a change.

use super::super::autosave;
use super::super::here::{Go, Here, use_go, use_open_image};
use super::kept::Kept;
use super::machine::Machine;
use super::say;
use super::suggest::Suggesting;
use crate::api;
use crate::api::ApiError;
use crate::i18n::use_lang;
use crate::links;
use crate::pages::picture::Pictures;
use crate::ui::{Flash, use_flash};
use crate::words;
use domain::geometry::ImageSize;
use domain::problem::Problem;
use domain::s3_uri::S3Uri;
use domain::view::{Annotation, EntryView, LabelledBox};
use editor::{Action, Editor, Effects, Marks, PageCommand, Preferences};
use leptos::html;
use leptos::prelude::*;
use web_sys::FocusOptions;

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
    pub machine: Machine,
    /// Editors of images that were open before, with what can be undone there.
    kept: StoredValue<Kept>,
    /// Pictures that are here already: of images before and after the open one too.
    pub pictures: Pictures,
    pub keys_open: RwSignal<bool>,
    pub canvas: NodeRef<html::Canvas>,
    /// The canvas's left and top in the window, and when they were asked for.
    pub(super) corner: StoredValue<Option<(f64, f64, i64)>>,
    /// The field that searches and adds labels.
    pub label_input: NodeRef<html::Input>,
    /// The label for the next box, kept from image to image.
    label: RwSignal<Option<String>>,
    /// The image labels that were given last, for giving them again.
    pub(super) image_labels: RwSignal<Vec<String>>,
    /// The change of very many boxes that the draft does not have yet.
    pub(super) late: StoredValue<Option<TimeoutHandle>>,
    /// Keys, loupe and the way of drawing, kept in this browser.
    pub preferences: RwSignal<Preferences>,
    /// What happened last, for those who don't see it.
    pub(super) said: RwSignal<String>,
    pub suggesting: Suggesting,
    /// The boxes of the image that was open before, for repeating them.
    previous: RwSignal<Vec<LabelledBox>>,
    /// Boxes that go on the next image that opens.
    pub(super) carried: RwSignal<Option<Vec<LabelledBox>>>,
    /// Which image to open once another page of entries is there.
    pub(super) pending: RwSignal<Option<End>>,
    /// The first image of the next page of entries, near the end of this one.
    pub(super) ahead: RwSignal<Option<EntryView>>,
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
        machine: Machine::new(),
        kept: StoredValue::default(),
        pictures: Pictures::new(),
        keys_open: RwSignal::new(false),
        canvas: NodeRef::new(),
        corner: StoredValue::new(None),
        label_input: NodeRef::new(),
        label: RwSignal::new(None),
        image_labels: RwSignal::default(),
        late: StoredValue::new(None),
        preferences: RwSignal::new(super::preferences::kept()),
        said: RwSignal::default(),
        suggesting: Suggesting::new(),
        previous: RwSignal::default(),
        carried: RwSignal::new(None),
        pending: RwSignal::new(None),
        ahead: RwSignal::new(None),
        go: use_go(),
        flash: use_flash(),
        lang: use_lang(),
    };
    desk.follow_source();
    desk.follow_entries();
    desk.follow_annotation();
    desk.follow_labels();
    desk.prefetch();
    desk.follow_leaving();
    desk.follow_preferences();
    desk.follow_suggesting();
    desk.follow_decisions();
    desk
}

impl Desk {
    /// Takes the open image from the page of entries, or fetches it.
    fn follow_source(self) {
        Effect::new(move || {
            let source = self.source.get();
            self.leave();
            self.problem.set(None);
            let Some(source) = source else { return self.entry.set(None) };
            let known = self.here.entries.data.with_untracked(|page| {
                page.as_ref().and_then(|page| page.entries.iter().find(|entry| entry.source == source).cloned())
            });
            let known = known.or_else(|| self.beyond().filter(|entry| entry.source == source));
            let there = known.is_some();
            self.entry.set(known);
            if there {
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
            let shown = self.machine.peek(|machine| {
                machine.map(|machine| (machine.image(), (machine.viewport().width, machine.viewport().height)))
            });
            if let Some((size, view)) = shown {
                self.start(size, view);
            }
        });
    }

    /// The image is left: its boxes can be repeated, and its editor is kept with what can be undone.
    fn leave(self) {
        self.take_over_now();
        let left = self.machine.take();
        self.machine.set(None);
        let source = self.entry.with_untracked(|entry| entry.as_ref().map(|entry| entry.source.clone()));
        let (Some(editor), Some(source)) = (left, source) else { return };
        if !editor.boxes().is_empty() {
            self.previous.set(editor.labelled_boxes());
        }
        self.kept.update_value(|kept| kept.put(source, editor));
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
            self.machine.act(|machine| {
                let missing: Vec<&String> = labels.iter().filter(|label| !machine.labels().contains(label)).collect();
                let current = machine.current_label();
                let mut effects = Effects::default();
                for label in missing {
                    effects = effects.and(machine.add_label(label));
                }
                match current.filter(|_| effects.label && machine.selection().is_none()) {
                    Some(current) => effects.and(machine.choose_label(current)),
                    None => effects,
                }
            });
        });
    }

    /// Where the open image's picture is, at its full size.
    pub fn picture(self) -> Option<String> {
        self.source.with(|source| source.as_ref().map(picture_url))
    }

    /// Starts the editor for the open image, now that its size is known. `view` is the canvas's size.
    pub fn start(self, size: ImageSize, view: (f64, f64)) {
        let Some((source, boxes, marks)) = self.entry.with_untracked(|entry| {
            let entry = entry.as_ref()?;
            let boxes = entry.annotation.boxes.clone().unwrap_or_default();
            Some((entry.source.clone(), boxes, marks_of(&entry.annotation)))
        }) else {
            return;
        };
        let labels = untrack(|| self.here.labels());
        let known = self.kept.try_update_value(|kept| kept.take(&source, size, &labels, &boxes, &marks)).flatten();
        let mut machine = known.unwrap_or_else(|| Editor::new(size, labels, &boxes).with_marks(marks));
        machine.set_preferences(self.preferences.get_untracked());
        machine.resize_view(view.0, view.1);
        let kept = self.label.get_untracked();
        if let Some(at) = kept.and_then(|kept| machine.labels().iter().position(|label| *label == kept)) {
            machine.choose_label(at);
        }
        self.machine.set(Some(machine));
        self.show_kept();
        if let Some(boxes) = self.carried.get_untracked() {
            self.carried.set(None);
            self.act(|machine| machine.add_boxes(&boxes));
        }
    }

    /// Gives an event to the editor and does what it asks. Answers whether the event was its own.
    pub fn act(self, event: impl FnOnce(&mut Editor) -> Effects) -> bool {
        let Some(effects) = self.machine.act(event) else { return false };
        if effects.changed {
            self.boxes_changed();
        }
        if effects.label {
            let label = self.machine.peek(|machine| {
                let machine = machine?;
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
            && let Some(preferences) = self.machine.peek(|machine| machine.map(|machine| machine.preferences().clone()))
        {
            self.preferences.set(preferences);
        }
        if let Some(said) = effects.said {
            let lang = self.lang;
            let text = self.machine.peek(|machine| machine.map(|machine| say::words_for(lang, machine, said)));
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
                self.machine.act(|machine| machine.set_preferences(now.clone()));
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
            PageCommand::ToggleImageLabel(at) => self.toggle_image_label_at(at),
            PageCommand::RepeatImageLabels => self.repeat_image_labels(),
            PageCommand::Suggest => self.toggle_suggesting(),
            PageCommand::ShowKeys => self.keys_open.update(|open| *open = !*open),
            PageCommand::SearchLabels => self.search_labels(),
            PageCommand::LeaveEditor => self.go.to(&[("image", None)]),
        }
    }

    /// Puts the boxes on the next image too, and goes there.
    fn copy_to_next(self) {
        let boxes = self.machine.peek(|machine| machine.map(Editor::boxes_to_copy));
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

    /// The keys are the editor's, whatever was pressed before.
    pub fn focus_canvas(self) {
        if let Some(canvas) = self.canvas.get_untracked() {
            // Scrolled to under the hand, the picture would slide away below the pointer.
            let still = FocusOptions::new();
            still.set_prevent_scroll(true);
            let _ = canvas.focus_with_options(&still);
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

/// What an annotation says of the whole image.
pub(super) fn marks_of(annotation: &Annotation) -> Marks {
    let no_object = annotation.boxes.as_ref().is_some_and(Vec::is_empty);
    Marks { labels: annotation.labels.clone(), no_object }
}

pub(super) fn picture_url(source: &S3Uri) -> String {
    links::preview(&source.bucket, &source.key, 0)
}
