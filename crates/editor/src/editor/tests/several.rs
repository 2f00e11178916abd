//! Several boxes at once.

use super::*;
use crate::effects::Said;

fn shift(editor: &mut Editor, from: (f64, f64), to: (f64, f64)) -> Effects {
    let shift = |x, y| Pointer { modifiers: Modifiers { shift: true, ..Modifiers::default() }, ..at(x, y) };
    editor.pointer_down(shift(from.0, from.1));
    editor.pointer_move(shift(to.0, to.1));
    let effects = editor.pointer_up(shift(to.0, to.1));
    check(editor);
    effects
}

/// Boxes of 50 x 50 at 10, 110 and 210.
fn three() -> Editor {
    let mut editor = editor();
    for left in [10.0, 110.0, 210.0] {
        editor.select(None);
        drag(&mut editor, (left, 10.0), (left + 50.0, 60.0));
    }
    editor.select(None);
    editor
}

fn lefts(editor: &Editor) -> Vec<f64> {
    editor.boxes().iter().map(|one| one.area.left).collect()
}

#[test]
fn shift_selects_by_click_and_by_frame_and_makes_no_box() {
    let mut editor = three();
    shift(&mut editor, (30.0, 30.0), (30.0, 30.0));
    shift(&mut editor, (100.0, 5.0), (300.0, 100.0));
    assert_eq!((editor.selected_ids().len(), editor.boxes().len()), (3, 3));
    shift(&mut editor, (130.0, 30.0), (130.0, 30.0));
    assert_eq!(editor.selected_ids().len(), 2);
    assert_eq!(key(&mut editor, "KeyA", true, false).said, Some(Said::SelectedMany(3)));
}

#[test]
fn selected_boxes_move_together_and_stop_together_at_the_edge_in_one_step() {
    let mut editor = three();
    key(&mut editor, "KeyA", true, false);
    drag(&mut editor, (130.0, 30.0), (2.0, 60.0));
    assert_eq!(lefts(&editor), [0.0, 100.0, 200.0]);
    key(&mut editor, "ArrowLeft", false, true);
    assert_eq!(lefts(&editor), [0.0, 100.0, 200.0]);
    key(&mut editor, "ArrowRight", false, true);
    assert_eq!(lefts(&editor), [10.0, 110.0, 210.0]);
    editor.undo();
    editor.undo();
    assert_eq!(lefts(&editor), [10.0, 110.0, 210.0]);
    assert_eq!(editor.boxes()[0].area.top, 10.0);
}

#[test]
fn selected_boxes_are_labelled_and_deleted_together_in_one_step() {
    let mut editor = three();
    shift(&mut editor, (100.0, 5.0), (300.0, 100.0));
    key(&mut editor, "Digit2", false, false);
    let labels = |editor: &Editor| editor.boxes().iter().map(|one| one.label).collect::<Vec<_>>();
    assert_eq!(labels(&editor), [0, 1, 1]);
    assert_eq!(key(&mut editor, "Backspace", false, false).said, Some(Said::Deleted(2)));
    assert_eq!(lefts(&editor), [10.0]);
    editor.undo();
    assert_eq!((lefts(&editor), labels(&editor)), (vec![10.0, 110.0, 210.0], vec![0, 1, 1]));
    editor.undo();
    assert_eq!(labels(&editor), [0, 0, 0]);
}

#[test]
fn deleting_from_the_middle_and_undoing_keeps_the_order() {
    let mut editor = three();
    let before = editor.labelled_boxes();
    shift(&mut editor, (30.0, 30.0), (30.0, 30.0));
    shift(&mut editor, (230.0, 30.0), (230.0, 30.0));
    editor.delete_selected();
    assert_eq!(lefts(&editor), [110.0]);
    editor.undo();
    assert_eq!(editor.labelled_boxes(), before);
    editor.redo();
    assert_eq!(lefts(&editor), [110.0]);
}

#[test]
fn a_duplicate_lies_beside_its_original_and_is_selected() {
    let mut editor = three();
    shift(&mut editor, (30.0, 30.0), (30.0, 30.0));
    assert!(key(&mut editor, "KeyD", true, false).changed);
    assert_eq!(editor.boxes()[3].area, area(20.0, 20.0, 50.0, 50.0));
    assert_eq!(editor.selected_ids(), [editor.boxes()[3].id]);
}

#[test]
fn boxes_of_another_image_come_in_one_step_once_each_and_as_many_as_may_be() {
    let mut editor = three();
    let before = editor.boxes_to_copy();
    assert_eq!(before.len(), 3);
    let mut more = before.clone();
    let other = |left: f64| LabelledBox { label: "bird".to_owned(), area: area(left, 450.0, 60.0, 60.0) };
    more.extend([other(300.0), other(300.0), other(700.0)]);
    assert!(editor.add_boxes(&more).changed);
    assert_eq!(editor.labelled_boxes()[3..], [LabelledBox { area: area(300.0, 450.0, 60.0, 30.0), ..other(0.0) }]);
    assert!(!editor.add_boxes(&before).changed);
    let many: Vec<LabelledBox> =
        (0..60).map(|n| LabelledBox { area: area(f64::from(n) * 5.0, 300.0, 20.0, 20.0), ..other(0.0) }).collect();
    let effects = editor.add_boxes(&many);
    assert!(effects.limit_reached && effects.changed);
    assert_eq!(editor.boxes().len(), MOST_BOXES);
    editor.undo();
    assert_eq!(editor.boxes().len(), 4);
}

#[test]
fn a_click_inside_the_selected_box_reaches_a_smaller_one() {
    let mut editor = editor();
    drag(&mut editor, (150.0, 150.0), (200.0, 200.0));
    editor.select(None);
    drag(&mut editor, (300.0, 300.0), (100.0, 100.0));
    assert_eq!(editor.selection(), Some(editor.boxes()[1].id));
    drag(&mut editor, (170.0, 170.0), (170.0, 170.0));
    assert_eq!(editor.selection(), Some(editor.boxes()[0].id));
}
