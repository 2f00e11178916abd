//! What a person said of the open image goes to the page and to the queue.

use super::desk::{Desk, marks_of};
use crate::words;
use domain::view::{Annotation, EntryView};
use editor::Marks;
use leptos::prelude::*;
use std::time::Duration;

/// A draft of so many boxes is written at each change: the service takes fewer.
const AT_ONCE: usize = 200;
/// One of more boxes is written when nothing changed for so long.
const LATE: Duration = Duration::from_millis(250);

impl Desk {
    pub(super) fn boxes_changed(self) {
        if self.machine.peek(|machine| machine.map_or(0, |machine| machine.boxes().len())) <= AT_ONCE {
            self.take_over();
            return;
        }
        let take_over = move || {
            self.late.try_set_value(None);
            self.take_over();
        };
        if let Ok(handle) = set_timeout_with_handle(take_over, LATE) {
            let before = self.late.try_update_value(|late| late.replace(handle)).flatten();
            before.iter().for_each(TimeoutHandle::clear);
        }
    }

    /// What waits to be written is written now.
    pub(super) fn take_over_now(self) {
        if let Some(late) = self.late.try_update_value(Option::take).flatten() {
            late.clear();
            self.take_over();
        }
    }

    fn take_over(self) {
        let said =
            self.machine.peek(|machine| machine.map(|machine| (machine.labelled_boxes(), machine.marks().clone())));
        if let Some((boxes, marks)) = said {
            self.annotate(|annotation| {
                annotation.boxes = (marks.no_object || !boxes.is_empty()).then_some(boxes);
                annotation.labels = marks.labels;
            });
        }
    }

    /// A closing or hidden window waits for nothing.
    pub(super) fn follow_leaving(self) {
        Effect::new(move || {
            let hidden = window_event_listener_untyped("visibilitychange", move |_| self.take_over_now());
            let closing = window_event_listener_untyped("pagehide", move |_| self.take_over_now());
            on_cleanup(move || {
                hidden.remove();
                closing.remove();
            });
        });
        on_cleanup(move || self.take_over_now());
    }

    /// "No object in this image", on and off; only where there is no box.
    pub fn toggle_no_object(self) {
        if self.machine.peek(|machine| machine.is_some_and(|machine| !machine.boxes().is_empty())) {
            self.flash.say(words!(self.lang, labels.no_object_boxes));
            return;
        }
        let none = self.mark(|marks| marks.no_object = !marks.no_object).no_object;
        let said = if none { words!(self.lang, labels.say_no_object) } else { words!(self.lang, labels.say_object) };
        self.said.set(said);
    }

    /// An image label, on and off.
    pub fn toggle_image_label(self, label: &str) {
        let given = self.mark(|marks| {
            let before = marks.labels.len();
            marks.labels.retain(|own| own != label);
            if marks.labels.len() == before {
                marks.labels.push(label.to_owned());
            }
        });
        self.say_image_labels(&given.labels);
        self.image_labels.set(given.labels);
    }

    /// The image label at this place of the list, on and off.
    pub(super) fn toggle_image_label_at(self, at: usize) {
        if let Some(label) = untrack(|| self.here.labels()).get(at) {
            self.toggle_image_label(label);
        }
    }

    /// Gives the image labels that were given last.
    pub(super) fn repeat_image_labels(self) {
        let last = self.image_labels.get_untracked();
        if last.is_empty() {
            self.flash.say(words!(self.lang, labels.nothing_to_repeat_label));
            return;
        }
        self.mark(|marks| marks.labels.clone_from(&last));
        self.say_image_labels(&last);
    }

    /// Says something of the whole image, as a step that can be taken back; answers what is said now.
    fn mark(self, change: impl FnOnce(&mut Marks)) -> Marks {
        let said = move || {
            let told = |entry: &Option<EntryView>| entry.as_ref().map(|entry| marks_of(&entry.annotation));
            let own = self.machine.peek(|machine| machine.map(|machine| machine.marks().clone()));
            own.or_else(|| self.entry.with_untracked(told)).unwrap_or_default()
        };
        let mut marks = said();
        change(&mut marks);
        if self.machine.peek(|machine| machine.is_some()) {
            self.act(|machine| machine.mark(marks));
        } else {
            // Without the picture's size there is no editor, and nothing to take back with.
            self.annotate(|annotation| {
                let boxes = annotation.boxes.take().filter(|boxes| !boxes.is_empty());
                annotation.boxes = boxes.or_else(|| marks.no_object.then(Vec::new));
                annotation.labels = marks.labels;
            });
        }
        said()
    }

    fn say_image_labels(self, labels: &[String]) {
        self.said.set(words!(self.lang, labels.say_image_labels, labels = labels.join(", ")));
    }

    fn annotate(self, change: impl FnOnce(&mut Annotation)) {
        let changed = self.entry.try_maybe_update(|entry| {
            let Some(entry) = entry else { return (false, None) };
            change(&mut entry.annotation);
            entry.unsaved = true;
            (true, Some((entry.source.clone(), entry.revision, entry.annotation.clone())))
        });
        if let Some((source, revision, annotation)) = changed.flatten() {
            self.here.edit(&source, revision, annotation);
        }
    }
}
