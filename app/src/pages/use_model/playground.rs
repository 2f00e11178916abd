use super::bucket_pictures::bucket_pictures;
use super::camera::camera;
use super::cut::Cut;
use super::detection::{Detection, Picture};
use super::queue::{Queue, strip};
use super::result::result;
use crate::tr;
use crate::ui::{Button, Card, Icon, Level, Notice, Polled, ProblemBox, icon};
use domain::problem::ProblemKind;
use domain::status::VersionStatus;
use domain::view::{ActivityView, DetectionView, VersionView};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{DragEvent, Event, FileList, HtmlInputElement};

/// What the parts of the playground share. `Copy`.
#[derive(Clone, Copy)]
pub struct Playground {
    pub trial: Detection,
    pub cut: Cut,
    queue: Queue,
    version: Signal<VersionView>,
    log: Polled<Vec<ActivityView>>,
}

impl Playground {
    /// Takes other pictures and asks the model about them; shows the first one.
    pub fn take_files(self, pictures: Vec<Picture>) {
        if !pictures.is_empty() {
            self.queue.take(pictures, self);
        }
    }

    /// All pictures that have an answer, by name.
    pub fn results(self) -> Vec<(String, DetectionView)> {
        self.queue.items.with_untracked(|items| {
            let answered = items.iter().filter_map(|item| Some((item.picture.name(), item.answer.clone()?.ok()?)));
            answered.collect()
        })
    }

    pub fn refresh_log(self) {
        self.log.refresh();
    }

    fn run_again(self) {
        self.trial.run(self.arn(), move || self.log.refresh());
    }

    pub fn arn(self) -> String {
        self.version.with_untracked(|version| version.arn.clone())
    }
}

/// The pictures among files.
fn pictures_of(files: Option<FileList>) -> Vec<Picture> {
    let files = files.into_iter().flat_map(|files| (0..files.length()).filter_map(move |at| files.get(at)));
    files
        .filter(|file| matches!(file.type_().as_str(), "image/png" | "image/jpeg"))
        .filter_map(Picture::from_file)
        .collect()
}

/// Where pictures are tried: drop one or pick one, see what the model finds.
pub fn playground(version: Signal<VersionView>, log: Polled<Vec<ActivityView>>, cut: Cut) -> AnyView {
    let here = Playground { trial: Detection::new(), cut, queue: Queue::new(), version, log };
    let trial = here.trial;
    let pasted = window_event_listener(leptos::ev::paste, move |event| {
        here.take_files(pictures_of(event.clipboard_data().and_then(|data| data.files())));
    });
    on_cleanup(move || pasted.remove());
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
            {strip(here.queue, here)}
            {move || chosen.get().then(|| chosen_picture(here, running))}
        </Card>
    }
    .into_any()
}

fn chosen_picture(here: Playground, running: Memo<bool>) -> AnyView {
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
        {result(here, notes)}
    }
    .into_any()
}

/// The ways to a picture: drop, file, bucket.
fn pictures(here: Playground) -> AnyView {
    let over = RwSignal::new(false);
    let browsing = RwSignal::new(false);
    let filming = RwSignal::new(false);
    let camera_label =
        Signal::derive(move || if filming.get() { tr!(use_model.close_camera) } else { tr!(use_model.choose_camera) });
    let drop = move |event: DragEvent| {
        event.prevent_default();
        over.set(false);
        here.take_files(pictures_of(event.data_transfer().and_then(|data| data.files())));
    };
    let choose = move |event: Event| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        if let Some(input) = input {
            here.take_files(pictures_of(input.files()));
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
                    multiple=true
                    data-testid="detect-file"
                    on:change=choose
                />
                <label for="detect-file" class="button">
                    {icon(Icon::Images)} <span>{tr!(use_model.choose_file)}</span>
                </label>
                <input
                    id="detect-folder"
                    class="unseen"
                    type="file"
                    prop:webkitdirectory=true
                    data-testid="detect-folder"
                    on:change=choose
                />
                <label for="detect-folder" class="button">
                    {icon(Icon::Folder)} <span>{tr!(use_model.choose_folder)}</span>
                </label>
                <button
                    type="button"
                    class="button"
                    aria-expanded=move || if filming.get() { "true" } else { "false" }
                    data-testid="choose-camera"
                    on:click=move |_| filming.update(|filming| *filming = !*filming)
                >
                    {icon(Icon::Images)} <span>{move || camera_label.get().get()}</span>
                </button>
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
        {move || filming.get().then(|| camera(here))}
        {move || browsing.get().then(|| bucket_pictures(here))}
    }
    .into_any()
}
