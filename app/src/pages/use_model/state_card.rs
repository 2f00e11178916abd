use super::lease_form;
use crate::api;
use crate::format;
use crate::i18n::use_lang;
use crate::ui::{
    Button, ButtonKind, Card, Field, Icon, LeaseLine, Level, Notice, Polled, ProblemBox, Since, StopButton,
    VersionBadge, cost_heading, cost_now, use_action, use_clock, use_project, use_running, use_session,
};
use crate::{tr, words};
use domain::lease::LeaseTerms;
use domain::status::VersionStatus;
use domain::view::{ActivityView, Cloud, VersionView};
use leptos::prelude::*;

/// The service's bound on inference units of one model.
const MOST_UNITS: u32 = 5;

/// What the card shows; the states of the service by what can be done in them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Startable,
    Starting,
    Running,
    Stopping,
    Broken,
    Other,
}

fn phase(status: VersionStatus) -> Phase {
    use VersionStatus as S;
    match status {
        S::Starting => Phase::Starting,
        S::Running => Phase::Running,
        S::Stopping => Phase::Stopping,
        S::Failed => Phase::Broken,
        status if status.can_start() => Phase::Startable,
        _ => Phase::Other,
    }
}

/// The state of the model with one big button, Start or Stop, and what it costs.
pub fn state_card(version: Signal<VersionView>, log: Polled<Vec<ActivityView>>) -> AnyView {
    let status = Memo::new(move |_| version.with(|version| version.status));
    let phase = Memo::new(move |_| phase(status.get()));
    let message = Memo::new(move |_| version.with(|version| version.message.clone()));
    let body = move || {
        match phase.get() {
        Phase::Startable => start_form(version, log),
        Phase::Starting => view! {
            {billed(version, ().into_any())}
            <p class="quiet-text">{tr!(use_model.starting_note)}</p>
            <Button label=tr!(use_model.start) kind=ButtonKind::Primary busy=true on_click=|()| () testid="start-model" />
        }
        .into_any(),
        Phase::Running | Phase::Stopping => view! {
            {billed(version, stop_button(version))}
            {(phase.get_untracked() == Phase::Stopping)
                .then(|| view! { <p class="quiet-text">{tr!(use_model.stopping_note)}</p> })}
        }
        .into_any(),
        Phase::Broken => view! { <Notice level=Level::Bad>{tr!(use_model.failed_note)}</Notice> }.into_any(),
        Phase::Other => ().into_any(),
    }
    };
    view! {
        <Card testid="model-state">
            <div class="row between">
                <h2>{move || version.with(|version| version.name.clone())}</h2>
                <VersionBadge status=status />
            </div>
            {body}
            {move || {
                message
                    .get()
                    .map(|message| {
                        view! {
                            <p class="technical">
                                {tr!(use_model.message)} ": " <span lang="en">{message}</span>
                            </p>
                        }
                    })
            }}
        </Card>
    }
    .into_any()
}

fn stop_button(version: Signal<VersionView>) -> AnyView {
    let arn = Signal::derive(move || version.with(|version| version.arn.clone()));
    view! {
        <div class="big-button">
            <StopButton arn=arn testid="stop-model" />
        </div>
    }
    .into_any()
}

/// How long it has run, with how many units, what that cost, and what to do about it.
fn billed(version: Signal<VersionView>, action: AnyView) -> AnyView {
    let project = use_project();
    let clock = use_clock();
    let lang = use_lang();
    let started = Memo::new(move |_| version.with(|version| version.started_ms));
    let units = move || {
        let (min, max) = version.with(|version| (version.min_units, version.max_units));
        match (min, max) {
            (Some(min), Some(max)) if max > min => words!(lang, use_model.units_scaling, min = min, max = max),
            (Some(min), _) => words!(lang, use_model.units_now, units = min),
            _ => String::new(),
        }
    };
    let cost = move || {
        let (said, now) = (project.view.updated_ms.get(), clock.get());
        match version.with(|version| cost_now(version, said, now)) {
            Some(cost) => format::usd(cost),
            None => words!(lang, use_model.cost_unknown),
        }
    };
    view! {
        <div class="row between">
        <dl class="state-facts">
            {move || {
                started
                    .get()
                    .map(|at| {
                        view! {
                            <div>
                                <dt>{tr!(use_model.running_since)}</dt>
                                <dd><Since at_ms=at /></dd>
                            </div>
                        }
                    })
            }}
            <div>
                <dt>{cost_heading()}</dt>
                <dd class="money" data-testid="cost-so-far">{cost}</dd>
            </div>
        </dl>
        {action}
        </div>
        <p class="small-text quiet-text">{units} " · " {hourly(version)}</p>
        <LeaseLine version=version />
        <p class="small-text quiet-text">{tr!(use_model.change_units)}</p>
    }
    .into_any()
}

fn hourly(version: Signal<VersionView>) -> AnyView {
    let session = use_session();
    let lang = use_lang();
    let text = move || {
        let money = format::usd(version.with(|version| version.hourly_usd));
        let local = session.data.with(|session| session.as_ref().is_some_and(|session| session.cloud == Cloud::Local));
        if local {
            words!(lang, use_model.hourly_local, money = money)
        } else {
            words!(lang, use_model.hourly, money = money)
        }
    };
    view! { <span>{text}</span> }.into_any()
}

fn start_form(version: Signal<VersionView>, log: Polled<Vec<ActivityView>>) -> AnyView {
    let lang = use_lang();
    let (project, running) = (use_project(), use_running());
    let min = RwSignal::new("1".to_owned());
    let max = RwSignal::new(String::new());
    let min_units = Memo::new(move |_| min.with(|text| units(text, 1)));
    // None: not valid. Some(None): no scaling.
    let max_units = Memo::new(move |_| {
        let least = min_units.get().unwrap_or(1);
        max.with(|text| if text.trim().is_empty() { Some(None) } else { units(text, least).map(Some) })
    });
    let min_error = Signal::derive(move || min_units.get().is_none().then(|| words!(lang, use_model.bad_units)));
    let max_error = Signal::derive(move || {
        let least = min_units.get().unwrap_or(1);
        max_units.get().is_none().then(|| words!(lang, use_model.bad_max_units, min = least))
    });
    let lease = lease_form::use_lease_form();
    let start = use_action(
        |(arn, min, max, terms): (String, u32, Option<u32>, LeaseTerms)| api::model::start_model(arn, min, max, terms),
        move |()| {
            running.refresh();
            project.view.refresh();
            log.refresh();
        },
    );
    let click = move |()| {
        let units = (min_units.get_untracked(), max_units.get_untracked(), lease.terms.get_untracked());
        if let (Some(min), Some(max), Some(terms)) = units {
            start.run((version.with_untracked(|version| version.arn.clone()), min, max, terms));
        }
    };
    let invalid = Signal::derive(move || {
        min_units.get().is_none() || max_units.get().is_none() || lease.terms.with(Option::is_none)
    });
    let stopped = move || version.with(|version| version.status == VersionStatus::Stopped);
    view! {
        {move || stopped().then(|| view! { <p>{tr!(use_model.stopped_note)}</p> })}
        <div class="units">
            <Field id="min-units" label=tr!(use_model.min_units) value=min hint=tr!(use_model.min_units_hint) error=min_error testid="min-units" />
            <Field id="max-units" label=tr!(use_model.max_units) value=max hint=tr!(use_model.max_units_hint) error=max_error testid="max-units" />
        </div>
        {lease_form::fields(lease)}
        <p class="small-text quiet-text">{hourly(version)}</p>
        <p class="small-text quiet-text">{tr!(use_model.keeper_note)}</p>
        <div class="big-button">
            <Button
                label=tr!(use_model.start)
                icon=Icon::Start
                kind=ButtonKind::Primary
                busy=start.busy
                disabled=invalid
                testid="start-model"
                on_click=click
            />
        </div>
        {move || start.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
    }
    .into_any()
}

/// A number of inference units from `least` on, as typed.
fn units(text: &str, least: u32) -> Option<u32> {
    plain_digits(text).parse().ok().filter(|units| (least..=MOST_UNITS).contains(units))
}

/// What was typed with full-width digits made plain.
pub fn plain_digits(text: &str) -> String {
    text.trim()
        .chars()
        .map(|c| match c {
            '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c),
            '．' => '.',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::units;

    #[test]
    fn units_are_bounded() {
        assert_eq!([units("1", 1), units(" 5 ", 1), units("３", 1)], [Some(1), Some(5), Some(3)]);
        assert_eq!([units("0", 1), units("6", 1), units("-1", 1), units("", 1), units("1", 2)], [None; 5]);
    }
}
