use super::bucket_pictures::bucket_pictures;
use super::cut::use_cut;
use super::detection::{Detection, Picture};
use super::result::result;
use crate::tr;
use crate::ui::{Button, Card, Icon, Level, Notice, Polled, ProblemBox, icon};
use domain::problem::ProblemKind;
use domain::status::VersionStatus;
use domain::view::{ActivityView, VersionView};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{DragEvent, Event, File, HtmlInputElement};

/// What the parts of the playground share. `Copy`.
#[derive(Clone, Copy)]
pub struct Playground {
    pub trial: Detection,
    version: Signal<VersionView>,
    log: Polled<Vec<ActivityView>>,
}

impl Playground {
    /// Takes another picture and asks the model about it.
    pub fn take(self, picture: Picture) {
        self.trial.take(picture, self.arn(), move || self.log.refresh());
    }

    fn take_file(self, file: Option<File>) {
        if let Some(picture) = file.and_then(Picture::from_file) {
            self.take(picture);
        }
    }

    fn run_again(self) {
        self.trial.run(self.arn(), move || self.log.refresh());
    }

    fn arn(self) -> String {
        self.version.with_untracked(|version| version.arn.clone())
    }
}

/// Where pictures are tried: drop one or pick one, see what the model finds.
pub fn playground(version: Signal<VersionView>, log: Polled<Vec<ActivityView>>) -> AnyView {
    let here = Playground { trial: Detection::new(), version, log };
    let trial = here.trial;
    let cut = use_cut();
    let running = Memo::new(move |_| version.with(|version| version.status == VersionStatus::Running));
    // A picture that was chosen too early is tried as soon as the model runs.
    Effect::new(move |before: Option<bool>| {
        let now = running.get();
        if before == Some(false) && now && trial.answer.with_untracked(Option::is_none) {
            here.run_again();
        }
        now
    });
    let chosen = Memo::new(move |_| trial.picture.with(Option::is_some));
    view! {
        <Card title=tr!(use_model.try_picture) testid="playground">
            {move || {
                (!running.get() && !chosen.get())
                    .then(|| view! { <p class="quiet-text">{tr!(use_model.not_running_short)}</p> })
            }}
            {pictures(here)}
            {move || chosen.get().then(|| chosen_picture(here, cut, running))}
        </Card>
    }
    .into_any()
}

fn chosen_picture(here: Playground, cut: super::cut::Cut, running: Memo<bool>) -> AnyView {
    let trial = here.trial;
    let too_early = move || {
        !running.get() && trial.problem.with(|p| p.as_ref().is_some_and(|p| p.kind == ProblemKind::ModelNotRunning))
    };
    let notes = view! {
        {move || too_early().then(|| view! { <Notice level=Level::Info>{tr!(use_model.not_running)}</Notice> })}
        {move || trial.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
    }
    .into_any();
    view! {
        <div class="row between">
            <code data-testid="picture-name">{move || trial.picture.with(|picture| picture.as_ref().map(Picture::name))}</code>
            <Button
                label=tr!(use_model.again)
                icon=Icon::Retry
                busy=trial.busy
                testid="detect-again"
                on_click=move |()| here.run_again()
            />
        </div>
        {result(trial, cut, notes)}
    }
    .into_any()
}

/// The ways to a picture: drop, file, bucket.
fn pictures(here: Playground) -> AnyView {
    let over = RwSignal::new(false);
    let browsing = RwSignal::new(false);
    let drop = move |event: DragEvent| {
        event.prevent_default();
        over.set(false);
        here.take_file(event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0)));
    };
    let choose = move |event: Event| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        if let Some(input) = input {
            here.take_file(input.files().and_then(|files| files.get(0)));
            // The same file can be chosen again.
            input.set_value("");
        }
    };
    let browse_label =
        Signal::derive(move || if browsing.get() { tr!(use_model.close_bucket) } else { tr!(use_model.choose_bucket) });
    view! {
        <div
            class="drop"
            class:over=over
            data-testid="drop"
            on:dragover=move |event: DragEvent| {
                event.prevent_default();
                over.set(true);
            }
            on:dragleave=move |_| over.set(false)
            on:drop=drop
        >
            {icon(Icon::Upload)}
            <p>
                <strong>{tr!(use_model.drop)}</strong>
                <span class="small-text quiet-text">{tr!(use_model.drop_or)}</span>
            </p>
            <div class="actions">
                <input
                    id="detect-file"
                    class="unseen"
                    type="file"
                    accept="image/png,image/jpeg"
                    data-testid="detect-file"
                    on:change=choose
                />
                <label for="detect-file" class="button">
                    {icon(Icon::Images)} <span>{tr!(use_model.choose_file)}</span>
                </label>
                <button
                    type="button"
                    class="button"
                    aria-expanded=move || if browsing.get() { "true" } else { "false" }
                    data-testid="choose-bucket"
                    on:click=move |_| browsing.update(|browsing| *browsing = !*browsing)
                >
                    {icon(Icon::Folder)} <span>{move || browse_label.get().get()}</span>
                </button>
            </div>
        </div>
        {move || browsing.get().then(|| bucket_pictures(here))}
    }
    .into_any()
}
