use super::state_card::plain_digits;
use crate::i18n::use_lang;
use crate::ui::Field;
use crate::{tr, words};
use domain::lease::{LeaseTerms, MOST_MINUTES};
use leptos::prelude::*;

/// What was entered, and the terms that it makes; none while something can't be read. `Copy`.
#[derive(Clone, Copy)]
pub struct LeaseForm {
    minutes: RwSignal<String>,
    idle: RwSignal<String>,
    money: RwSignal<String>,
    pub terms: Memo<Option<LeaseTerms>>,
}

/// Starts with the usual terms.
pub fn use_lease_form() -> LeaseForm {
    let usual = LeaseTerms::default();
    let minutes = RwSignal::new(usual.minutes.to_string());
    let idle = RwSignal::new(usual.idle_minutes.to_string());
    let money = RwSignal::new(String::new());
    let terms = Memo::new(move |_| {
        Some(LeaseTerms {
            minutes: minutes.with(|text| whole(text))?,
            idle_minutes: idle.with(|text| whole(text))?,
            most_usd: money.with(|text| amount(text))?,
        })
    });
    LeaseForm { minutes, idle, money, terms }
}

pub fn fields(form: LeaseForm) -> AnyView {
    let lang = use_lang();
    let bad_minutes = move |text: RwSignal<String>| {
        Signal::derive(move || {
            text.with(|t| whole(t)).is_none().then(|| words!(lang, use_model.bad_minutes, most = MOST_MINUTES))
        })
    };
    let bad_money =
        Signal::derive(move || form.money.with(|t| amount(t)).is_none().then(|| words!(lang, use_model.bad_money)));
    view! {
        <div class="units">
            <Field id="lease-minutes" label=tr!(use_model.lease_minutes) value=form.minutes hint=tr!(use_model.lease_minutes_hint) error=bad_minutes(form.minutes) testid="lease-minutes" />
            <Field id="lease-idle" label=tr!(use_model.lease_idle) value=form.idle hint=tr!(use_model.lease_idle_hint) error=bad_minutes(form.idle) testid="lease-idle" />
            <Field id="lease-money" label=tr!(use_model.lease_money) value=form.money hint=tr!(use_model.lease_money_hint) error=bad_money testid="lease-money" />
        </div>
    }
    .into_any()
}

/// Minutes within the bounds.
fn whole(text: &str) -> Option<u32> {
    plain_digits(text).parse().ok().filter(|minutes| (1..=MOST_MINUTES).contains(minutes))
}

/// An amount above 0, or none for an empty field; none at all when it can't be read.
fn amount(text: &str) -> Option<Option<f64>> {
    let text = plain_digits(text);
    if text.is_empty() {
        return Some(None);
    }
    text.parse().ok().filter(|money: &f64| money.is_finite() && *money > 0.0).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_and_money_are_read_as_typed_with_full_width_digits_too() {
        assert_eq!(
            [whole("６０"), whole(" 15 "), whole("0"), whole("10081"), whole("a")],
            [Some(60), Some(15), None, None, None]
        );
        assert_eq!(
            [amount(""), amount("２．５"), amount("0"), amount("-1"), amount("x")],
            [Some(None), Some(Some(2.5)), None, None, None]
        );
    }
}
