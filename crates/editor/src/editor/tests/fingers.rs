//! Touch and pen.

use super::*;
use crate::input::Device;

fn finger(id: i32, x: f64, y: f64) -> Pointer {
    Pointer { device: Device::Touch, id, ..at(x, y) }
}

#[test]
fn one_finger_draws() {
    let mut editor = editor();
    editor.pointer_down(finger(2, 100.0, 100.0));
    editor.pointer_move(finger(2, 150.0, 150.0));
    editor.pointer_up(finger(2, 200.0, 180.0));
    check(&editor);
    assert_eq!(editor.boxes()[0].area, area(100.0, 100.0, 100.0, 80.0));
    assert_eq!(editor.hover(), None);
}

#[test]
fn two_fingers_zoom_about_their_middle_and_draw_nothing() {
    let mut editor = editor();
    editor.pointer_down(finger(2, 200.0, 200.0));
    editor.pointer_move(finger(2, 210.0, 200.0));
    editor.pointer_down(finger(3, 310.0, 200.0));
    editor.pointer_move(finger(2, 160.0, 200.0));
    editor.pointer_move(finger(3, 360.0, 200.0));
    check(&editor);
    assert!((editor.viewport().scale - 2.0).abs() < 1e-9);
    let (x, y) = editor.viewport().image_from_view(272.0, 212.0);
    assert!((x - 260.0).abs() < 1e-9 && (y - 200.0).abs() < 1e-9, "the middle stays: {x}, {y}");
    editor.pointer_up(finger(2, 160.0, 200.0));
    editor.pointer_move(finger(3, 400.0, 240.0));
    editor.pointer_up(finger(3, 400.0, 240.0));
    assert_eq!((editor.boxes().len(), editor.drawing()), (0, None));
    // The next finger draws again.
    editor.fit();
    editor.pointer_down(finger(4, 10.0, 10.0));
    editor.pointer_up(finger(4, 60.0, 60.0));
    assert_eq!(editor.boxes().len(), 1);
}

#[test]
fn a_second_finger_takes_back_the_move_that_the_first_began() {
    let mut editor = editor();
    drag(&mut editor, (100.0, 100.0), (200.0, 200.0));
    editor.pointer_down(finger(2, 150.0, 150.0));
    editor.pointer_move(finger(2, 180.0, 150.0));
    editor.pointer_down(finger(3, 300.0, 300.0));
    assert_eq!(editor.boxes()[0].area, area(100.0, 100.0, 100.0, 100.0));
}

#[test]
fn a_finger_reaches_a_handle_that_a_mouse_would_miss() {
    let mut editor = editor();
    drag(&mut editor, (100.0, 100.0), (200.0, 200.0));
    editor.pointer_down(finger(2, 214.0, 214.0));
    editor.pointer_up(finger(2, 250.0, 240.0));
    check(&editor);
    assert_eq!(editor.boxes().len(), 1);
    assert_eq!(editor.boxes()[0].area, area(100.0, 100.0, 150.0, 140.0));
}

#[test]
fn a_cancelled_touch_is_forgotten() {
    let mut editor = editor();
    editor.pointer_down(finger(2, 100.0, 100.0));
    editor.pointer_cancel();
    editor.pointer_down(finger(3, 100.0, 100.0));
    editor.pointer_up(finger(3, 200.0, 200.0));
    assert_eq!(editor.boxes().len(), 1);
}
