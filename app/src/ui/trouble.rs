use super::{CopyButton, Icon, icon, problem_sentence, use_running};
use crate::i18n::use_lang;
use crate::tr;
use domain::view::LeaseTrouble;
use leptos::prelude::*;

/// The red bar on every page while leases can't be kept, such as with credentials that expired: why, and what stops
/// the models from a shell.
#[component]
pub fn TroubleBar() -> impl IntoView {
    let running = use_running();
    let trouble = Memo::new(move |_| running.data.with(|data| data.as_ref().and_then(|data| data.trouble.clone())));
    (move || trouble.get().map(bar)).into_any()
}

fn bar(trouble: LeaseTrouble) -> AnyView {
    let lang = use_lang();
    let LeaseTrouble { problem, overdue, commands } = trouble;
    let kind = problem.kind;
    let command = commands.join("\n");
    let meaning = if overdue { tr!(frame.trouble_overdue) } else { tr!(frame.trouble) };
    view! {
        <div class="trouble-bar" data-testid="trouble-bar" role="alert">
            <p class="row">
                {icon(Icon::Failed)} <strong>{meaning}</strong>
            </p>
            <p>{move || problem_sentence(lang, kind)}</p>
            <p>{tr!(frame.trouble_command)}</p>
            <div class="row">
                <pre><code data-testid="trouble-command">{command.clone()}</code></pre>
                <CopyButton text=command />
            </div>
            <p class="technical" lang="en">{problem.detail}</p>
        </div>
    }
    .into_any()
}
