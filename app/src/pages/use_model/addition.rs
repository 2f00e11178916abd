//! "Add to training": the picture with what is shown on it becomes a training image.

use super::cut::passing;
use super::detection::Picture;
use super::playground::Playground;
use crate::api;
use crate::api::ApiError;
use crate::links;
use crate::tr;
use crate::ui::{Button, Icon, ProblemBox, use_action, use_project};
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::steps::Step;
use domain::view::{Annotation, DetectionView, LabelledBox};
use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, RequestInit, Response};

/// Where pictures of this computer go in the project's bucket.
const PREFIX: &str = "added/";

/// The button, and afterwards the way to the picture's labels.
pub fn addition(here: Playground) -> AnyView {
    let project = use_project();
    let added = RwSignal::new(None::<S3Uri>);
    // Another picture is not added yet.
    Effect::new(move || {
        here.trial.picture.track();
        added.set(None);
    });
    let add = use_action(
        move |()| {
            let name = project.name_untracked();
            let bucket = project.view.data.with_untracked(|view| view.as_ref().and_then(|view| view.bucket.clone()));
            let picture = here.trial.picture.get_untracked();
            let minimum = here.cut.minimum.get_untracked();
            let labels = here.trial.answer.with_untracked(|answer| answer.as_ref().map(|it| annotation(it, minimum)));
            async move {
                let (Some(picture), Some(labels), Some(bucket)) = (picture, labels, bucket) else {
                    return Err(ApiError(Problem::new(ProblemKind::InvalidInput, "there is nothing to add")));
                };
                let source = match picture {
                    Picture::Object(source) => source,
                    Picture::File { file, .. } => upload(&bucket, &file).await?,
                };
                api::model::add_to_training(name, source.clone(), labels).await?;
                Ok(source)
            }
        },
        move |source: S3Uri| added.set(Some(source)),
    );
    let answered = move || here.trial.answer.with(Option::is_some);
    let to_labels = move |source: &S3Uri| {
        let page = links::step(Step::Labels, project.name.get().as_deref());
        format!("{page}?image={}", links::encode(&source.to_string()))
    };
    view! {
        {move || {
            answered()
                .then(|| match added.get() {
                    Some(source) => view! {
                        <p data-testid="added">
                            {tr!(use_model.added)} " " <a href=to_labels(&source)>{tr!(use_model.added_correct)}</a>
                        </p>
                    }
                    .into_any(),
                    None => view! {
                        <div>
                            <Button
                                label=tr!(use_model.add)
                                icon=Icon::Plus
                                busy=add.busy
                                testid="add-to-training"
                                on_click=move |()| add.run(())
                            />
                            <p class="small-text quiet-text">{tr!(use_model.add_is)}</p>
                        </div>
                    }
                    .into_any(),
                })
        }}
        {move || add.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
    }
    .into_any()
}

/// What is shown, as labels.
fn annotation(answer: &DetectionView, minimum: Option<f64>) -> Annotation {
    let shown = passing(answer, minimum);
    let is_boxes = answer.detections.iter().any(|found| found.area.is_some());
    let boxes = shown.iter().filter_map(|found| {
        let area = found.area?.pixels_from_ratio(answer.size).clamped_to(answer.size).rounded();
        Some(LabelledBox { label: found.label.clone(), area })
    });
    Annotation {
        labels: if is_boxes { Vec::new() } else { shown.iter().map(|found| found.label.clone()).collect() },
        boxes: is_boxes.then(|| boxes.collect()),
    }
}

async fn upload(bucket: &str, file: &File) -> Result<S3Uri, ApiError> {
    let failed = |detail: String| ApiError(Problem::new(ProblemKind::ServerUnreachable, detail));
    let at = S3Uri::new(bucket, format!("{PREFIX}{}", file.name()));
    // A file that was moved meanwhile is not the server's fault.
    let bytes = JsFuture::from(file.array_buffer()).await.map_err(|_| {
        ApiError(Problem::new(ProblemKind::InvalidInput, "the file can't be read any more").about(file.name()))
    })?;
    let how = RequestInit::new();
    how.set_method("PUT");
    how.set_body(&bytes);
    let asked = window().fetch_with_str_and_init(&links::upload(&at.bucket, &at.key), &how);
    let response = JsFuture::from(asked).await.map_err(|error| failed(format!("{error:?}")))?;
    let response: Response = response.into();
    if response.ok() {
        return Ok(at);
    }
    let text = match response.text() {
        Ok(text) => JsFuture::from(text).await.ok().and_then(|text| text.as_string()).unwrap_or_default(),
        Err(_) => String::new(),
    };
    Err(ApiError(serde_json::from_str(&text).unwrap_or_else(|_| Problem::new(ProblemKind::Internal, text))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::geometry::{ImageSize, RatioBox};
    use domain::view::Detection;

    #[test]
    fn what_is_shown_becomes_labels_inside_the_picture() {
        let found = |confidence, left| Detection {
            label: "qr".to_owned(),
            confidence,
            area: Some(RatioBox { left, top: 0.0, width: 0.5, height: 0.5 }),
        };
        let answer = DetectionView {
            size: ImageSize { width: 100, height: 100 },
            detections: vec![found(90.0, 0.8), found(10.0, 0.0)],
            took_ms: 1,
            assumed_thresholds: Vec::new(),
            through: None,
        };
        let boxes = annotation(&answer, Some(50.0)).boxes.unwrap();
        assert_eq!(boxes.len(), 1);
        assert!((boxes[0].area.right() - 100.0).abs() < 1e-9);
        assert_eq!(annotation(&answer, Some(95.0)).boxes, Some(Vec::new()), "nothing there is a label too");
    }
}
