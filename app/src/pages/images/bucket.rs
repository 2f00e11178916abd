use crate::api;
use crate::i18n::use_lang;
use crate::links;
use crate::tr;
use crate::ui::{Button, ButtonKind, Field, Polled, ProblemBox, problem_advice, use_action, use_fetched};
use domain::names::check_bucket_name;
use domain::view::BucketView;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

/// Every bucket of the account.
pub(crate) fn use_buckets() -> Polled<Vec<BucketView>> {
    use_fetched(api::images::list_buckets)
}

/// A bucket name that nobody is likely to have: `kenchi-images-` and the time in base 36.
pub(crate) fn suggested_name() -> String {
    let mut left = u64::try_from(crate::format::now_ms() / 1000).unwrap_or_default();
    let mut tail = Vec::new();
    while left > 0 {
        let digit = u32::try_from(left % 36).unwrap_or_default();
        tail.extend(char::from_digit(digit, 36));
        left /= 36;
    }
    format!("kenchi-images-{}", tail.iter().rev().collect::<String>())
}

/// A name with its rules told as they are broken, and the button that makes the bucket.
/// Leads to the new bucket.
#[component]
pub(crate) fn CreateBucket(#[prop(optional, into)] on_created: Option<Callback<String>>) -> impl IntoView {
    let lang = use_lang();
    let name = RwSignal::new(String::new());
    let navigate = use_navigate();
    let create = use_action(api::images::create_bucket, move |bucket: BucketView| {
        if let Some(on_created) = on_created {
            on_created.run(bucket.name.clone());
        }
        navigate(&links::images(&bucket.name, ""), Default::default());
    });
    let broken = Signal::derive(move || {
        let name = name.get();
        if name.is_empty() { None } else { check_bucket_name(&name).err() }
    });
    let error = Signal::derive(move || broken.get().map(|problem| problem_advice(lang, problem.kind).to_owned()));
    let not_ready = Signal::derive(move || name.with(String::is_empty) || broken.with(Option::is_some));
    view! {
        <div class="stack">
            <Field
                id="new-bucket"
                label=tr!(images.bucket_name)
                value=name
                hint=tr!(images.bucket_name_hint)
                error=error
                testid="new-bucket"
            />
            {move || create.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
            <div class="actions">
                <Button
                    label=tr!(images.create_bucket)
                    kind=ButtonKind::Primary
                    disabled=not_ready
                    busy=create.busy
                    testid="create-bucket"
                    on_click=move |()| create.run(name.get_untracked())
                />
                <Button label=tr!(images.suggest) kind=ButtonKind::Link on_click=move |()| name.set(suggested_name()) />
            </div>
        </div>
    }
    .into_any()
}
