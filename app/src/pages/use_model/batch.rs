use super::cut::Cut;
use crate::api;
use crate::format;
use crate::i18n::use_lang;
use crate::links;
use crate::ui::{
    Button, ButtonKind, Card, Field, Icon, Polled, ProblemBox, ProblemLine, each, use_action, use_polled_by,
    use_project,
};
use crate::{tr, words};
use domain::status::VersionStatus;
use domain::view::{BatchRequest, BatchState, BatchView, VersionView};
use leptos::prelude::*;

/// Detection on every picture below a prefix of a bucket.
pub fn batch(version: Signal<VersionView>, cut: Cut) -> AnyView {
    let project = use_project();
    let own = project.view.data.with_untracked(|view| view.as_ref().and_then(|view| view.bucket.clone()));
    let bucket = RwSignal::new(own.unwrap_or_default());
    let prefix = RwSignal::new(String::new());
    let batches = use_polled_by(api::model::batches, |batches: Option<&Vec<BatchView>>| {
        let moves = batches.is_some_and(|all| all.iter().any(|one| one.state == BatchState::Running));
        Some(if moves { 1_000 } else { 10_000 })
    });
    let start = use_action(api::model::start_batch, move |_id: String| batches.refresh());
    let running = Memo::new(move |_| version.with(|version| version.status == VersionStatus::Running));
    let ready = Signal::derive(move || running.get() && bucket.with(|bucket| !bucket.trim().is_empty()));
    let click = move |()| {
        start.run(BatchRequest {
            version_arn: version.with_untracked(|version| version.arn.clone()),
            bucket: bucket.get_untracked().trim().to_owned(),
            prefix: prefix.get_untracked().trim().to_owned(),
            min_confidence: cut.minimum.get_untracked(),
        });
    };
    let mine = Signal::derive(move || {
        let arn = version.with(|version| version.arn.clone());
        let all = batches.data.get().unwrap_or_default();
        all.into_iter().filter(|batch| batch.request.version_arn == arn).collect::<Vec<_>>()
    });
    view! {
        <Card title=tr!(use_model.batch) testid="batch">
            <p>{tr!(use_model.batch_is)}</p>
            <div class="units">
                <Field id="batch-bucket" label=tr!(use_model.bucket) value=bucket testid="batch-bucket" />
                <Field
                    id="batch-prefix"
                    label=tr!(use_model.prefix)
                    value=prefix
                    hint=tr!(use_model.prefix_hint)
                    testid="batch-prefix"
                />
            </div>
            <div>
                <Button
                    label=tr!(use_model.batch_start)
                    icon=Icon::Start
                    busy=start.busy
                    disabled=Signal::derive(move || !ready.get())
                    testid="batch-start"
                    on_click=click
                />
            </div>
            {move || start.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
            {each(mine, |batch| &batch.id, move |batch| one(batch, batches))}
        </Card>
    }
    .into_any()
}

fn one(batch: Memo<BatchView>, batches: Polled<Vec<BatchView>>) -> AnyView {
    let lang = use_lang();
    let id = StoredValue::new(batch.with_untracked(|batch| batch.id.clone()));
    let place = batch.with_untracked(|batch| format!("s3://{}/{}", batch.request.bucket, batch.request.prefix));
    let pause =
        use_action(move |pause: bool| api::model::pause_batch(id.get_value(), pause), move |()| batches.refresh());
    let told = move || {
        batch.with(|batch| {
            let (done, total, found) =
                (format::number(batch.done), format::number(batch.total), format::number(batch.found));
            words!(
                lang,
                use_model.batch_told,
                done = done,
                total = total,
                found = found,
                rate = format!("{:.1}", batch.per_second)
            )
        })
    };
    let actions = move || {
        match batch.with(|batch| batch.state.clone()) {
        BatchState::Running => view! {
            <Button label=tr!(use_model.batch_pause) busy=pause.busy testid="batch-pause" on_click=move |()| pause.run(true) />
        }
        .into_any(),
        BatchState::Paused(why) => view! {
            {why.map(|why| view! { <div class="row" data-testid="batch-waits"><span>{tr!(use_model.batch_waits)}</span> <ProblemLine problem=why /></div> })}
            {move || pause.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
            <Button
                label=tr!(use_model.batch_resume)
                kind=ButtonKind::Primary
                busy=pause.busy
                testid="batch-resume"
                on_click=move |()| pause.run(false)
            />
        }
        .into_any(),
        BatchState::Done => batch
            .with(|batch| batch.manifest.clone())
            .map(|at| {
                let folder = at.key.rfind('/').and_then(|slash| at.key.get(..=slash)).unwrap_or_default();
                view! {
                    <p data-testid="batch-manifest">
                        {tr!(use_model.batch_manifest)} " " <a href=links::images(&at.bucket, folder)><code>{at.to_string()}</code></a>
                    </p>
                }
            })
            .into_any(),
        BatchState::Failed(problem) => view! { <ProblemLine problem=problem /> }.into_any(),
    }
    };
    let failures = move || {
        let (failed, failures) = batch.with(|batch| (batch.failed, batch.failures.clone()));
        (failed > 0).then(|| {
            view! {
                <details>
                    <summary>{tr!(use_model.batch_failed, count = failed)}</summary>
                    <ul>{failures.into_iter().map(|problem| view! { <li><ProblemLine problem=problem /></li> }).collect_view()}</ul>
                </details>
            }
        })
    };
    let state = move || match batch.with(|batch| batch.state.clone()) {
        BatchState::Running => "running",
        BatchState::Paused(_) => "paused",
        BatchState::Done => "done",
        BatchState::Failed(_) => "failed",
    };
    view! {
        <div class="batch" data-testid="batch-one" data-state=state>
            <p><code>{place}</code></p>
            <progress
                max=move || batch.with(|batch| batch.total.max(1)).to_string()
                value=move || batch.with(|batch| batch.done).to_string()
            ></progress>
            <p class="small-text" role="status">{told}</p>
            {failures}
            {actions}
        </div>
    }
    .into_any()
}
