//! The editor of the open image as the page sees it. A pan tells the canvas only, not every line of the lists: each
//! part of the editor has a trigger of its own.

use editor::{Editor, Effects};
use leptos::prelude::*;
use leptos::reactive::signal::Trigger;

/// What of the editor is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Anything that the canvas shows: view, pointer, boxes that move.
    Frame,
    /// The boxes, once a change is done.
    Boxes,
    Selection,
    /// The labels and which one is current.
    Labels,
    Suggestions,
    /// Whether there is an editor at all.
    There,
}

/// The editor, or none until image and size are known. `Copy`.
#[derive(Clone, Copy)]
pub struct Machine {
    editor: StoredValue<Option<Editor>>,
    triggers: [Trigger; 6],
}

/// What tells that labels or suggestions changed, which no effect says.
#[derive(PartialEq)]
struct Counts {
    labels: usize,
    current: Option<usize>,
    suggestions: usize,
}

impl Counts {
    fn of(editor: &Editor) -> Self {
        let (labels, current) = (editor.labels().len(), editor.current_label());
        Self { labels, current, suggestions: editor.suggestions().len() }
    }
}

impl Machine {
    pub fn new() -> Self {
        Self { editor: StoredValue::new(None), triggers: std::array::from_fn(|_| Trigger::new()) }
    }

    fn trigger(self, part: Part) -> Option<Trigger> {
        self.triggers.get(part as usize).copied()
    }

    fn notify(self, part: Part) {
        if let Some(trigger) = self.trigger(part) {
            trigger.notify();
        }
    }

    /// Looks at a part; tracked.
    pub fn with<T>(self, part: Part, look: impl FnOnce(Option<&Editor>) -> T) -> T {
        if let Some(trigger) = self.trigger(part) {
            trigger.track();
        }
        self.peek(look)
    }

    /// Looks without being told of changes.
    pub fn peek<T>(self, look: impl FnOnce(Option<&Editor>) -> T) -> T {
        self.editor.with_value(|editor| look(editor.as_ref()))
    }

    /// Another image, or none.
    pub fn set(self, editor: Option<Editor>) {
        self.editor.set_value(editor);
        for trigger in self.triggers {
            trigger.notify();
        }
    }

    /// Takes the editor away without a word: for keeping it.
    pub fn take(self) -> Option<Editor> {
        self.editor.try_update_value(Option::take).flatten()
    }

    /// Gives an event to the editor; none where there is no editor.
    pub fn act(self, event: impl FnOnce(&mut Editor) -> Effects) -> Option<Effects> {
        let (effects, counts) = self.editor.try_update_value(|editor| {
            let editor = editor.as_mut()?;
            let before = Counts::of(editor);
            let effects = event(editor);
            let after = Counts::of(editor);
            let labels = effects.label || (before.labels, before.current) != (after.labels, after.current);
            Some((effects, (labels, before.suggestions != after.suggestions)))
        })??;
        let told = [
            (Part::Boxes, effects.changed),
            (Part::Selection, effects.selection),
            (Part::Labels, counts.0),
            (Part::Suggestions, counts.1),
            (Part::Frame, effects.redraw || effects.changed || effects.selection || counts.0 || counts.1),
        ];
        for (part, _) in told.into_iter().filter(|(_, changed)| *changed) {
            self.notify(part);
        }
        Some(effects)
    }
}
