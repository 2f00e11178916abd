//! Prices by Region, which are settings: AWS's differ and change, and Kenchi does not read them.

use super::use_model::plain_digits;
use crate::api;
use crate::format;
use crate::i18n::use_lang;
use crate::ui::{Button, ButtonKind, Card, Field, Icon, ProblemBox, loaded, use_action, use_fetched, use_flash};
use crate::{tr, words};
use domain::money::{MOST_USD, NOTED, Prices, SOURCE, check_region};
use domain::run::PricesView;
use leptos::prelude::*;

/// The card of the settings' page.
pub fn prices() -> AnyView {
    let fetched = use_fetched(api::model::prices);
    let put = Callback::new(move |view: PricesView| fetched.put(view));
    view! {
        <div id="prices">
            <Card title=tr!(cost.prices) testid="prices">
                <p>{tr!(cost.prices_is)}</p>
                {loaded(fetched, move |view| body(view, put))}
            </Card>
        </div>
    }
    .into_any()
}

fn body(view: Signal<PricesView>, put: Callback<PricesView>) -> AnyView {
    let lang = use_lang();
    let flash = use_flash();
    let region = RwSignal::new(view.with_untracked(|view| view.region.clone()));
    let now = view.with_untracked(|view| prices_of(view, &view.region));
    let unit = RwSignal::new(now.inference_unit_hour_usd.to_string());
    let training = RwSignal::new(now.training_hour_usd.to_string());
    let set = use_action(
        |(region, prices): (String, Option<Prices>)| api::model::set_prices(region, prices),
        move |after: PricesView| {
            put.run(after);
            flash.say(untrack(|| words!(lang, cost.prices_kept)));
        },
    );
    let region_error = Signal::derive(move || {
        region.with(|region| check_region(region.trim())).is_err().then(|| words!(lang, cost.bad_region))
    });
    let price_error = move |text: RwSignal<String>| {
        Signal::derive(move || {
            text.with(|t| amount(t)).is_none().then(|| words!(lang, cost.bad_price, most = MOST_USD))
        })
    };
    let wanted = Memo::new(move |_| {
        let prices = Prices {
            training_hour_usd: training.with(|text| amount(text))?,
            inference_unit_hour_usd: unit.with(|text| amount(text))?,
        };
        let region = region.with(|region| region.trim().to_owned());
        check_region(&region).is_ok().then_some((region, Some(prices)))
    });
    let rows = move || {
        let all = view.get();
        let mut regions: Vec<String> = all.set.iter().map(|set| set.0.clone()).collect();
        if !regions.contains(&all.region) {
            regions.insert(0, all.region.clone());
        }
        let row = |own: String| {
            let prices = prices_of(&all, &own);
            let is_set = all.set.iter().any(|set| set.0 == own);
            row(own, prices, is_set, set)
        };
        regions.into_iter().map(row).collect_view()
    };
    let default = move || {
        let default = view.with(|view| view.default);
        let (unit, training) = (format::usd(default.inference_unit_hour_usd), format::usd(default.training_hour_usd));
        words!(lang, cost.default_is, unit = unit, training = training, noted = NOTED)
    };
    view! {
        <div class="table-wrap">
            <table data-testid="price-table">
                <thead>
                    <tr>
                        <th>{tr!(cost.region)}</th>
                        <th class="number">{tr!(cost.unit_hour)}</th>
                        <th class="number">{tr!(cost.training_hour)}</th>
                        <th>{tr!(cost.comes_from)}</th>
                        <th></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <p class="small-text quiet-text">
            {default} " " <a href=SOURCE target="_blank" rel="noreferrer">{SOURCE}</a>
        </p>
        <div class="units">
            <Field id="price-region" label=tr!(cost.region) value=region error=region_error testid="price-region" />
            <Field id="price-unit" label=tr!(cost.unit_hour) value=unit error=price_error(unit) testid="price-unit" />
            <Field id="price-training" label=tr!(cost.training_hour) value=training error=price_error(training) testid="price-training" />
        </div>
        <div>
            <Button
                label=tr!(cost.keep_prices)
                icon=Icon::Check
                busy=set.busy
                disabled=Signal::derive(move || wanted.with(Option::is_none))
                testid="keep-prices"
                on_click=move |()| {
                    if let Some(wanted) = wanted.get_untracked() {
                        set.run(wanted);
                    }
                }
            />
        </div>
        {move || set.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
    }
    .into_any()
}

fn row(region: String, prices: Prices, is_set: bool, set: crate::ui::Action<(String, Option<Prices>)>) -> AnyView {
    let own = region.clone();
    let from = if is_set { tr!(cost.yours) } else { tr!(cost.default) };
    view! {
        <tr data-region=region.clone()>
            <td><code>{region.clone()}</code></td>
            <td class="number">{format::usd(prices.inference_unit_hour_usd)}</td>
            <td class="number">{format::usd(prices.training_hour_usd)}</td>
            <td>{from}</td>
            <td>
                {is_set
                    .then(|| {
                        view! {
                            <Button
                                label=tr!(cost.take_back)
                                kind=ButtonKind::Link
                                busy=set.busy
                                on_click=move |()| set.run((own.clone(), None))
                            />
                        }
                    })}
            </td>
        </tr>
    }
    .into_any()
}

fn prices_of(view: &PricesView, region: &str) -> Prices {
    view.set.iter().find(|set| set.0 == region).map_or(view.default, |set| set.1)
}

/// A price as typed.
fn amount(text: &str) -> Option<f64> {
    let price: f64 = plain_digits(text).parse().ok()?;
    (price.is_finite() && price > 0.0 && price <= MOST_USD).then_some(price)
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn prices_are_read_as_typed() {
        assert_eq!(
            [amount("4"), amount(" ５．４８ "), amount("0"), amount("1001"), amount("4 USD")],
            [Some(4.0), Some(5.48), None, None, None]
        );
    }
}
