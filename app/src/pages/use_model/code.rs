use crate::tr;
use crate::ui::{Card, CopyButton, use_session};
use domain::view::{Cloud, VersionView};
use leptos::prelude::*;

const CLI: &str = include_str!("../../../snippets/detect.sh");
const PYTHON: &str = include_str!("../../../snippets/detect.py");
const RUST: &str = include_str!("../../../snippets/detect.rs");

/// Code that runs as pasted, for this very model.
pub fn code(version: Signal<VersionView>) -> AnyView {
    let session = use_session();
    let arn = Memo::new(move |_| version.with(|version| version.arn.clone()));
    let local = move || session.data.with(|session| session.as_ref().is_some_and(|s| s.cloud == Cloud::Local));
    let parts = [("AWS CLI", "code-cli", CLI), ("Python", "code-python", PYTHON), ("Rust", "code-rust", RUST)];
    let parts = parts
        .map(|(name, testid, text)| {
            let own = Signal::derive(move || filled(text, &arn.get()));
            view! {
                <details class="code" data-testid=testid>
                    <summary>{name}</summary>
                    <pre><code>{own}</code></pre>
                    <CopyButton text=own />
                </details>
            }
        })
        .collect_view();
    view! {
        <Card title=tr!(use_model.code)>
            <p>{tr!(use_model.code_is)}</p>
            {move || local().then(|| view! { <p>{tr!(use_model.code_local)} " " <code>"eval \"$(kenchi env)\""</code></p> })}
            {parts}
        </Card>
    }
    .into_any()
}

/// The Region stands in the ARN.
fn filled(text: &str, arn: &str) -> String {
    let region = arn.split(':').nth(3).unwrap_or_default();
    text.replace("__ARN__", arn).replace("__REGION__", region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_names_the_model_and_its_region() {
        let arn = "arn:aws:rekognition:ap-northeast-1:000000000000:project/p/version/v/1700000000000";
        for text in [CLI, PYTHON, RUST] {
            let filled = filled(text, arn);
            assert!(
                filled.contains(arn) && filled.contains("\"ap-northeast-1\"")
                    || filled.contains("--region ap-northeast-1")
            );
            assert!(!filled.contains("__"), "{filled}");
        }
    }
}
