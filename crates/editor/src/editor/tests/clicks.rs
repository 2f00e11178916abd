//! Boxes made by clicks, by keys and from suggestions.

use super::*;
use crate::effects::{PageCommand, Said};

fn click(editor: &mut Editor, x: f64, y: f64) -> Effects {
    drag(editor, (x, y), (x, y))
}

#[test]
fn two_clicks_make_a_box_and_the_second_never_takes_another_one() {
    let mut editor = editor();
    drag(&mut editor, (100.0, 100.0), (200.0, 200.0));
    assert_eq!(click(&mut editor, 300.0, 300.0).said, Some(Said::Corner));
    editor.pointer_move(at(250.0, 220.0));
    assert_eq!(editor.drawing(), Some(area(250.0, 220.0, 50.0, 80.0)));
    assert!(click(&mut editor, 150.0, 150.0).changed, "the second corner lies in another box");
    assert_eq!(editor.boxes()[1].area, area(150.0, 150.0, 150.0, 150.0));
    assert_eq!(editor.boxes()[0].area, area(100.0, 100.0, 100.0, 100.0));
}

#[test]
fn ctrl_starts_a_box_by_clicks_inside_another_one() {
    let mut editor = editor();
    drag(&mut editor, (100.0, 100.0), (300.0, 300.0));
    let ctrl = Modifiers { ctrl: true, ..Modifiers::default() };
    editor.pointer_down(Pointer { modifiers: ctrl, ..at(150.0, 150.0) });
    editor.pointer_up(Pointer { modifiers: ctrl, ..at(150.0, 150.0) });
    click(&mut editor, 200.0, 220.0);
    assert_eq!(editor.boxes()[1].area, area(150.0, 150.0, 50.0, 70.0));
}

#[test]
fn a_corner_waits_while_the_view_is_zoomed_and_panned_and_escape_drops_it() {
    let mut editor = editor();
    click(&mut editor, 100.0, 100.0);
    editor.wheel(112.0, 112.0, -300.0);
    key(&mut editor, "Space", false, false);
    drag(&mut editor, (100.0, 100.0), (160.0, 130.0));
    editor.key_up(Key { code: "Space", modifiers: Modifiers::default() });
    editor.fit();
    click(&mut editor, 200.0, 180.0);
    assert_eq!(editor.boxes()[0].area, area(100.0, 100.0, 100.0, 80.0));
    click(&mut editor, 300.0, 300.0);
    key(&mut editor, "Escape", false, false);
    click(&mut editor, 400.0, 400.0);
    assert_eq!(editor.boxes().len(), 1, "the first corner was dropped, this one is new");
    assert_eq!(editor.points(), [(400.0, 400.0)]);
}

#[test]
fn four_extreme_points_make_the_box_round_them_in_any_order() {
    let mut editor = editor();
    assert!(key(&mut editor, "KeyE", false, false).preferences);
    for (x, y) in [(150.0, 210.0), (90.0, 140.0), (130.0, 60.0)] {
        assert!(!click(&mut editor, x, y).changed);
    }
    assert_eq!(editor.points().len(), 3);
    assert!(click(&mut editor, 240.0, 155.0).changed);
    assert_eq!(editor.boxes()[0].area, area(90.0, 60.0, 150.0, 150.0));
    // A drag still makes a box, and a click on a box grabs nothing.
    drag(&mut editor, (400.0, 300.0), (450.0, 350.0));
    editor.select(None);
    click(&mut editor, 420.0, 320.0);
    assert_eq!((editor.selection(), editor.points().len(), editor.boxes().len()), (None, 1, 2));
}

#[test]
fn undo_takes_back_one_extreme_point_before_it_takes_back_a_box() {
    let mut editor = editor();
    drag(&mut editor, (100.0, 100.0), (200.0, 200.0));
    key(&mut editor, "KeyE", false, false);
    click(&mut editor, 300.0, 300.0);
    click(&mut editor, 320.0, 280.0);
    key(&mut editor, "KeyZ", true, false);
    assert_eq!((editor.points().len(), editor.boxes().len()), (1, 1));
    key(&mut editor, "KeyZ", true, false);
    assert_eq!((editor.points().len(), editor.boxes().len()), (0, 1));
    key(&mut editor, "KeyZ", true, false);
    assert_eq!(editor.boxes().len(), 0);
}

#[test]
fn keys_alone_make_move_size_and_label_a_box() {
    let mut editor = editor();
    let said = key(&mut editor, "KeyB", false, false).said;
    assert_eq!(said, Some(Said::Added(editor.boxes()[0].id)));
    let made = editor.boxes()[0].area;
    assert!((made.left + made.width / 2.0 - 320.0).abs() < 1.0 && (made.top + made.height / 2.0 - 240.0).abs() < 1.0);
    key(&mut editor, "ArrowLeft", false, true);
    key(&mut editor, "ArrowDown", true, true);
    key(&mut editor, "Digit2", false, false);
    let now = editor.boxes()[0];
    assert_eq!(now.area, area(made.left - 10.0, made.top, made.width, made.height + 10.0));
    assert_eq!(editor.labels()[now.label], "dog");
}

#[test]
fn a_new_box_lies_where_the_person_looks() {
    let mut editor = editor();
    editor.wheel(12.0, 12.0, -1000.0);
    editor.wheel(12.0, 12.0, -1000.0);
    key(&mut editor, "KeyB", false, false);
    let view = editor.viewport().view_box(&editor.boxes()[0].area);
    assert!(view.left > 0.0 && view.top > 0.0 && view.right() < 664.0 && view.bottom() < 504.0, "{view:?}");
}

#[test]
fn suggestions_are_accepted_or_dropped_one_key_each() {
    let mut editor = editor();
    drag(&mut editor, (100.0, 100.0), (200.0, 200.0));
    let found = |left: f64, label: &str| LabelledBox { label: label.to_owned(), area: area(left, 100.0, 100.0, 100.0) };
    editor.set_suggestions(&[found(104.0, "cat"), found(300.4, "bird"), found(500.0, "dog")]);
    assert_eq!(editor.suggestions().len(), 2, "the first is there already");
    assert_eq!(key(&mut editor, "KeyF", false, false).said, Some(Said::SuggestionsLeft(1)));
    assert_eq!(editor.labelled_boxes()[1], found(300.0, "bird"));
    assert!(!key(&mut editor, "KeyX", false, false).changed);
    assert_eq!((editor.boxes().len(), editor.suggestions().len()), (2, 0));
    assert!(!key(&mut editor, "KeyF", false, false).handled);
    key(&mut editor, "KeyZ", true, false);
    assert_eq!(editor.boxes().len(), 1);
}

#[test]
fn all_suggestions_are_accepted_in_one_step_as_far_as_the_limit_lets_in_or_dropped() {
    let mut editor = editor();
    let found: Vec<LabelledBox> = (0..52)
        .map(|n| LabelledBox { label: "cat".to_owned(), area: area(f64::from(n) * 11.0, 0.0, 10.0, 10.0) })
        .collect();
    editor.set_suggestions(&found[..3]);
    assert_eq!(editor.suggested_boxes(), found[..3]);
    let effects = key(&mut editor, "KeyF", false, true);
    assert!(effects.changed && !effects.limit_reached);
    assert_eq!((editor.labelled_boxes().as_slice(), editor.suggestions().len()), (&found[..3], 0));
    key(&mut editor, "KeyZ", true, false);
    assert!(editor.boxes().is_empty());

    editor.set_suggestions(&found);
    let effects = key(&mut editor, "KeyF", false, true);
    assert!(effects.changed && effects.limit_reached);
    assert_eq!((editor.boxes().len(), editor.suggestions().len()), (50, 2));
    let effects = key(&mut editor, "KeyF", false, true);
    assert!(!effects.changed && effects.limit_reached && effects.handled);
    assert!(!key(&mut editor, "KeyX", false, true).changed);
    assert_eq!((editor.boxes().len(), editor.suggestions().len()), (50, 0));
}

#[test]
fn a_changed_key_replaces_the_one_that_came_with_it() {
    let mut editor = editor();
    let mut preferences = editor.preferences().clone();
    preferences.keymap.set(crate::Action::NextImage, vec!["KeyW".parse().unwrap()]);
    editor.set_preferences(preferences);
    assert_eq!(key(&mut editor, "KeyW", false, false).command, Some(PageCommand::NextImage));
    assert_eq!(key(&mut editor, "KeyD", false, false).command, None);
}

#[test]
fn with_ctrl_the_arrows_change_the_image_only_while_no_box_is_selected() {
    let mut editor = editor();
    assert_eq!(key(&mut editor, "ArrowRight", true, false).command, Some(PageCommand::NextImage));
    drag(&mut editor, (100.0, 100.0), (200.0, 200.0));
    assert_eq!(key(&mut editor, "ArrowRight", true, false).command, None);
    assert_eq!(editor.boxes()[0].area.width, 101.0);
}
