//! What comes in.

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

/// What points: a finger needs more room than a mouse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    #[default]
    Mouse,
    Pen,
    Touch,
}

/// A pointer event in view pixels, relative to the canvas's upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pointer {
    pub x: f64,
    pub y: f64,
    pub button: Button,
    pub modifiers: Modifiers,
    pub device: Device,
    /// `PointerEvent.pointerId`: tells one finger from another.
    pub id: i32,
}

impl Pointer {
    /// The mouse with its primary button and no key held.
    pub fn mouse(x: f64, y: f64) -> Self {
        let (button, modifiers) = (Button::Primary, Modifiers::default());
        Self { x, y, button, modifiers, device: Device::Mouse, id: 1 }
    }
}

/// A key by its place on the keyboard: `KeyboardEvent.code`, such as `KeyD` or `Digit1`, so that an
/// input method or another layout changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key<'a> {
    pub code: &'a str,
    pub modifiers: Modifiers,
}
