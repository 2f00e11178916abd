//! Boxes that a running model suggests for images without any.

use super::desk::Desk;
use crate::api;
use crate::api::ApiError;
use crate::i18n::use_lang;
use crate::tr;
use crate::ui::{Icon, icon, problem_sentence, use_running};
use crate::words;
use domain::s3_uri::S3Uri;
use domain::status::{ModelKind, VersionStatus};
use domain::view::{DetectionView, LabelledBox, VersionView};
use editor::{Action, Editor};
use leptos::prelude::*;

/// A detection below this confidence is no suggestion, where the model has no threshold of its own.
const LEAST_CONFIDENCE: f64 = 50.0;

/// Whether suggestions are wanted, and what is asked now. `Copy`.
#[derive(Clone, Copy)]
pub struct Suggesting {
    /// Stays on from image to image.
    wanted: RwSignal<bool>,
    /// The image that the model looks at now.
    asking: RwSignal<Option<S3Uri>>,
    model: Memo<Option<String>>,
}

impl Suggesting {
    /// Looks for a running model with boxes; the page's project decides which.
    pub fn new() -> Self {
        let (running, project) = (use_running(), crate::ui::use_project());
        let model = Memo::new(move |_| {
            let name = project.name.get()?;
            let fits = |model: &&VersionView| {
                model.project == name
                    && model.status == VersionStatus::Running
                    && model.kind != Some(ModelKind::ImageLabels)
            };
            running
                .data
                .with(|view| view.iter().flat_map(|view| &view.models).find(fits).map(|model| model.arn.clone()))
        });
        Self { wanted: RwSignal::new(false), asking: RwSignal::new(None), model }
    }
}

impl Desk {
    /// "Suggest boxes", on and off.
    pub fn toggle_suggesting(self) {
        let Suggesting { wanted, model, .. } = self.suggesting;
        if model.with_untracked(Option::is_none) {
            self.flash.say(words!(self.lang, labels.suggest_no_model));
            return;
        }
        wanted.update(|wanted| *wanted = !*wanted);
        if !wanted.get_untracked() {
            self.act(|machine| machine.set_suggestions(&[]));
        }
    }

    /// Asks the model about each image that opens without boxes while suggestions are wanted.
    pub fn follow_suggesting(self) {
        let Suggesting { wanted, model, .. } = self.suggesting;
        let shown = Memo::new(move |_| self.machine.with(Option::is_some).then(|| self.source.get()).flatten());
        Effect::new(move || {
            let (Some(source), true, Some(model)) = (shown.get(), wanted.get(), model.get()) else { return };
            let empty = self.machine.with_untracked(|machine| {
                machine.as_ref().is_some_and(|machine| machine.boxes().is_empty() && machine.suggestions().is_empty())
            });
            let unlabelled =
                self.entry.with_untracked(|entry| entry.as_ref().is_some_and(|e| e.annotation.boxes.is_none()));
            if empty && unlabelled {
                self.ask(model, source);
            }
        });
    }

    fn ask(self, model: String, source: S3Uri) {
        let asking = self.suggesting.asking;
        asking.set(Some(source.clone()));
        leptos::task::spawn_local(async move {
            let answer = api::model::detect_object(model, source.bucket.clone(), source.key.clone()).await;
            if asking.try_get_untracked().flatten().as_ref() == Some(&source) {
                asking.set(None);
            }
            if self.source.try_get_untracked().flatten() != Some(source) {
                return;
            }
            match answer {
                Ok(found) => {
                    let boxes = sure(&found);
                    if boxes.is_empty() {
                        self.flash.say(words!(self.lang, labels.suggest_none));
                    }
                    self.act(|machine| machine.set_suggestions(&boxes));
                }
                Err(ApiError(problem)) => self.flash.say(problem_sentence(self.lang, problem.kind)),
            }
        });
    }
}

/// What the model itself would report: each label by its assumed threshold.
fn sure(found: &DetectionView) -> Vec<LabelledBox> {
    let least = |label: &str| {
        found.assumed_thresholds.iter().find(|(own, _)| own == label).map_or(LEAST_CONFIDENCE, |(_, least)| *least)
    };
    let sure = found.detections.iter().filter(|one| one.confidence >= least(&one.label));
    sure.filter_map(|one| Some(LabelledBox { label: one.label.clone(), area: one.area?.pixels_from_ratio(found.size) }))
        .collect()
}

/// The button for suggestions, and yes or no to the next one.
pub fn suggestions(desk: Desk) -> AnyView {
    let lang = use_lang();
    let Suggesting { wanted, asking, model } = desk.suggesting;
    let left = Memo::new(move |_| {
        desk.machine.with(|machine| machine.as_ref().map_or(0, |machine| Editor::suggestions(machine).len()))
    });
    let next = Memo::new(move |_| {
        desk.machine.with(|machine| {
            let machine = machine.as_ref()?;
            machine.labels().get(machine.suggestions().first()?.label).cloned()
        })
    });
    let state = move || match (asking.with(Option::is_some), left.get()) {
        (true, _) => words!(lang, labels.suggest_asking),
        (false, 0) => words!(lang, labels.suggest_is),
        (false, count) => {
            words!(lang, labels.suggest_left, count = count, label = next.get().unwrap_or_default())
        }
    };
    (move || {
        model.with(Option::is_some).then(|| {
            view! {
                <section class="suggestions">
                    <button
                        type="button"
                        class="button"
                        class:busy=move || asking.with(Option::is_some)
                        aria-pressed=move || if wanted.get() { "true" } else { "false" }
                        data-testid="suggest"
                        on:click=move |_| desk.does(Action::Suggest)
                    >
                        {icon(Icon::Use)} <span>{tr!(labels.suggest)}</span>
                    </button>
                    <p class="small-text">{state}</p>
                    <div class="row">
                        <button
                            type="button"
                            class="button"
                            disabled=move || left.get() == 0
                            data-testid="accept-suggestion"
                            on:click=move |_| desk.does(Action::AcceptSuggestion)
                        >
                            {icon(Icon::Check)} <span>{tr!(labels.suggest_accept)}</span>
                        </button>
                        <button
                            type="button"
                            class="button"
                            disabled=move || left.get() == 0
                            data-testid="drop-suggestion"
                            on:click=move |_| desk.does(Action::DropSuggestion)
                        >
                            {icon(Icon::Close)} <span>{tr!(labels.suggest_drop)}</span>
                        </button>
                    </div>
                </section>
            }
        })
    })
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::geometry::{ImageSize, RatioBox};
    use domain::view::Detection;

    #[test]
    fn only_what_the_model_is_sure_of_is_suggested_in_image_pixels() {
        let area = Some(RatioBox { left: 0.5, top: 0.25, width: 0.25, height: 0.5 });
        let found = |label: &str, confidence| Detection { label: label.to_owned(), confidence, area };
        let view = DetectionView {
            size: ImageSize { width: 400, height: 200 },
            detections: vec![found("a", 71.0), found("a", 69.0), found("b", 51.0), found("b", 49.0)],
            took_ms: 1,
            assumed_thresholds: vec![("a".to_owned(), 70.0)],
            through: None,
        };
        let sure = sure(&view);
        assert_eq!(sure.iter().map(|one| one.label.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((sure[0].area.left, sure[0].area.top, sure[0].area.width), (200.0, 50.0, 100.0));
    }
}
