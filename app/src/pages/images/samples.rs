use super::suggested_name;
use crate::api;
use crate::links;
use crate::tr;
use crate::ui::{Button, ButtonKind, Card, Icon, ProblemBox, icon, use_action, use_jobs};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

/// "Use the sample images": draws the guide's QR set into `bucket`, or into a new one.
pub(super) fn card(bucket: Option<String>) -> AnyView {
    view! {
        <Card title=tr!(images.samples)>
            <p class="quiet-text">{tr!(images.samples_what)}</p>
            <SampleButton bucket=bucket primary=true />
        </Card>
    }
    .into_any()
}

/// The button alone.
#[component]
pub(crate) fn SampleButton(bucket: Option<String>, #[prop(optional)] primary: bool) -> impl IntoView {
    let jobs = use_jobs();
    let navigate = use_navigate();
    let makes_bucket = bucket.is_none();
    let draw = use_action(
        move |bucket: Option<String>| async move {
            let bucket = match bucket {
                Some(bucket) => bucket,
                None => api::images::create_bucket(suggested_name()).await?.name,
            };
            api::images::draw_samples(bucket.clone()).await?;
            Ok(bucket)
        },
        move |bucket: String| {
            jobs.refresh();
            navigate(&links::images(&bucket, "custom_label/"), Default::default());
        },
    );
    view! {
        <div class="stack">
            {makes_bucket
                .then(|| {
                    view! { <p class="small-text quiet-text row">{icon(Icon::Info)} {tr!(images.samples_new_bucket)}</p> }
                })}
            {move || draw.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
            <div class="actions">
                <Button
                    label=tr!(images.use_samples)
                    icon=Icon::Images
                    kind=if primary { ButtonKind::Primary } else { ButtonKind::Secondary }
                    busy=draw.busy
                    testid="use-samples"
                    on_click=move |()| draw.run(bucket.clone())
                />
            </div>
        </div>
    }
    .into_any()
}
