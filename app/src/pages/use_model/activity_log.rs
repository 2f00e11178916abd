use crate::api;
use crate::format;
use crate::i18n::use_lang;
use crate::tr;
use crate::ui::{Card, Polled, loaded, use_polled, use_project};
use domain::view::ActivityView;
use leptos::prelude::*;

/// What happened to this project's models, told in the words of AWS's own scripts.
pub fn use_log() -> Polled<Vec<ActivityView>> {
    let project = use_project();
    use_polled(4_000, move || api::model::activity(project.name.get()))
}

/// The log at the foot of the page, newest at the end, scrolled there.
pub fn activity_log(log: Polled<Vec<ActivityView>>) -> AnyView {
    view! {
        <Card title=tr!(use_model.log) testid="activity-log">
            {loaded(log, lines)}
        </Card>
    }
    .into_any()
}

fn lines(lines: Signal<Vec<ActivityView>>) -> AnyView {
    let lang = use_lang();
    let list = NodeRef::<leptos::html::Ol>::new();
    Effect::new(move || {
        let count = lines.with(Vec::len);
        if let Some(list) = list.get()
            && count > 0
        {
            list.set_scroll_top(list.scroll_height());
        }
    });
    let shown = move || {
        let mut lines = lines.get();
        lines.sort_by_key(|line| line.at_ms);
        lines
            .into_iter()
            .map(|line| {
                let at = line.at_ms;
                view! {
                    <li>
                        <time title=move || format::date_time(lang, at)>{move || format::time_of_day(lang, at)}</time>
                        <span lang="en">{line.text}</span>
                    </li>
                }
            })
            .collect_view()
    };
    let empty = move || lines.with(Vec::is_empty);
    view! {
        {move || empty().then(|| view! { <p class="quiet-text">{tr!(use_model.log_empty)}</p> })}
        <ol class="log" node_ref=list hidden=empty tabindex="0" aria-label=tr!(use_model.log)>
            {shown}
        </ol>
    }
    .into_any()
}
