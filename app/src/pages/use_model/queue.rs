//! Several pictures at once: tried one after the other, shown by a click.

use super::detection::{Picture, detect};
use super::playground::Playground;
use crate::api::ApiError;
use crate::tr;
use crate::ui::{Icon, icon};
use domain::problem::Problem;
use domain::view::DetectionView;
use leptos::prelude::*;

/// Calls under way at once.
const SIDE_BY_SIDE: usize = 2;

/// One of the pictures.
#[derive(Clone, PartialEq)]
pub struct Item {
    pub picture: Picture,
    /// None while it waits or is tried.
    pub answer: Option<Result<DetectionView, Problem>>,
    asked: bool,
}

/// `Copy`.
#[derive(Clone, Copy)]
pub struct Queue {
    pub items: RwSignal<Vec<Item>, LocalStorage>,
    round: StoredValue<u32>,
}

impl Queue {
    pub fn new() -> Self {
        let items = RwSignal::new_local(Vec::new());
        on_cleanup(move || {
            items.try_with_untracked(|items: &Vec<Item>| items.iter().for_each(|item| item.picture.forget()));
        });
        Self { items, round: StoredValue::new(0) }
    }

    /// Takes other pictures and begins.
    pub fn take(self, pictures: Vec<Picture>, here: Playground) {
        self.items.with_untracked(|items| items.iter().for_each(|item| item.picture.forget()));
        let item = |picture| Item { picture, answer: None, asked: false };
        self.items.set(pictures.into_iter().map(item).collect());
        let round = self.round.try_update_value(|round| {
            *round = round.wrapping_add(1);
            *round
        });
        self.show(0, here);
        for _ in 0..SIDE_BY_SIDE {
            leptos::task::spawn_local(self.work(round, here));
        }
    }

    /// Shows one of them in the large.
    pub fn show(self, at: usize, here: Playground) {
        if let Some(item) = self.items.with_untracked(|items| items.get(at).cloned()) {
            here.trial.show(item.picture, item.answer);
        }
    }

    async fn work(self, round: Option<u32>, here: Playground) {
        loop {
            if round.is_none() || self.round.try_get_value() != round {
                return;
            }
            let next = self.items.try_update(|items| {
                let at = items.iter().position(|item| !item.asked)?;
                let item = items.get_mut(at)?;
                item.asked = true;
                Some((at, item.picture.clone()))
            });
            let Some((at, picture)) = next.flatten() else { break };
            let answer = detect(here.arn(), picture.clone()).await.map_err(|ApiError(problem)| problem);
            if self.round.try_get_value() != round {
                return;
            }
            if here.trial.picture.try_with_untracked(|shown| shown.as_ref() == Some(&picture)).unwrap_or(false) {
                here.trial.show(picture, Some(answer.clone()));
            }
            self.items.try_update(|items| {
                if let Some(item) = items.get_mut(at) {
                    item.answer = Some(answer);
                }
            });
        }
        here.refresh_log();
    }
}

/// The strip of all pictures, with what was found in each.
pub fn strip(queue: Queue, here: Playground) -> AnyView {
    let count = Memo::new(move |_| queue.items.with(Vec::len));
    let done = move || queue.items.with(|items| items.iter().filter(|item| item.answer.is_some()).count());
    let tiles = move || {
        let minimum = here.cut.minimum.get();
        let item = |(at, item): (usize, &Item)| tile(queue, here, at, item, minimum);
        queue.items.with(|items| items.iter().enumerate().map(item).collect_view())
    };
    (move || {
        (count.get() > 1).then(|| {
            view! {
                <p class="small-text quiet-text" role="status" data-testid="queue-told">
                    {tr!(use_model.queue_told, done = done(), all = count.get())}
                </p>
                <ul class="queue" data-testid="queue">{tiles}</ul>
            }
        })
    })
    .into_any()
}

fn tile(queue: Queue, here: Playground, at: usize, item: &Item, minimum: Option<f64>) -> AnyView {
    let state = match &item.answer {
        Some(Ok(answer)) => {
            view! { <span class="figures">{super::cut::passing(answer, minimum).len()}</span> }.into_any()
        }
        Some(Err(_)) => {
            view! { <span class="bad-text">{icon(Icon::Failed)} {tr!(use_model.queue_failed)}</span> }.into_any()
        }
        None => view! { <span class="quiet-text">"…"</span> }.into_any(),
    };
    let own = item.picture.clone();
    let chosen = move || here.trial.picture.with(|shown| shown.as_ref() == Some(&own));
    view! {
        <li>
            <button
                type="button"
                class="pick-tile"
                aria-pressed=move || if chosen() { "true" } else { "false" }
                on:click=move |_| queue.show(at, here)
            >
                <img class="thumb" src=item.picture.small_url() alt="" loading="lazy" decoding="async" />
                <span class="row between tile-name">
                    <span>{item.picture.name()}</span>
                    {state}
                </span>
            </button>
        </li>
    }
    .into_any()
}
