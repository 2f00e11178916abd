//! What happened, in words for those who don't see the canvas.

use crate::i18n::Lang;
use crate::words;
use editor::{BoxId, Editor, Said};

/// The sentence for what the editor said.
pub fn words_for(lang: Lang, machine: &Editor, said: Said) -> String {
    match said {
        Said::Added(id) => words!(lang, labels.say_added, what = described(machine, id)),
        Said::AddedMany(count) => words!(lang, labels.say_added_many, count = count),
        Said::Selected(id) => words!(lang, labels.say_selected, what = described(machine, id)),
        Said::SelectedMany(count) => words!(lang, labels.say_selected_many, count = count),
        Said::Deselected => words!(lang, labels.say_deselected),
        Said::Placed(id) => words!(lang, labels.say_placed, what = described(machine, id)),
        Said::Deleted(count) => words!(lang, labels.say_deleted, count = count),
        Said::Labelled(label) => {
            words!(lang, labels.say_labelled, label = machine.labels().get(label).cloned().unwrap_or_default())
        }
        Said::Corner => words!(lang, labels.say_corner),
        Said::Points(count) => words!(lang, labels.say_points, count = count),
        Said::Undone => words!(lang, labels.say_undone, count = machine.boxes().len()),
        Said::Redone => words!(lang, labels.say_redone, count = machine.boxes().len()),
        Said::SuggestionsLeft(count) => words!(lang, labels.say_suggestions, count = count),
    }
}

/// "2 cat 10, 20 · 30 × 40": number, label, place and size in image pixels.
fn described(machine: &Editor, id: BoxId) -> String {
    let Some((at, one)) = machine.boxes().iter().enumerate().find(|(_, one)| one.id == id) else {
        return String::new();
    };
    let label = machine.labels().get(one.label).map_or("", String::as_str);
    let area = one.area;
    format!("{} {label} {:.0}, {:.0} · {:.0} × {:.0}", at + 1, area.left, area.top, area.width, area.height)
}
