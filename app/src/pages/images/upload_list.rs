use super::upload::{Item, Stage, use_uploads};
use crate::format;
use crate::tr;
use crate::ui::{Button, ButtonKind, Icon, ProblemLine, icon, use_clock};
use leptos::prelude::*;

/// Rows shown at once; the summary counts all.
const MOST_ROWS: usize = 60;

/// The uploads: a summary with pause, then failures, what is under way, what waits, what is done.
#[component]
pub(super) fn UploadList() -> impl IntoView {
    let uploads = use_uploads();
    let clock = use_clock();
    let any = Memo::new(move |_| uploads.items.with(|items| !items.is_empty()));
    // Counted once a second: a thousand files must not make each progress event dear.
    let sums = Memo::new(move |_| {
        clock.track();
        uploads.ended.track();
        uploads.items.with(|items| sums(items))
    });
    let speed = RwSignal::new(0.0_f64);
    Effect::new(move |before: Option<f64>| {
        clock.track();
        let sent = sums.with_untracked(|sums| sums.sent);
        if let Some(before) = before {
            speed.set(0.6 * speed.get_untracked() + 0.4 * (sent - before).max(0.0));
        }
        sent
    });
    let rows = Memo::new(move |_| {
        let mut rows: Vec<(u8, u32)> =
            uploads.items.with(|items| items.iter().map(|item| (rank(item), item.id)).collect());
        rows.sort_unstable();
        rows.truncate(MOST_ROWS);
        rows.into_iter().map(|(_, id)| id).collect::<Vec<_>>()
    });
    let item = move |id: u32| uploads.items.with_untracked(|items| items.iter().find(|item| item.id == id).cloned());
    move || {
        any.get().then(|| {
            view! {
                <section class="card uploads" data-testid="uploads">
                    <div class="row between">
                        <h2>{tr!(images.uploads)}</h2>
                        <div class="actions">
                            {move || {
                                let sums = sums.get();
                                view! {
                                    {(sums.failed > 0)
                                        .then(|| {
                                            view! {
                                                <Button
                                                    label=tr!(images.try_all_again)
                                                    icon=Icon::Retry
                                                    on_click=move |()| uploads.try_again(None)
                                                />
                                            }
                                        })}
                                    {(sums.left > 0).then(pause)}
                                    {(sums.left == 0)
                                        .then(|| {
                                            view! {
                                                <Button
                                                    label=tr!(images.clear_list)
                                                    kind=ButtonKind::Link
                                                    on_click=move |()| uploads.clear()
                                                />
                                            }
                                        })}
                                }
                            }}
                        </div>
                    </div>
                    <div class="row upload-sum" data-testid="upload-sum">
                        <progress
                            max="1"
                            prop:value=move || sums.with(|s| share(s.sent, s.size))
                        ></progress>
                        <span class="figures">
                            {tr!(images.uploaded, done = sums.get().done, all = sums.get().all)}
                        </span>
                        {move || {
                            (sums.get().failed > 0)
                                .then(|| {
                                    view! { <span class="problem-line">{tr!(images.failed_count, count = sums.get().failed)}</span> }
                                })
                        }}
                        {move || {
                            (sums.get().left > 0)
                                .then(|| view! { <span class="figures quiet-text">{format!("{}/s", bytes(speed.get()))}</span> })
                        }}
                    </div>
                    <ul class="upload-rows">
                        <For each=move || rows.get() key=|id| *id let:id>
                            {item(id).map(row)}
                        </For>
                    </ul>
                </section>
            }
            .into_any()
        })
    }
}

fn pause() -> AnyView {
    let uploads = use_uploads();
    let label = Signal::derive(move || {
        let (go_on, pause) = (tr!(images.go_on), tr!(images.pause));
        if uploads.paused.get() { go_on.get() } else { pause.get() }
    });
    view! {
        <Button label=label icon=Icon::Pause on_click=move |()| uploads.set_paused(!uploads.paused.get_untracked()) />
    }
    .into_any()
}

fn rank(item: &Item) -> u8 {
    item.stage.with(|stage| match stage {
        Stage::Failed(_) => 0,
        Stage::Sending => 1,
        Stage::Waiting => 2,
        Stage::Done => 3,
    })
}

fn row(item: Item) -> AnyView {
    let uploads = use_uploads();
    let Item { id, name, size, stage, sent, .. } = item;
    let state = move || match stage.get() {
        Stage::Waiting => view! { <span class="quiet-text">{tr!(images.waiting)}</span> }.into_any(),
        Stage::Sending => view! { <progress max="1" prop:value=move || share(sent.get(), size)></progress> }.into_any(),
        Stage::Done => view! { <span class="badge good">{icon(Icon::Check)} {tr!(images.done)}</span> }.into_any(),
        Stage::Failed(problem) => view! {
            <ProblemLine problem=problem />
            <button type="button" class="button small" on:click=move |_| uploads.try_again(Some(id))>
                {icon(Icon::Retry)}
                <span>{tr!(frame.try_again)}</span>
            </button>
        }
        .into_any(),
    };
    view! {
        <li>
            <span class="upload-name">{name}</span>
            <span class="figures quiet-text">{bytes(size)}</span>
            <span class="row upload-state">{state}</span>
        </li>
    }
    .into_any()
}

/// 0 to 1; 1 where nothing is to be sent.
fn share(sent: f64, size: f64) -> f64 {
    if size > 0.0 { (sent / size).min(1.0) } else { 1.0 }
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sums {
    all: u64,
    done: u64,
    failed: u64,
    left: u64,
    size: f64,
    sent: f64,
}

fn sums(items: &[Item]) -> Sums {
    let mut sums = Sums::default();
    for item in items {
        sums.all += 1;
        item.stage.with(|stage| match stage {
            Stage::Done => {
                sums.done += 1;
                sums.size += item.size;
                sums.sent += item.size;
            }
            Stage::Failed(_) => sums.failed += 1,
            Stage::Waiting | Stage::Sending => {
                sums.left += 1;
                sums.size += item.size;
                sums.sent += item.sent.get_untracked().min(item.size);
            }
        });
    }
    sums
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole bytes, never negative")]
fn bytes(count: f64) -> String {
    format::bytes(count.max(0.0) as u64)
}
