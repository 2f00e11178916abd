//! What comes in and what goes out.

/// Keys held while something happens. `ctrl` is also true for Command on a Mac.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modifiers {
    pub ctrl: bool,
    pub shift: bool,
    pub alt: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    Primary,
    Middle,
    Secondary,
}

/// A pointer event in view pixels, relative to the canvas's upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pointer {
    pub x: f64,
    pub y: f64,
    pub button: Button,
    pub modifiers: Modifiers,
}

/// A key by its place on the keyboard: `KeyboardEvent.code`, such as `KeyD` or `Digit1`, so that an
/// input method or another layout changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key<'a> {
    pub code: &'a str,
    pub modifiers: Modifiers,
}

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
    ShowKeys,
    /// Put the cursor into the label search.
    SearchLabels,
    LeaveEditor,
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
    /// A box was asked for where the limit of boxes is reached.
    pub limit_reached: bool,
    /// A box was asked for while there is no label.
    pub needs_label: bool,
    pub command: Option<PageCommand>,
}

impl Effects {
    pub(crate) const NONE: Self = Self {
        handled: false,
        redraw: false,
        changed: false,
        selection: false,
        label: false,
        limit_reached: false,
        needs_label: false,
        command: None,
    };

    pub(crate) fn redraw() -> Self {
        Self { handled: true, redraw: true, ..Self::NONE }
    }

    pub(crate) fn changed() -> Self {
        Self { changed: true, ..Self::redraw() }
    }

    pub(crate) fn command(command: PageCommand) -> Self {
        Self { handled: true, command: Some(command), ..Self::NONE }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            handled: self.handled || other.handled,
            redraw: self.redraw || other.redraw,
            changed: self.changed || other.changed,
            selection: self.selection || other.selection,
            label: self.label || other.label,
            limit_reached: self.limit_reached || other.limit_reached,
            needs_label: self.needs_label || other.needs_label,
            command: self.command.or(other.command),
        }
    }
}
