//! What models cost: now, in this session, in this month by model, and what they will cost.

use crate::api;
use crate::format;
use crate::i18n::use_lang;
use crate::ui::{Card, cost_is_local, loaded, use_polled};
use crate::{tr, words};
use domain::run::{CostView, ModelCost, Run};
use leptos::prelude::*;

/// The card of the models' page.
pub fn cost() -> AnyView {
    let costs = use_polled(20_000, api::model::costs);
    view! { <Card title=tr!(cost.title) testid="costs">{loaded(costs, shown)}</Card> }.into_any()
}

fn shown(costs: Signal<CostView>) -> AnyView {
    let lang = use_lang();
    let local = cost_is_local();
    let money = move |of: fn(&CostView) -> f64| move || format::usd(costs.with(of));
    let hourly = move || words!(lang, cost.an_hour, money = format::usd(costs.with(|costs| costs.hourly_usd)));
    let endless = move || {
        let hourly = costs.with(|costs| costs.endless_hourly_usd);
        (hourly > 0.0).then(|| tr!(cost.endless, money = format::usd(hourly), day = format::usd(hourly * 24.0)))
    };
    let models = move || costs.with(|costs| costs.models.clone()).into_iter().map(model).collect_view();
    let none = move || costs.with(|costs| costs.models.is_empty());
    let runs = move || {
        costs.with(|costs| {
            let now = costs.now_ms;
            costs.runs.iter().map(|one| run(one.clone(), now)).collect_view()
        })
    };
    let estimate = move || {
        let (region, prices) = costs.with(|costs| (costs.region.clone(), costs.prices));
        let (unit, training) = (format::usd(prices.inference_unit_hour_usd), format::usd(prices.training_hour_usd));
        words!(lang, cost.estimate, region = region, unit = unit, training = training)
    };
    view! {
        {move || local.get().then(|| view! { <p class="quiet-text">{tr!(cost.local)}</p> })}
        <dl class="state-facts costs">
            <div>
                <dt>{tr!(cost.now)}</dt>
                <dd class="money" data-testid="cost-now">{hourly}</dd>
            </div>
            <div>
                <dt>{tr!(cost.session)}</dt>
                <dd class="money" data-testid="cost-session">{money(|costs| costs.session_usd)}</dd>
            </div>
            <div>
                <dt>{tr!(cost.month)}</dt>
                <dd class="money" data-testid="cost-month">{money(|costs| costs.month_usd)}</dd>
            </div>
            <div>
                <dt>{tr!(cost.until_leases)}</dt>
                <dd class="money">{money(|costs| costs.until_leases_usd)}</dd>
            </div>
            <div>
                <dt>{tr!(cost.month_forecast)}</dt>
                <dd class="money" data-testid="cost-forecast">{money(|costs| costs.month_forecast_usd)}</dd>
            </div>
        </dl>
        {move || endless().map(|text| view! { <p class="problem-line">{text}</p> })}
        <h3>{tr!(cost.by_model)}</h3>
        {move || none().then(|| view! { <p class="quiet-text">{tr!(cost.nothing)}</p> })}
        <div class="table-wrap" hidden=none>
            <table data-testid="cost-models">
                <thead>
                    <tr>
                        <th>{tr!(cost.model)}</th>
                        <th class="number">{tr!(cost.runs)}</th>
                        <th class="number">{tr!(cost.unit_hours)}</th>
                        <th class="number">{tr!(cost.running)}</th>
                        <th class="number">{tr!(cost.training)}</th>
                        <th class="number">{tr!(cost.together)}</th>
                    </tr>
                </thead>
                <tbody>{models}</tbody>
            </table>
        </div>
        <details class="code">
            <summary>{tr!(cost.newest_runs)}</summary>
            <div class="table-wrap">
                <table data-testid="runs">
                    <thead>
                        <tr>
                            <th>{tr!(cost.model)}</th>
                            <th>{tr!(cost.began)}</th>
                            <th>{tr!(cost.ended)}</th>
                            <th class="number">{tr!(cost.units)}</th>
                            <th>{tr!(cost.region)}</th>
                            <th class="number">{tr!(cost.price)}</th>
                            <th class="number">{tr!(cost.amount)}</th>
                        </tr>
                    </thead>
                    <tbody>{runs}</tbody>
                </table>
            </div>
        </details>
        <p class="small-text quiet-text">{estimate} " " <a href="/settings#prices">{tr!(cost.to_prices)}</a></p>
    }
    .into_any()
}

fn model(one: ModelCost) -> AnyView {
    let usd = one.usd();
    view! {
        <tr data-model=one.model.clone()>
            <td>
                {one.model.clone()}
                <div class="small-text quiet-text">{one.project.clone()}</div>
                {one.uncertain.then(|| view! { <div class="small-text problem-line">{tr!(cost.uncertain)}</div> })}
            </td>
            <td class="number">{format::number(one.runs)}</td>
            <td class="number">{format!("{:.2}", one.unit_hours)}</td>
            <td class="number">{format::usd(one.running_usd)}</td>
            <td class="number">{format::usd(one.training_usd)}</td>
            <td class="number">{format::usd(usd)}</td>
        </tr>
    }
    .into_any()
}

fn run(one: Run, now_ms: i64) -> AnyView {
    let lang = use_lang();
    let (began_ms, start_seen, end_seen) = (one.began_ms, one.start_seen, one.end_seen());
    let (seen_ms, ended_ms, until_ms) = (one.seen_ms, one.ended_ms, one.counted_until(now_ms));
    let began = move || {
        let at = format::date_time(lang, began_ms);
        if start_seen { at } else { words!(lang, cost.before, time = at) }
    };
    let ended = move || match ended_ms {
        Some(ended) if end_seen => format::date_time(lang, ended),
        Some(ended) => {
            let (from, to) = (format::date_time(lang, seen_ms), format::date_time(lang, ended));
            words!(lang, cost.between, from = from, to = to)
        }
        None if until_ms < now_ms => words!(lang, cost.last_seen, time = format::date_time(lang, seen_ms)),
        None => words!(lang, cost.runs_now),
    };
    view! {
        <tr>
            <td>
                {one.model.clone()}
                <div class="small-text quiet-text">{one.project.clone()}</div>
            </td>
            <td>{began}</td>
            <td>{ended}</td>
            <td class="number">{one.units}</td>
            <td><code>{one.region.clone()}</code></td>
            <td class="number">{format::usd(one.unit_hour_usd)}</td>
            <td class="number">{format::usd(one.cost(i64::MIN / 2, i64::MAX, now_ms))}</td>
        </tr>
    }
    .into_any()
}
