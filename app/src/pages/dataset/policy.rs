use super::diff::{self, Change};
use crate::api;
use crate::tr;
use crate::ui::{Button, ButtonKind, Icon, Polled, ProblemBox, icon, loaded, use_action, use_fetched};
use domain::policy::Purpose;
use domain::view::{PolicyStatementView, PolicyView};
use leptos::prelude::*;

/// The bucket's policy as a fold: what each statement is for, what is there, what is added, and
/// one click that adds.
#[component]
pub(super) fn PolicyFold(bucket: String) -> impl IntoView {
    let name = bucket.clone();
    let policy = use_fetched(move || api::dataset::bucket_policy(name.clone()));
    let missing = Memo::new(move |_| {
        policy.data.with(|policy| policy.as_ref().map(|policy| policy.statements.iter().filter(|s| !s.present).count()))
    });
    let state = move || match missing.get() {
        None => ().into_any(),
        Some(0) => {
            view! { <span class="badge good">{icon(Icon::Check)} {tr!(dataset.policy_complete)}</span> }.into_any()
        }
        Some(count) => view! {
            <span class="badge costing">{icon(Icon::Warning)} {tr!(dataset.policy_missing, count = count)}</span>
        }
        .into_any(),
    };
    view! {
        <details class="policy" data-testid="policy">
            <summary>
                <span>{tr!(dataset.policy)}</span>
                <code>{bucket}</code>
                {state}
            </summary>
            <div class="stack">
                <p class="quiet-text">{tr!(dataset.policy_why)}</p>
                {loaded(policy, move |view| content(view, policy))}
            </div>
        </details>
    }
    .into_any()
}

fn content(view: Signal<PolicyView>, policy: Polled<PolicyView>) -> AnyView {
    let apply = use_action(
        move |()| api::dataset::apply_policy(view.with_untracked(|view| view.bucket.clone())),
        move |now: PolicyView| policy.put(now),
    );
    let statements = move || view.with(|view| view.statements.iter().map(statement).collect_view());
    let missing = move || view.with(|view| view.statements.iter().any(|statement| !statement.present));
    let changes = move || {
        view.with(|view| {
            let before = view.existing.clone().unwrap_or_default();
            diff::lines(&before, &view.merged)
                .into_iter()
                .map(|(change, line)| {
                    let (class, sign) = match change {
                        Change::Kept => ("kept", "  "),
                        Change::Added => ("added", "+ "),
                        Change::Removed => ("removed", "- "),
                    };
                    view! { <span class=class>{format!("{sign}{line}\n")}</span> }
                })
                .collect_view()
        })
    };
    view! {
        <ul class="statements">{statements}</ul>
        <pre class="code-block diff" tabindex="0" aria-label=tr!(dataset.policy_diff)>{changes}</pre>
        {move || apply.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
        {move || {
            missing()
                .then(|| {
                    view! {
                        <div class="actions">
                            <Button
                                label=tr!(dataset.policy_apply)
                                kind=ButtonKind::Secondary
                                busy=apply.busy
                                testid="apply-policy"
                                on_click=move |()| apply.run(())
                            />
                            <span class="small-text quiet-text">{tr!(dataset.policy_keeps)}</span>
                        </div>
                    }
                })
        }}
    }
    .into_any()
}

fn statement(statement: &PolicyStatementView) -> AnyView {
    let purpose = match statement.purpose {
        Purpose::ReadBucketMeta => tr!(dataset.purpose_meta),
        Purpose::ReadImages => tr!(dataset.purpose_images),
        Purpose::CheckAclForOutput => tr!(dataset.purpose_acl),
        Purpose::WriteOutput => tr!(dataset.purpose_output),
    };
    let present = statement.present;
    let state = move || {
        if present {
            view! { <span class="badge good">{icon(Icon::Check)} {tr!(dataset.policy_there)}</span> }.into_any()
        } else {
            view! { <span class="badge costing">{icon(Icon::Plus)} {tr!(dataset.policy_added)}</span> }.into_any()
        }
    };
    view! {
        <li>
            {state}
            <span>{purpose}</span>
            <code class="quiet-text">{statement.sid.clone()}</code>
        </li>
    }
    .into_any()
}
