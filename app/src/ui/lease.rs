use super::{Button, Icon, ProblemLine, icon, use_action, use_project, use_running};
use crate::api;
use crate::format;
use crate::i18n::use_lang;
use crate::{tr, words};
use domain::lease::Lease;
use domain::view::VersionView;
use leptos::prelude::*;

/// Minutes that one click adds, and those of a model that had no end.
const MORE: u32 = 30;
const ADOPTED: u32 = 60;

/// Until when a billed model runs, and the button that moves it. Nothing for a model that is not billed.
#[component]
pub fn LeaseLine(#[prop(into)] version: Signal<VersionView>) -> impl IntoView {
    let (project, running) = (use_project(), use_running());
    let arn = move || version.with_untracked(|version| version.arn.clone());
    let extend = use_action(
        |(arn, minutes): (String, u32)| api::model::extend_lease(arn, minutes),
        move |_lease| {
            running.refresh();
            project.view.refresh();
        },
    );
    let billed = Memo::new(move |_| version.with(|version| version.status.is_billed()));
    let lease = Memo::new(move |_| version.with(|version| version.lease));
    let body = move || match lease.get() {
        Some(lease) => view! {
            {ends(lease)}
            <Button
                label=tr!(frame.lease_extend)
                icon=Icon::Plus
                busy=extend.busy
                testid="extend-lease"
                on_click=move |()| extend.run((arn(), MORE))
            />
        }
        .into_any(),
        None => view! {
            <span class="row problem-line">{icon(Icon::Warning)} <span>{tr!(frame.lease_none)}</span></span>
            <Button
                label=tr!(frame.lease_adopt)
                busy=extend.busy
                testid="adopt-lease"
                on_click=move |()| extend.run((arn(), ADOPTED))
            />
        }
        .into_any(),
    };
    (move || {
        billed.get().then(|| {
            view! {
                <div class="row lease small-text" data-testid="lease">{body}</div>
                {move || extend.problem.get().map(|problem| view! { <ProblemLine problem=problem /> })}
            }
        })
    })
    .into_any()
}

fn ends(lease: Lease) -> AnyView {
    let lang = use_lang();
    let text = move || {
        let time = format::time_of_day(lang, lease.hard_end_ms);
        let idle = format::duration(lang.get(), lease.idle_ms);
        match lease.most_usd {
            Some(most) => words!(lang, frame.lease_ends_money, time = time, idle = idle, money = format::usd(most)),
            None => words!(lang, frame.lease_ends, time = time, idle = idle),
        }
    };
    view! { <span>{text}</span> }.into_any()
}
