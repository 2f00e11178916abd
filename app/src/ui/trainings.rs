//! Trainings wherever the person is: how far they are, and a word when one has ended.

use super::{Button, Icon, use_flash, use_running};
use crate::i18n::use_lang;
use crate::{tr, words};
use domain::training_progress::TrainingProgress;
use domain::view::TrainingNow;
use leptos::prelude::*;
use std::collections::BTreeSet;
use web_sys::{Notification, NotificationOptions, NotificationPermission};

/// A training's progress as a bar, as far as its message tells; nothing on AWS, which tells none.
#[component]
pub fn TrainingBar(#[prop(into)] message: Signal<Option<String>>) -> impl IntoView {
    let told = Memo::new(move |_| message.with(|text| TrainingProgress::of_message(text.as_deref()?)));
    (move || {
        told.get().map(|told| {
            let share = format!("{:.4}", told.share);
            view! {
                <span class="row small-text">
                    <progress max="1" value=share aria-label=tr!(frame.training)></progress>
                    <span class="figures">{format!("{:.0}%", told.share * 100.0)}</span>
                </span>
            }
        })
    })
    .into_any()
}

/// Says when a training has ended since this page was loaded: in a message, in the title of the page, and by the system
/// when the person allowed it.
pub(super) fn tell_ends() {
    let (lang, flash, running) = (use_lang(), use_flash(), use_running());
    Effect::new(move |known: Option<Option<BTreeSet<String>>>| {
        let known = known.flatten();
        let Some(trainings) = running.data.with(|data| data.as_ref().map(|data| data.trainings.clone())) else {
            return known;
        };
        let ended = trainings.iter().filter(|training| training.ended_ms.is_some());
        // Those that had ended at the first look are no news.
        let news = |training: &&TrainingNow| known.as_ref().is_some_and(|known| !known.contains(&training.arn));
        for training in ended.clone().filter(news) {
            let text = untrack(|| told(lang, training));
            flash.say(text.clone());
            untrack(super::use_project).view.refresh();
            outside(&text);
        }
        let mut known = known.unwrap_or_default();
        known.extend(ended.map(|training| training.arn.clone()));
        Some(known)
    });
}

fn told(lang: crate::i18n::Lang, training: &TrainingNow) -> String {
    let (project, name) = (training.project.clone(), training.name.clone());
    if training.status.is_trained() {
        words!(lang, frame.training_done, project = project, name = name)
    } else if training.cancelled {
        words!(lang, frame.training_cancelled, project = project, name = name)
    } else {
        words!(lang, frame.training_failed, project = project, name = name)
    }
}

/// Where a person looks who is not at this page.
fn outside(text: &str) {
    if document().has_focus().unwrap_or(true) {
        return;
    }
    document().set_title(&format!("✔ {text}"));
    if Notification::permission() == NotificationPermission::Granted {
        let options = NotificationOptions::new();
        options.set_body(text);
        // A browser that refuses it has the title and the message.
        let _ = Notification::new_with_options("Kenchi", &options);
    }
}

/// A button that asks the browser whether Kenchi may notify; nothing once that is decided.
#[component]
pub fn AllowNotifications() -> impl IntoView {
    let asked = RwSignal::new(false);
    // Known in the browser only.
    let open = RwSignal::new(false);
    Effect::new(move || open.set(can_ask()));
    (move || {
        (open.get() && !asked.get()).then(|| {
            view! {
                <div>
                    <Button
                        label=tr!(frame.notify)
                        icon=Icon::Info
                        testid="notify"
                        on_click=move |()| {
                            asked.set(true);
                            let _ = Notification::request_permission();
                        }
                    />
                </div>
            }
        })
    })
    .into_any()
}

fn can_ask() -> bool {
    js_sys::Reflect::has(&window(), &"Notification".into()).unwrap_or(false)
        && Notification::permission() == NotificationPermission::Default
}
