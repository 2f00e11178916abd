use super::*;
use crate::input::Device;
use crate::raster::Rgba;
use crate::sheet::Sheet;
use proptest::prelude::*;

/// Anything that a hand can do.
#[derive(Clone, Debug)]
enum Deed {
    Down(f64, f64, u8),
    Move(f64, f64),
    Up(f64, f64),
    Finger(u8, i32, f64, f64),
    Cancel,
    Leave,
    Wheel(f64, f64, f64),
    Key(&'static str, u8),
    KeyUp(&'static str),
    Paste(f64, f64),
    Suggest(f64, f64),
    Mark(bool, bool),
}

const CODES: [&str; 24] = [
    "Delete",
    "KeyB",
    "KeyD",
    "KeyA",
    "KeyE",
    "KeyL",
    "KeyH",
    "KeyZ",
    "KeyY",
    "KeyF",
    "KeyX",
    "KeyR",
    "Space",
    "Tab",
    "Escape",
    "Digit1",
    "Numpad2",
    "Digit0",
    "ArrowLeft",
    "ArrowRight",
    "ArrowUp",
    "ArrowDown",
    "Equal",
    "Minus",
];

fn deed() -> impl Strategy<Value = Deed> {
    let (x, y) = (|| -50.0..700.0_f64, || -50.0..550.0_f64);
    prop_oneof![
        4 => (x(), y(), 0_u8..8).prop_map(|(x, y, held)| Deed::Down(x, y, held)),
        4 => (x(), y()).prop_map(|(x, y)| Deed::Move(x, y)),
        4 => (x(), y()).prop_map(|(x, y)| Deed::Up(x, y)),
        3 => (0_u8..3, 2..5_i32, x(), y()).prop_map(|(what, id, x, y)| Deed::Finger(what, id, x, y)),
        1 => Just(Deed::Cancel),
        1 => Just(Deed::Leave),
        1 => (x(), y(), -900.0..900.0_f64).prop_map(|(x, y, delta)| Deed::Wheel(x, y, delta)),
        6 => (prop::sample::select(&CODES[..]), 0_u8..4).prop_map(|(code, held)| Deed::Key(code, held)),
        2 => prop::sample::select(&CODES[..]).prop_map(Deed::KeyUp),
        1 => (x(), y()).prop_map(|(x, y)| Deed::Paste(x, y)),
        1 => (x(), y()).prop_map(|(x, y)| Deed::Suggest(x, y)),
        1 => any::<(bool, bool)>().prop_map(|(label, none)| Deed::Mark(label, none)),
    ]
}

fn held(bits: u8) -> Modifiers {
    Modifiers { ctrl: bits & 1 > 0, shift: bits & 2 > 0, alt: bits & 4 > 0 }
}

fn does(editor: &mut Editor, deed: &Deed) -> Effects {
    let one = |x: f64, y: f64| LabelledBox { label: "bird".to_owned(), area: area(x, y, 33.3, 44.4) };
    match *deed {
        Deed::Down(x, y, bits) => editor.pointer_down(Pointer { modifiers: held(bits), ..at(x, y) }),
        Deed::Move(x, y) => editor.pointer_move(at(x, y)),
        Deed::Up(x, y) => editor.pointer_up(at(x, y)),
        Deed::Finger(what, id, x, y) => {
            let at = Pointer { device: Device::Touch, id, ..at(x, y) };
            match what {
                0 => editor.pointer_down(at),
                1 => editor.pointer_move(at),
                _ => editor.pointer_up(at),
            }
        }
        Deed::Cancel => editor.pointer_cancel(),
        Deed::Leave => editor.pointer_leave(),
        Deed::Wheel(x, y, delta) => editor.wheel(x, y, delta),
        Deed::Key(code, bits) => editor.key_down(Key { code, modifiers: held(bits) }),
        Deed::KeyUp(code) => editor.key_up(Key { code, modifiers: Modifiers::default() }),
        Deed::Paste(x, y) => editor.add_boxes(&[one(x, y), one(y, x)]),
        Deed::Suggest(x, y) => editor.set_suggestions(&[one(x, y)]),
        Deed::Mark(label, no_object) => {
            let labels = if label { vec!["cat".to_owned()] } else { Vec::new() };
            editor.mark(Marks { labels, no_object })
        }
    }
}

const PALETTE: [(Rgba, Rgba); 3] =
    [([255, 0, 0, 255], [0, 0, 0, 191]), ([0, 255, 0, 255], [255, 255, 255, 191]), ([0, 0, 255, 255], [0, 0, 0, 191])];

/// A sheet with its pixels, mended as a page does it.
struct Shown {
    sheet: Sheet,
    pixels: Vec<u8>,
}

impl Shown {
    fn new(editor: &Editor) -> Self {
        let mut sheet = Sheet::begin(editor, 1.0);
        let pixels = sheet.go_on(editor, &PALETTE, || false).unwrap().bytes().to_vec();
        Self { sheet, pixels }
    }

    fn mend(&mut self, editor: &Editor) {
        let Some(parts) = self.sheet.mend(editor, &PALETTE) else { return *self = Self::new(editor) };
        let across = self.sheet.size().0 as usize;
        for part in parts {
            for (row, bytes) in part.bytes().chunks(part.width() * 4).enumerate() {
                let start = ((part.cells().top as usize + row) * across + part.cells().left as usize) * 4;
                self.pixels[start..start + bytes.len()].copy_from_slice(bytes);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_sheet_mended_after_each_deed_shows_what_a_new_one_would(deeds in prop::collection::vec(deed(), 1..40)) {
        let mut editor = editor();
        let mut shown = Shown::new(&editor);
        let view = *editor.viewport();
        for deed in &deeds {
            does(&mut editor, deed);
            shown.mend(&editor);
            prop_assert!(shown.sheet.is_current(&editor));
        }
        editor.viewport = view;
        prop_assert!(shown.pixels == Shown::new(&editor).pixels, "the sheet shows something else");
    }
}

proptest! {
    #[test]
    fn whatever_a_hand_does_the_boxes_stay_sound_and_every_change_can_be_undone(
        deeds in prop::collection::vec(deed(), 1..120)
    ) {
        let mut editor = editor();
        for deed in &deeds {
            let before = (editor.labelled_boxes(), editor.marks().clone());
            let ready = !editor.is_busy();
            let effects = does(&mut editor, deed);
            check(&editor);
            if ready && !editor.is_busy() && !effects.changed {
                prop_assert_eq!(before, (editor.labelled_boxes(), editor.marks().clone()), "changed unsaid by {:?}", deed);
            }
        }
        editor.pointer_cancel();
        editor.key_down(Key { code: "Escape", modifiers: Modifiers::default() });
        check(&editor);
        let end = (editor.labelled_boxes(), editor.marks().clone());
        let mut steps = 0;
        while editor.can_undo() {
            editor.undo();
            check(&editor);
            steps += 1;
        }
        prop_assert!(editor.boxes().is_empty() && *editor.marks() == Marks::default());
        for _ in 0..steps {
            editor.redo();
            check(&editor);
        }
        prop_assert_eq!((editor.labelled_boxes(), editor.marks().clone()), end);
    }

    #[test]
    fn the_transforms_are_inverse(x in -1e4..1e4_f64, y in -1e4..1e4_f64, wheel in -2000.0..2000.0_f64) {
        let mut editor = editor();
        editor.wheel(300.0, 200.0, wheel);
        let (vx, vy) = editor.viewport().view_from_image(x, y);
        let (ix, iy) = editor.viewport().image_from_view(vx, vy);
        prop_assert!((ix - x).abs() < 1e-6 && (iy - y).abs() < 1e-6);
    }

    #[test]
    fn the_wheel_keeps_what_is_under_the_pointer(x in 0.0..664.0_f64, y in 0.0..504.0_f64, delta in -400.0..400.0_f64) {
        let mut editor = editor();
        let before = editor.viewport().image_from_view(x, y);
        editor.wheel(x, y, delta);
        let after = editor.viewport().image_from_view(x, y);
        prop_assert!((before.0 - after.0).abs() < 1e-6 && (before.1 - after.1).abs() < 1e-6);
    }

    #[test]
    fn undoing_everything_gives_the_start_and_redoing_the_end(
        drags in prop::collection::vec((0.0..640.0_f64, 0.0..480.0_f64, 0.0..640.0_f64, 0.0..480.0_f64, 0_u8..8), 1..30)
    ) {
        let mut editor = editor();
        for (x0, y0, x1, y1, what) in drags {
            drag(&mut editor, (x0, y0), (x1, y1));
            match what {
                0 => { key(&mut editor, "Delete", false, false); }
                1 => { key(&mut editor, "Digit2", false, false); }
                2 => { key(&mut editor, "ArrowUp", false, true); }
                3 => { editor.select(None); }
                _ => {}
            }
        }
        let end = editor.labelled_boxes();
        let mut steps = 0;
        while editor.can_undo() {
            editor.undo();
            check(&editor);
            steps += 1;
        }
        prop_assert!(editor.boxes().is_empty());
        for _ in 0..steps {
            editor.redo();
            check(&editor);
        }
        prop_assert_eq!(editor.labelled_boxes(), end);
        prop_assert!(!editor.can_redo());
    }
}

#[test]
fn a_dragged_box_goes_back_when_a_paste_takes_the_selection() {
    let mut editor = editor();
    does(&mut editor, &Deed::Down(100.0, 100.0, 0));
    does(&mut editor, &Deed::Up(200.0, 200.0));
    let drawn = editor.boxes()[0];
    let mut shown = Shown::new(&editor);
    for deed in [Deed::Down(200.0, 200.0, 0), Deed::Move(300.0, 300.0), Deed::Paste(0.0, 0.0), Deed::Move(350.0, 350.0)]
    {
        does(&mut editor, &deed);
        shown.mend(&editor);
    }
    assert_eq!(editor.boxes()[0], drawn);
    assert!(!editor.is_selected(drawn.id) && !editor.is_busy());
    assert!(shown.pixels == Shown::new(&editor).pixels);
}
