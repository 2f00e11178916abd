use super::*;
mod clicks;
mod fingers;
mod laws;
mod several;

use crate::input::{Key, Modifiers};

const IMAGE: ImageSize = ImageSize { width: 640, height: 480 };

/// An editor whose view pixels are image pixels.
fn editor() -> Editor {
    let mut editor = Editor::new(IMAGE, vec!["cat".to_owned(), "dog".to_owned()], &[]);
    editor.resize_view(664.0, 504.0);
    let Viewport { scale, offset_x, offset_y, .. } = *editor.viewport();
    assert_eq!((scale, offset_x, offset_y), (1.0, 12.0, 12.0));
    editor
}

fn at(x: f64, y: f64) -> Pointer {
    Pointer::mouse(x + 12.0, y + 12.0)
}

fn drag(editor: &mut Editor, from: (f64, f64), to: (f64, f64)) -> Effects {
    editor.pointer_down(at(from.0, from.1));
    check(editor);
    editor.pointer_move(at(f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1)));
    let effects = editor.pointer_up(at(to.0, to.1));
    check(editor);
    effects
}

fn key(editor: &mut Editor, code: &str, ctrl: bool, shift: bool) -> Effects {
    let effects = editor.key_down(Key { code, modifiers: Modifiers { ctrl, shift, alt: false } });
    check(editor);
    effects
}

/// What must hold after every event.
fn check(editor: &Editor) {
    for one in editor.boxes() {
        let a = one.area;
        assert!(a.left >= 0.0 && a.top >= 0.0 && a.right() <= 640.0 && a.bottom() <= 480.0, "{a:?} leaves the image");
        assert!(one.label < editor.labels().len());
        if editor.tool == Tool::Ready {
            assert_eq!(a, a.rounded(), "not whole");
            assert!(a.width >= 1.0 && a.height >= 1.0, "{a:?} is empty");
        }
    }
    for id in editor.selected_ids() {
        assert!(editor.boxes().iter().any(|one| one.id == *id), "a box is selected that is not there");
    }
    assert!(editor.boxes().is_sorted_by(|a, b| a.id < b.id), "two boxes with one name, or out of their order");
    assert!(editor.boxes().len() <= MOST_BOXES);
    assert!(!editor.marks().no_object || editor.boxes().is_empty(), "boxes where there is no object");
}

fn area(left: f64, top: f64, width: f64, height: f64) -> PixelBox {
    PixelBox { left, top, width, height }
}

#[test]
fn a_drag_draws_a_box_with_whole_edges_and_selects_it() {
    let mut editor = editor();
    assert!(drag(&mut editor, (200.4, 180.2), (100.0, 90.0)).changed);
    assert_eq!(editor.boxes()[0].area, area(100.0, 90.0, 100.0, 90.0));
    assert_eq!(editor.selection(), Some(editor.boxes()[0].id));
}

#[test]
fn a_click_alone_makes_no_box_and_selects_the_one_under_it() {
    let mut editor = editor();
    drag(&mut editor, (100.0, 100.0), (200.0, 200.0));
    let id = editor.boxes()[0].id;
    editor.select(None);
    drag(&mut editor, (150.0, 150.0), (151.0, 151.0));
    assert_eq!((editor.boxes().len(), editor.selection()), (1, Some(id)));
    drag(&mut editor, (400.0, 300.0), (401.0, 301.0));
    assert_eq!((editor.boxes().len(), editor.selection()), (1, None));
    drag(&mut editor, (400.0, 300.0), (402.0, 300.0));
    assert_eq!(editor.boxes().len(), 1, "twice on one spot");
}

#[test]
fn drawing_over_an_unselected_box_never_grabs_it() {
    let mut editor = editor();
    drag(&mut editor, (100.0, 100.0), (300.0, 300.0));
    editor.select(None);
    drag(&mut editor, (150.0, 150.0), (250.0, 250.0));
    assert_eq!(editor.boxes().len(), 2);
    assert_eq!(editor.boxes()[0].area, area(100.0, 100.0, 200.0, 200.0));
}

#[test]
fn the_selected_box_moves_and_stops_at_the_edge() {
    let mut editor = editor();
    drag(&mut editor, (100.0, 100.0), (200.0, 200.0));
    drag(&mut editor, (150.0, 150.0), (900.0, 170.0));
    assert_eq!(editor.boxes()[0].area, area(540.0, 120.0, 100.0, 100.0));
}

#[test]
fn a_handle_resizes_across_the_other_side() {
    let mut editor = editor();
    drag(&mut editor, (100.0, 100.0), (200.0, 200.0));
    drag(&mut editor, (200.0, 150.0), (40.0, 150.0));
    assert_eq!(editor.boxes()[0].area, area(40.0, 100.0, 60.0, 100.0));
    drag(&mut editor, (40.0, 100.0), (60.0, 130.0));
    assert_eq!(editor.boxes()[0].area, area(60.0, 130.0, 40.0, 70.0));
}

#[test]
fn a_cancelled_press_leaves_nothing() {
    let mut editor = editor();
    drag(&mut editor, (100.0, 100.0), (200.0, 200.0));
    editor.pointer_down(at(150.0, 150.0));
    editor.pointer_move(at(300.0, 300.0));
    editor.pointer_cancel();
    check(&editor);
    assert_eq!(editor.boxes()[0].area, area(100.0, 100.0, 100.0, 100.0));
    editor.select(None);
    editor.pointer_down(at(300.0, 300.0));
    editor.pointer_move(at(400.0, 400.0));
    assert!(editor.drawing().is_some());
    key(&mut editor, "Escape", false, false);
    assert_eq!((editor.boxes().len(), editor.drawing()), (1, None));
}

#[test]
fn digits_choose_the_label_of_the_next_box_and_of_the_selected_one() {
    let mut editor = editor();
    key(&mut editor, "Digit2", false, false);
    drag(&mut editor, (10.0, 10.0), (50.0, 50.0));
    assert_eq!(editor.labelled_boxes()[0].label, "dog");
    assert!(key(&mut editor, "Numpad1", false, false).changed);
    assert_eq!(editor.labelled_boxes()[0].label, "cat");
    assert!(!key(&mut editor, "Digit9", false, false).handled);
}

#[test]
fn arrows_nudge_and_with_ctrl_resize() {
    let mut editor = editor();
    drag(&mut editor, (100.0, 100.0), (200.0, 200.0));
    key(&mut editor, "ArrowLeft", false, true);
    key(&mut editor, "ArrowDown", false, false);
    key(&mut editor, "ArrowRight", true, false);
    assert_eq!(editor.boxes()[0].area, area(90.0, 101.0, 101.0, 100.0));
}

#[test]
fn one_press_of_undo_takes_one_step_back() {
    let mut editor = editor();
    drag(&mut editor, (100.0, 100.0), (200.0, 200.0));
    drag(&mut editor, (150.0, 150.0), (160.0, 160.0));
    key(&mut editor, "Delete", false, false);
    assert!(editor.boxes().is_empty());
    key(&mut editor, "KeyZ", true, false);
    assert_eq!(editor.boxes()[0].area, area(110.0, 110.0, 100.0, 100.0));
    key(&mut editor, "KeyZ", true, false);
    assert_eq!(editor.boxes()[0].area, area(100.0, 100.0, 100.0, 100.0));
    key(&mut editor, "KeyZ", true, true);
    assert_eq!(editor.boxes()[0].area, area(110.0, 110.0, 100.0, 100.0));
    key(&mut editor, "KeyY", true, false);
    assert!(editor.boxes().is_empty());
    assert!(!key(&mut editor, "KeyY", true, false).changed);
}

#[test]
fn what_is_said_of_the_whole_image_is_taken_back_step_by_step_with_the_boxes() {
    let marks =
        |labels: &[&str], no_object| Marks { labels: labels.iter().map(|l| (*l).to_owned()).collect(), no_object };
    let mut editor = editor().with_marks(marks(&["old"], false));
    assert!(editor.mark(marks(&["old", "new"], false)).changed);
    assert!(!editor.mark(marks(&["old", "new"], false)).changed, "it was said already");
    assert!(editor.mark(marks(&["old", "new"], true)).changed);
    drag(&mut editor, (100.0, 100.0), (200.0, 200.0));
    assert_eq!(*editor.marks(), marks(&["old", "new"], false), "a box is an object");
    assert!(!editor.mark(marks(&["old", "new"], true)).changed, "there is a box");
    for (labels, none, boxes) in
        [(&["old", "new"][..], true, 0), (&["old", "new"][..], false, 0), (&["old"][..], false, 0)]
    {
        assert!(key(&mut editor, "KeyZ", true, false).changed);
        assert_eq!((editor.marks().clone(), editor.boxes().len()), (marks(labels, none), boxes));
    }
    assert!(!editor.can_undo());
    for _ in 0..3 {
        key(&mut editor, "KeyY", true, false);
    }
    assert_eq!((editor.marks().clone(), editor.boxes().len()), (marks(&["old", "new"], false), 1));
    key(&mut editor, "Delete", false, false);
    assert_eq!(*editor.marks(), marks(&["old", "new"], false), "that a box goes says nothing");
}

#[test]
fn the_limit_of_boxes_is_told() {
    let mut editor = editor();
    for n in 0..MOST_BOXES {
        editor.select(None);
        let x = (n % 10) as f64 * 60.0;
        let y = (n / 10) as f64 * 60.0;
        assert!(drag(&mut editor, (x, y), (x + 40.0, y + 40.0)).changed);
    }
    editor.select(None);
    assert!(drag(&mut editor, (5.0, 400.0), (50.0, 450.0)).limit_reached);
}

#[test]
fn without_a_label_a_drag_asks_for_one() {
    let mut editor = Editor::new(IMAGE, Vec::new(), &[]);
    editor.resize_view(664.0, 504.0);
    assert!(drag(&mut editor, (10.0, 10.0), (90.0, 90.0)).needs_label);
    editor.add_label("qr");
    assert!(drag(&mut editor, (10.0, 10.0), (90.0, 90.0)).changed);
}

#[test]
fn tab_goes_through_the_boxes_and_then_leaves() {
    let mut editor = editor();
    drag(&mut editor, (10.0, 10.0), (50.0, 50.0));
    drag(&mut editor, (110.0, 110.0), (150.0, 150.0));
    editor.select(None);
    assert!(key(&mut editor, "Tab", false, false).handled);
    assert_eq!(editor.selection(), Some(editor.boxes()[0].id));
    assert!(key(&mut editor, "Tab", false, false).handled);
    assert!(!key(&mut editor, "Tab", false, false).handled);
    assert_eq!(editor.selection(), None);
}

#[test]
fn a_key_that_is_held_moves_on_and_does_everything_else_once() {
    let mut editor = editor();
    let again = |editor: &mut Editor, code: &str| {
        let effects = editor.key_again(Key { code, modifiers: Modifiers::default() });
        check(editor);
        effects
    };
    key(&mut editor, "KeyB", false, false);
    assert!(!again(&mut editor, "KeyB").changed);
    let before = editor.boxes()[0].area.left;
    again(&mut editor, "ArrowRight");
    assert_eq!((editor.boxes().len(), editor.boxes()[0].area.left), (1, before + 1.0));
    assert!(!again(&mut editor, "Digit2").changed);
    assert_eq!(again(&mut editor, "KeyD").command, Some(crate::effects::PageCommand::NextImage));
    assert_eq!(again(&mut editor, "KeyN").command, None);
}

#[test]
fn new_boxes_of_the_keyboard_never_lie_on_one_another() {
    let mut editor = editor();
    for _ in 0..4 {
        key(&mut editor, "KeyB", false, false);
    }
    let areas: Vec<PixelBox> = editor.boxes().iter().map(|one| one.area).collect();
    assert!(areas.iter().enumerate().all(|(at, area)| areas.iter().skip(at + 1).all(|other| other != area)));
}

#[test]
fn shift_and_a_digit_is_an_image_label() {
    let mut editor = editor();
    let toggle = crate::effects::PageCommand::ToggleImageLabel;
    assert_eq!(key(&mut editor, "Digit2", false, true).command, Some(toggle(1)));
    assert_eq!(key(&mut editor, "Digit3", false, true).command, None);
}

#[test]
fn an_editor_at_rest_keeps_boxes_and_steps_and_nothing_else() {
    let mut editor = editor();
    drag(&mut editor, (100.0, 100.0), (200.0, 200.0));
    editor.pointer_down(at(150.0, 150.0));
    editor.pointer_move(at(250.0, 250.0));
    key(&mut editor, "KeyH", false, false);
    editor.rest();
    check(&editor);
    assert_eq!((editor.boxes()[0].area, editor.selection()), (area(100.0, 100.0, 100.0, 100.0), None));
    assert!(!editor.boxes_hidden() && !editor.is_busy());
    assert!(editor.undo().changed && editor.boxes().is_empty());
}

#[test]
fn space_pans_and_draws_nothing() {
    let mut editor = editor();
    key(&mut editor, "Space", false, false);
    drag(&mut editor, (100.0, 100.0), (150.0, 130.0));
    editor.key_up(Key { code: "Space", modifiers: Modifiers::default() });
    assert!(editor.boxes().is_empty());
    assert_eq!((editor.viewport().offset_x, editor.viewport().offset_y), (62.0, 42.0));
}
