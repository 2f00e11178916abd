//! Boxes that a running model suggests for images without any.

use super::desk::Desk;
use super::machine::Part;
use crate::api;
use crate::api::ApiError;
use crate::i18n::use_lang;
use crate::tr;
use crate::ui::{Icon, icon, problem_sentence, use_running};
use crate::words;
use domain::s3_uri::S3Uri;
use domain::status::{ModelKind, VersionStatus};
use domain::view::{DetectionView, EntryView, LabelledBox, VersionView};
use editor::{Action, Editor};
use leptos::prelude::*;
use std::collections::HashMap;

/// A detection below this confidence is no suggestion, where the model has no threshold of its own.
const LEAST_CONFIDENCE: f64 = 50.0;
/// So many of the next images are looked at before they are opened.
const AHEAD: usize = 2;

/// Whether suggestions are wanted, and what is asked now. `Copy`.
#[derive(Clone, Copy)]
pub struct Suggesting {
    /// Stays on from image to image.
    wanted: RwSignal<bool>,
    /// The image that the model looks at now.
    asking: RwSignal<Option<S3Uri>>,
    model: Memo<Option<String>>,
    /// What the model found on images that are not labelled yet.
    found: StoredValue<HashMap<(String, S3Uri), Vec<LabelledBox>>>,
    /// Whether it looks at the next images now.
    ahead: StoredValue<bool>,
}

impl Suggesting {
    pub fn new() -> Self {
        Self {
            wanted: RwSignal::new(false),
            asking: RwSignal::new(None),
            model: use_suggesting_model(),
            found: StoredValue::default(),
            ahead: StoredValue::new(false),
        }
    }
}

/// The ARN of a running model of the page's project that finds boxes.
pub fn use_suggesting_model() -> Memo<Option<String>> {
    let (running, project) = (use_running(), crate::ui::use_project());
    Memo::new(move |_| {
        let name = project.name.get()?;
        let fits = |model: &&VersionView| {
            model.project == name
                && model.status == VersionStatus::Running
                && model.kind != Some(ModelKind::ImageLabels)
        };
        running.data.with(|view| view.iter().flat_map(|view| &view.models).find(fits).map(|model| model.arn.clone()))
    })
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
            self.show_kept();
            self.suggesting.found.update_value(HashMap::clear);
        }
    }

    /// Shows what the model found here when it was asked about all images.
    pub(super) fn show_kept(self) {
        let kept = self.entry.with_untracked(|entry| entry.as_ref().and_then(|entry| entry.suggestions.clone()));
        if let Some(kept) = kept.filter(|kept| !kept.is_empty()) {
            self.act(|machine| machine.set_suggestions(&kept));
        }
    }

    /// What a person decided of such suggestions is decided for good.
    pub(super) fn follow_decisions(self) {
        Effect::new(move || {
            let left = self.machine.with(Part::Suggestions, |machine| machine.map(Editor::suggested_boxes));
            let Some(left) = left else { return };
            let decided = self.entry.try_maybe_update(|entry| {
                let Some(entry) = entry else { return (false, None) };
                match &mut entry.suggestions {
                    Some(kept) if kept.len() > left.len() => {
                        kept.clone_from(&left);
                        (true, Some(entry.source.clone()))
                    }
                    _ => (false, None),
                }
            });
            if let Some(source) = decided.flatten() {
                self.here.leave_suggestions(&source, left);
            }
        });
    }

    /// Asks the model about each image that opens without boxes while suggestions are wanted.
    pub fn follow_suggesting(self) {
        let Suggesting { wanted, model, .. } = self.suggesting;
        let shown = Memo::new(move |_| {
            self.machine.with(Part::There, |machine| machine.is_some()).then(|| self.source.get()).flatten()
        });
        Effect::new(move || {
            let (Some(source), true, Some(model)) = (shown.get(), wanted.get(), model.get()) else { return };
            let empty = self.machine.peek(|machine| {
                machine.is_some_and(|machine| machine.boxes().is_empty() && machine.suggestions().is_empty())
            });
            match self
                .entry
                .with_untracked(|entry| entry.as_ref().map(|entry| (unlabelled(entry), entry.suggestions.is_some())))
            {
                Some((true, false)) if empty => self.ask(model, source),
                // It was asked about all images.
                Some((true, true)) if empty => self.flash.say(words!(self.lang, labels.suggest_none)),
                _ => {}
            }
        });
    }

    fn ask(self, model: String, source: S3Uri) {
        let Suggesting { asking, found, .. } = self.suggesting;
        if let Some(boxes) = found.try_update_value(|found| found.remove(&(model.clone(), source.clone()))).flatten() {
            self.suggest(&boxes);
            self.look_ahead(model);
            return;
        }
        asking.set(Some(source.clone()));
        leptos::task::spawn_local(async move {
            let answer = detect(&model, &source).await;
            if asking.try_get_untracked().flatten().as_ref() == Some(&source) {
                asking.set(None);
            }
            if self.source.try_get_untracked().flatten() != Some(source) {
                return;
            }
            match answer {
                Ok(boxes) => {
                    self.suggest(&boxes);
                    self.look_ahead(model);
                }
                Err(ApiError(problem)) => self.flash.say(problem_sentence(self.lang, problem.kind)),
            }
        });
    }

    fn suggest(self, boxes: &[LabelledBox]) {
        if boxes.is_empty() {
            self.flash.say(words!(self.lang, labels.suggest_none));
        }
        self.act(|machine| machine.set_suggestions(boxes));
    }

    /// Lets the model look at the next unlabelled images, so that their suggestions are there when they open.
    fn look_ahead(self, model: String) {
        let Suggesting { wanted, found, ahead, .. } = self.suggesting;
        let open = self.source.get_untracked();
        let next: Vec<S3Uri> = self.here.entries.data.with_untracked(|page| {
            let entries = page.iter().flat_map(|page| &page.entries);
            let after = entries.skip_while(|entry| Some(&entry.source) != open.as_ref()).skip(1);
            let unasked = after.filter(|entry| unlabelled(entry) && entry.suggestions.is_none()).take(AHEAD);
            unasked.map(|entry| entry.source.clone()).collect()
        });
        if ahead.try_update_value(|ahead| std::mem::replace(ahead, true)) != Some(false) {
            return;
        }
        leptos::task::spawn_local(async move {
            for source in next {
                let key = (model.clone(), source);
                let known = found.try_with_value(|found| found.contains_key(&key)).unwrap_or(true);
                if known || wanted.try_get_untracked() != Some(true) {
                    continue;
                }
                // What fails is asked again, and told, when the image opens.
                if let Ok(boxes) = detect(&key.0, &key.1).await {
                    found.try_update_value(|found| found.insert(key, boxes));
                }
            }
            ahead.try_set_value(false);
        });
    }
}

fn unlabelled(entry: &EntryView) -> bool {
    entry.annotation.boxes.is_none()
}

async fn detect(model: &str, source: &S3Uri) -> Result<Vec<LabelledBox>, ApiError> {
    let found = api::model::detect_object(model.to_owned(), source.bucket.clone(), source.key.clone()).await?;
    Ok(sure(&found))
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
    let Suggesting { wanted, asking, model, .. } = desk.suggesting;
    let left = Memo::new(move |_| {
        desk.machine.with(Part::Suggestions, |machine| machine.map_or(0, |machine| Editor::suggestions(machine).len()))
    });
    let next = Memo::new(move |_| {
        desk.machine.with(Part::Suggestions, |machine| {
            let machine = machine?;
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
    // What was kept can be decided without a model too.
    let shown = Memo::new(move |_| model.with(Option::is_some) || left.get() > 0);
    (move || {
        shown.get().then(|| {
            view! {
                <section class="suggestions">
                    <button
                        type="button"
                        class="button"
                        class:unseen-row=move || model.with(Option::is_none)
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
                    <div class="row" class:unseen-row=move || left.get() < 2>
                        <button
                            type="button"
                            class="button"
                            data-testid="accept-suggestions"
                            title="Shift+F"
                            on:click=move |_| desk.does(Action::AcceptSuggestions)
                        >
                            {icon(Icon::Check)} <span>{tr!(labels.suggest_accept_all)}</span>
                        </button>
                        <button
                            type="button"
                            class="button"
                            data-testid="drop-suggestions"
                            title="Shift+X"
                            on:click=move |_| desk.does(Action::DropSuggestions)
                        >
                            {icon(Icon::Close)} <span>{tr!(labels.suggest_drop_all)}</span>
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
