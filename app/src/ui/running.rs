use super::{Button, ButtonKind, Icon, icon, use_clock, use_project, use_running, use_session};
use crate::api;
use crate::format;
use crate::tr;
use domain::view::{Cloud, VersionView};
use leptos::prelude::*;

/// What a running model has cost by `now_ms`: what the server said at `said_ms`, and the hours since.
pub fn cost_now(model: &VersionView, said_ms: i64, now_ms: i64) -> Option<f64> {
    let said = model.cost_usd?;
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of hours")]
    let since = (now_ms - said_ms).max(0) as f64;
    let grows = if model.status.is_billed() { model.hourly_usd * since / 3_600_000.0 } else { 0.0 };
    Some(said + grows)
}

/// Whether nothing is charged: the amounts are then what AWS would charge.
pub fn cost_is_local() -> Signal<bool> {
    let session = use_session();
    Signal::derive(move || session.data.with(|session| session.as_ref().is_some_and(|s| s.cloud == Cloud::Local)))
}

/// The heading above an amount.
pub fn cost_heading() -> Signal<String> {
    let local = cost_is_local();
    Signal::derive(move || if local.get() { tr!(frame.cost_on_aws) } else { tr!(frame.cost) }.get())
}

/// Stops a model at once: one click, no question.
#[component]
pub fn StopButton(#[prop(into)] arn: Signal<String>, #[prop(optional)] testid: Option<&'static str>) -> impl IntoView {
    let running = use_running();
    let project = use_project();
    let stop = super::use_action(api::model::stop_model, move |()| {
        running.refresh();
        project.view.refresh();
    });
    // Stays busy until the model is seen stopping.
    let stopping = move || {
        running.data.with(|data| {
            data.as_ref().is_some_and(|data| {
                data.models.iter().any(|m| m.status == domain::status::VersionStatus::Stopping && m.arn == *arn.read())
            })
        })
    };
    view! {
        <Button
            label=tr!(frame.stop)
            icon=Icon::Stop
            kind=ButtonKind::Danger
            busy=Signal::derive(move || stop.busy.get() || stopping())
            testid=testid.unwrap_or("stop")
            on_click=move |()| stop.run(arn.get_untracked())
        />
        {move || stop.problem.get().map(|problem| view! { <super::ProblemLine problem=problem /> })}
    }
    .into_any()
}

/// The bar on every page while a model starts, runs or stops: how many, what they cost, stop all.
#[component]
pub fn RunningBar() -> impl IntoView {
    let running = use_running();
    let clock = use_clock();
    let count = Memo::new(move |_| running.data.with(|data| data.as_ref().map_or(0, |data| data.models.len())));
    let cost = move || {
        let now = clock.get();
        let said = running.updated_ms.get();
        running.data.with(|data| {
            data.iter().flat_map(|data| &data.models).filter_map(|model| cost_now(model, said, now)).sum::<f64>()
        })
    };
    let stop_all = super::use_action(
        move |arns: Vec<String>| async move {
            let mut failed = None;
            for arn in arns {
                // One that can't be stopped keeps no other running.
                if let Err(error) = api::model::stop_model(arn).await {
                    failed = failed.or(Some(error));
                }
            }
            running.refresh();
            failed.map_or(Ok(()), Err)
        },
        |()| (),
    );
    let run_stop_all = move |()| {
        let arns = running.data.with_untracked(|data| {
            let models = data.iter().flat_map(|data| &data.models);
            models
                .filter(|model| model.status == domain::status::VersionStatus::Running)
                .map(|model| model.arn.clone())
                .collect::<Vec<_>>()
        });
        stop_all.run(arns);
    };
    let can_stop = Memo::new(move |_| {
        running.data.with(|data| {
            data.iter().flat_map(|data| &data.models).any(|m| m.status == domain::status::VersionStatus::Running)
        })
    });
    let local = cost_is_local();
    let told = move || {
        if local.get() {
            tr!(frame.would_cost, money = format::usd(cost()))
        } else {
            tr!(frame.cost_so_far, money = format::usd(cost()))
        }
    };
    move || {
        (count.get() > 0).then(|| {
            view! {
                <div class="running-bar" data-testid="running-bar" role="status">
                    {icon(Icon::Running)}
                    <a href="/models">{tr!(frame.running_count, count = count.get())}</a>
                    <span class="money" title=tr!(frame.estimated)>
                        {told}
                    </span>
                    <Button
                        label=tr!(frame.stop_all)
                        icon=Icon::Stop
                        kind=ButtonKind::Danger
                        busy=stop_all.busy
                        disabled=Signal::derive(move || !can_stop.get())
                        testid="stop-all"
                        on_click=run_stop_all
                    />
                    {move || stop_all.problem.get().map(|problem| view! { <super::ProblemLine problem=problem /> })}
                </div>
            }
            .into_any()
        })
    }
}
