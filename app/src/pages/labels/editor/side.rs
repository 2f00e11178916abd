//! Labels and boxes as lists, for mouse, keys and assistive tools.

use super::desk::Desk;
use super::machine::Part;
use super::suggest::suggestions;
use crate::pages::labels::label_list::label_field;
use crate::pages::picture::Swatch;
use crate::tr;
use crate::ui::{Icon, icon};
use editor::{BoxId, ClickMode, Editor, MOST_BOXES};
use leptos::prelude::*;

/// The list mirrors so many boxes; more are no use to anybody, and the service takes fewer.
const MOST_LINES: usize = 60;

/// What stands at the right of the image.
pub fn side(desk: Desk) -> AnyView {
    view! {
        <aside class="editor-side">
            {labels(desk)}
            {suggestions(desk)}
            {boxes(desk)}
            {no_object(desk)}
            {image_labels(desk)}
        </aside>
    }
    .into_any()
}

/// The labels with their digit keys; what is typed narrows the list, Enter takes or adds it.
fn labels(desk: Desk) -> AnyView {
    let typed = RwSignal::new(String::new());
    let names = Memo::new(move |_| {
        desk.machine.with(Part::Labels, |machine| machine.map(|machine| machine.labels().to_vec()).unwrap_or_default())
    });
    let current =
        Memo::new(move |_| desk.machine.with(Part::Labels, |machine| machine.and_then(Editor::current_label)));
    let first_match = move |typed: &str| {
        let typed = typed.to_lowercase();
        names.with_untracked(|names| names.iter().find(|name| name.to_lowercase().contains(&typed)).cloned())
    };
    let enter = Memo::new(move |_| {
        let typed = typed.with(|typed| typed.trim().to_owned());
        if typed.is_empty() || names.with(|names| names.contains(&typed)) { None } else { first_match(&typed) }
    });
    let items = move || {
        let typed = typed.with(|typed| typed.trim().to_lowercase());
        names
            .get()
            .into_iter()
            .enumerate()
            .filter(|(_, name)| typed.is_empty() || name.to_lowercase().contains(&typed))
            .map(|(index, name)| {
                view! {
                    <li>
                        <button
                            type="button"
                            class="label-button"
                            aria-pressed=move || if current.get() == Some(index) { "true" } else { "false" }
                            data-label=name.clone()
                            on:click=move |_| {
                                desk.act(|machine| machine.choose_label(index));
                            }
                        >
                            <Swatch index=index with_key=true />
                            <span>{name.clone()}</span>
                        </button>
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <section>
            <h3>{tr!(labels.labels)}</h3>
            {move || names.with(Vec::is_empty).then(|| view! { <p class="small-text">{tr!(labels.needs_label)}</p> })}
            <ul class="label-buttons" data-testid="labels">{items}</ul>
            {label_field(
                desk.here,
                desk.label_input,
                typed,
                first_match,
                move |name| {
                    desk.use_label(name);
                    // The keys are the editor's again.
                    if let Some(input) = desk.label_input.get_untracked() {
                        let _ = input.blur();
                    }
                },
            )}
            {move || {
                enter.get().map(|label| view! { <p class="small-text">{tr!(labels.first_match, label = label.clone())}</p> })
            }}
        </section>
    }
    .into_any()
}

fn boxes(desk: Desk) -> AnyView {
    let list = Memo::new(move |_| {
        desk.machine.with(Part::Boxes, |machine| {
            machine.iter().flat_map(|machine| machine.boxes()).take(MOST_LINES).copied().collect::<Vec<_>>()
        })
    });
    let count = Memo::new(move |_| desk.machine.with(Part::Boxes, |machine| machine.map_or(0, |m| m.boxes().len())));
    let points = Memo::new(move |_| desk.preferences.with(|p| p.click_mode == ClickMode::Extremes));
    let hint = move || match (points.get(), count.get()) {
        (true, _) => Some(tr!(labels.extremes_on)),
        (false, 0) => Some(tr!(labels.draw_hint)),
        _ => None,
    };
    let ids = move || list.with(|list| list.iter().map(|one| one.id).collect::<Vec<_>>());
    let one = move |id: BoxId| {
        let at = Memo::new(move |_| desk.machine.with(Part::Boxes, |machine| machine.and_then(|m| m.position(id))));
        box_line(desk, id, at)
    };
    view! {
        <section>
            <h3>
                {tr!(labels.boxes)} " "
                <span class="figures" data-testid="box-count">
                    {tr!(labels.of_most, count = count.get(), most = MOST_BOXES)}
                </span>
            </h3>
            {move || {
                (count.get() > MOST_BOXES)
                    .then(|| {
                        view! {
                            <p class="small-text problem-line" role="alert">
                                {tr!(labels.over_most, count = count.get(), most = MOST_BOXES)}
                            </p>
                        }
                    })
            }}
            <ol class="box-list" data-testid="boxes">
                <For each=ids key=|id| id.number() let:id>
                    {one(id)}
                </For>
            </ol>
            {move || {
                (count.get() > MOST_LINES)
                    .then(|| {
                        view! { <p class="small-text">{tr!(labels.more_boxes, count = count.get() - MOST_LINES)}</p> }
                    })
            }}
            {move || hint().map(|hint| view! { <p class="small-text">{hint}</p> })}
        </section>
    }
    .into_any()
}

fn box_line(desk: Desk, id: BoxId, at: Memo<Option<usize>>) -> AnyView {
    let selected = Memo::new(move |_| {
        desk.machine.with(Part::Selection, |machine| machine.is_some_and(|machine| machine.is_selected(id)))
    });
    let own = Memo::new(move |_| {
        // A selected box may be on its way.
        let part = if selected.get() { Part::Frame } else { Part::Boxes };
        desk.machine
            .with(part, |machine| machine.and_then(|machine| machine.boxes().get(machine.position(id)?).copied()))
    });
    let label = Memo::new(move |_| own.get().map(|one| one.label).unwrap_or(0));
    let name = move || {
        let label = label.get();
        desk.machine.with(Part::Labels, |machine| machine.and_then(|machine| machine.labels().get(label).cloned()))
    };
    let place = move || {
        own.get().map(|one| {
            let area = one.area;
            format!("{:.0}, {:.0} · {:.0} × {:.0}", area.left, area.top, area.width, area.height)
        })
    };
    let number = move || at.get().map_or(0, |at| at + 1);
    view! {
        <li class:selected=selected data-box=move || own.get().map(|one| format!("{},{},{},{}", one.area.left, one.area.top, one.area.width, one.area.height))>
            <button
                type="button"
                class="box-button"
                aria-pressed=move || if selected.get() { "true" } else { "false" }
                on:click=move |event| {
                    let several = event.shift_key() || event.ctrl_key() || event.meta_key();
                    desk.act(|machine| if several { machine.toggle(id) } else { machine.select(Some(id)) });
                }
            >
                {move || view! { <Swatch index=label.get() with_key=true /> }}
                <span>{name}</span>
                <span class="figures small-text">{place}</span>
            </button>
            <button
                type="button"
                class="button link"
                aria-label=tr!(labels.delete_box, number = number())
                on:click=move |_| {
                    desk.act(|machine| machine.delete(id));
                }
            >
                {icon(Icon::Delete)}
            </button>
        </li>
    }
    .into_any()
}

fn no_object(desk: Desk) -> AnyView {
    let none = Memo::new(move |_| {
        desk.entry.with(|entry| {
            entry.as_ref().is_some_and(|entry| entry.annotation.boxes.as_ref().is_some_and(Vec::is_empty))
        })
    });
    let has_boxes = Memo::new(move |_| {
        desk.machine.with(Part::Boxes, |machine| machine.is_some_and(|machine| !machine.boxes().is_empty()))
    });
    view! {
        <section>
            <label class="check">
                <input
                    type="checkbox"
                    data-testid="no-object"
                    disabled=has_boxes
                    prop:checked=none
                    on:change=move |_| desk.toggle_no_object()
                />
                <span>
                    {tr!(labels.no_object)} " " <kbd>"N"</kbd>
                    <span class="small-text hint-line">{tr!(labels.no_object_is)}</span>
                </span>
            </label>
        </section>
    }
    .into_any()
}

/// Labels of the whole image, which another kind of model learns from.
fn image_labels(desk: Desk) -> AnyView {
    let own = Memo::new(move |_| {
        desk.entry.with(|entry| entry.as_ref().map(|entry| entry.annotation.labels.clone()).unwrap_or_default())
    });
    let names = Memo::new(move |_| desk.here.labels());
    let items = move || {
        names
            .get()
            .into_iter()
            .map(|name| {
                let (shown, target) = (name.clone(), name.clone());
                let checked = move || own.with(|own| own.contains(&name));
                view! {
                    <li>
                        <label class="check">
                            <input
                                type="checkbox"
                                data-image-label=shown.clone()
                                prop:checked=checked
                                on:change=move |_| desk.toggle_image_label(&target)
                            />
                            <span>{shown.clone()}</span>
                        </label>
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <details class="image-labels">
            <summary>
                {tr!(labels.image_labels)} " " <span class="figures">{move || own.with(Vec::len)}</span>
            </summary>
            <p class="small-text hint-line">{tr!(labels.image_labels_are)}</p>
            <ul>{items}</ul>
        </details>
    }
    .into_any()
}
