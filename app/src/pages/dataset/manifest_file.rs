use super::folder_picker::choose_the_only_bucket;
use crate::pages::use_buckets;
use crate::tr;
use crate::ui::{ProblemLine, SelectField};
use domain::problem::{Problem, ProblemKind};
use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// A manifest's text is put into the bucket in one request: this keeps it in bounds.
const MOST_BYTES: f64 = 5.0 * 1024.0 * 1024.0;

/// A manifest file of this computer and the bucket it is put into. `text` is name and content.
#[component]
pub(super) fn ManifestFile(text: RwSignal<Option<(String, String)>>, bucket: RwSignal<String>) -> impl IntoView {
    let buckets = use_buckets();
    choose_the_only_bucket(buckets, bucket);
    let problem = RwSignal::new(None::<Problem>);
    let choose = tr!(dataset.choose_one);
    let options = Signal::derive(move || {
        let mut options = vec![(String::new(), choose.get())];
        buckets.data.with(|buckets| options.extend(buckets.iter().flatten().map(|b| (b.name.clone(), b.name.clone()))));
        options
    });
    let chosen = move |event: web_sys::Event| {
        let input: web_sys::HtmlInputElement = event_target(&event);
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        let name = file.name();
        if file.size() > MOST_BYTES {
            problem.set(Some(
                Problem::new(
                    ProblemKind::InvalidInput,
                    "a manifest of at most 5 MB can be sent; put a larger one into a bucket",
                )
                .about(name),
            ));
            return;
        }
        leptos::task::spawn_local(async move {
            match JsFuture::from(file.text()).await {
                Ok(content) => {
                    problem.set(None);
                    text.set(Some((name, content.as_string().unwrap_or_default())));
                }
                Err(_) => problem.set(Some(Problem::new(ProblemKind::ManifestUnreadable, "").about(name))),
            }
        });
    };
    let said = move || {
        text.with(|text| {
            text.as_ref().map(|(name, content)| {
                let lines = content.lines().filter(|line| !line.trim().is_empty()).count();
                let name = name.clone();
                view! { <p data-testid="manifest-lines">{tr!(dataset.manifest_lines, name = name.clone(), count = lines)}</p> }
            })
        })
    };
    view! {
        <div class="field">
            <span class="label-text">{tr!(dataset.manifest_file)}</span>
            <div class="actions">
                <label class="button file">
                    <input type="file" accept=".manifest,.json,.jsonl,.txt" data-testid="manifest-file" on:change=chosen />
                    <span>{tr!(images.pick_files)}</span>
                </label>
            </div>
            {said}
            {move || problem.get().map(|problem| view! { <ProblemLine problem=problem /> })}
        </div>
        <SelectField
            id="manifest-bucket"
            label=tr!(dataset.manifest_bucket)
            value=bucket
            options=options
            hint=tr!(dataset.manifest_bucket_hint)
        />
    }
    .into_any()
}
