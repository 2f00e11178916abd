//! What comes out.

use crate::editor::BoxId;

/// The shape of the pointer over the canvas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cursor {
    #[default]
    Crosshair,
    Move,
    Grab,
    Grabbing,
    ResizeEastWest,
    ResizeNorthSouth,
    ResizeNorthWestSouthEast,
    ResizeNorthEastSouthWest,
}

/// What a key asks of the page rather than of the editor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageCommand {
    NextImage,
    PreviousImage,
    /// Keep what is there and go on to the next image.
    DoneAndNext,
    /// Put the selected boxes (all, when none is) on the next image and go there.
    CopyToNext,
    /// Add the boxes of the image that was open before this one.
    RepeatPrevious,
    /// Say that there is no object on the image, or take that back.
    NoObject,
    /// Give the image a label by its place in the list, or take it away.
    ToggleImageLabel(usize),
    /// Give the image the labels that another one got last.
    RepeatImageLabels,
    /// Ask a running model for boxes.
    Suggest,
    ShowKeys,
    /// Put the cursor into the label search.
    SearchLabels,
    LeaveEditor,
}

/// What happened, for those who don't see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    Added(BoxId),
    AddedMany(usize),
    Selected(BoxId),
    SelectedMany(usize),
    Deselected,
    /// Moved or resized.
    Placed(BoxId),
    Deleted(usize),
    /// The selected boxes have this label now.
    Labelled(usize),
    /// The first corner of a box stands; the second click ends it.
    Corner,
    /// So many of the four extreme points stand.
    Points(usize),
    Undone,
    Redone,
    /// Suggestions that still wait for yes or no.
    SuggestionsLeft(usize),
}

/// What the page has to do after an event. Several events' effects can be joined by [`Effects::and`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// The event was the editor's: the browser's own action should be prevented.
    pub handled: bool,
    /// The canvas must be drawn again.
    pub redraw: bool,
    /// The boxes changed: save them.
    pub changed: bool,
    /// The selection changed.
    pub selection: bool,
    /// The current label changed.
    pub label: bool,
    /// The way of drawing or the loupe was changed: keep it for the next image.
    pub preferences: bool,
    /// A box was asked for where the limit of boxes is reached.
    pub limit_reached: bool,
    /// A box was asked for while there is no label.
    pub needs_label: bool,
    pub said: Option<Said>,
    pub command: Option<PageCommand>,
}

impl Effects {
    pub(crate) const NONE: Self = Self {
        handled: false,
        redraw: false,
        changed: false,
        selection: false,
        label: false,
        preferences: false,
        limit_reached: false,
        needs_label: false,
        said: None,
        command: None,
    };

    /// The event was the editor's and did nothing.
    pub(crate) const HANDLED: Self = Self { handled: true, ..Self::NONE };

    pub(crate) fn redraw() -> Self {
        Self { redraw: true, ..Self::HANDLED }
    }

    pub(crate) fn changed() -> Self {
        Self { changed: true, ..Self::redraw() }
    }

    pub(crate) fn command(command: PageCommand) -> Self {
        Self { command: Some(command), ..Self::HANDLED }
    }

    pub(crate) fn saying(self, said: Said) -> Self {
        Self { said: Some(said), ..self }
    }

    /// Both together; of two things said the later.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            handled: self.handled || other.handled,
            redraw: self.redraw || other.redraw,
            changed: self.changed || other.changed,
            selection: self.selection || other.selection,
            label: self.label || other.label,
            preferences: self.preferences || other.preferences,
            limit_reached: self.limit_reached || other.limit_reached,
            needs_label: self.needs_label || other.needs_label,
            said: other.said.or(self.said),
            command: self.command.or(other.command),
        }
    }
}
