use super::folder_picker::{FolderPicker, label_preview};
use super::manifest_check::{Checking, manifest_check, use_check};
use super::manifest_file::ManifestFile;
use super::policy::PolicyFold;
use crate::api;
use crate::i18n::use_lang;
use crate::pages::LastPlace;
use crate::tr;
use crate::ui::{
    Button, ButtonKind, Card, Field, Icon, LinkButton, ProblemBox, SelectField, icon, loaded, problem_advice,
    use_action, use_fetched, use_jobs, use_project,
};
use domain::names::check_dataset_name;
use domain::s3_uri::S3Uri;
use domain::status::DatasetKind;
use domain::view::{DatasetChoice, DatasetSource};
use leptos::prelude::*;

/// Where the dataset comes from, as the person chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Folder,
    ManifestObject,
    ManifestFile,
    Computer,
    Copy,
}

/// What was entered. `Copy`.
#[derive(Clone, Copy)]
pub(super) struct Form {
    kind: DatasetKind,
    source: RwSignal<Source>,
    bucket: RwSignal<String>,
    prefix: RwSignal<String>,
    by_folder: RwSignal<bool>,
    manifest_uri: RwSignal<String>,
    manifest_text: RwSignal<Option<(String, String)>>,
    manifest_bucket: RwSignal<String>,
    copied: RwSignal<String>,
    name: RwSignal<String>,
    checking: Checking,
}

impl Form {
    /// Starts with the folder last looked at on the images page.
    pub fn new(kind: DatasetKind) -> Self {
        let last = expect_context::<LastPlace>().0.get_untracked().unwrap_or_default();
        Self {
            kind,
            source: RwSignal::new(Source::Folder),
            bucket: RwSignal::new(last.bucket.clone()),
            prefix: RwSignal::new(last.prefix),
            by_folder: RwSignal::new(true),
            manifest_uri: RwSignal::new(String::new()),
            manifest_text: RwSignal::new(None),
            manifest_bucket: RwSignal::new(last.bucket),
            copied: RwSignal::new(String::new()),
            name: RwSignal::new(String::new()),
            checking: Checking::new(),
        }
    }

    /// What the server is asked for; none while something is missing. Tracked.
    fn wanted(self) -> Option<DatasetSource> {
        self.source_with(self.checking.mend.get())
    }

    /// The same for a manifest, to be checked; none for other sources. Tracked.
    fn manifest(self) -> Option<DatasetSource> {
        let source = self.source_with(false)?;
        let is_manifest = matches!(source, DatasetSource::ManifestObject { .. } | DatasetSource::ManifestText { .. });
        is_manifest.then_some(source)
    }

    fn source_with(self, mend: bool) -> Option<DatasetSource> {
        let filled = |text: String| (!text.is_empty()).then_some(text);
        match self.source.get() {
            Source::Folder => Some(DatasetSource::Folder {
                bucket: filled(self.bucket.get())?,
                prefix: self.prefix.get(),
                label_by_folder: self.by_folder.get(),
            }),
            Source::ManifestObject => {
                let uri: S3Uri = self.manifest_uri.get().trim().parse().ok()?;
                Some(DatasetSource::ManifestObject { bucket: uri.bucket, key: filled(uri.key)?, mend })
            }
            Source::ManifestFile => Some(DatasetSource::ManifestText {
                bucket: filled(self.manifest_bucket.get())?,
                text: self.manifest_text.get()?.1,
                mend,
            }),
            Source::Computer => None,
            Source::Copy => Some(DatasetSource::Copy { dataset_arn: filled(self.copied.get())? }),
        }
    }

    /// The bucket whose policy matters. Tracked.
    fn policy_bucket(self) -> Option<String> {
        let bucket = match self.wanted()? {
            DatasetSource::Folder { bucket, .. }
            | DatasetSource::ManifestObject { bucket, .. }
            | DatasetSource::ManifestText { bucket, .. } => bucket,
            DatasetSource::Copy { .. } | DatasetSource::Empty => return None,
        };
        Some(bucket)
    }
}

/// Source cards, the chosen source's fields, own name, bucket policy, and the button.
pub(super) fn form(form: Form) -> AnyView {
    let lang = use_lang();
    let project = use_project();
    let jobs = use_jobs();
    let create = use_action(
        move |source: DatasetSource| {
            let name = form.name.get_untracked();
            let name = (!name.is_empty()).then_some(name);
            api::dataset::create_dataset(project.name_untracked(), form.kind, source, name)
        },
        move |_job| {
            jobs.refresh();
            project.view.refresh();
        },
    );
    let name_error = Signal::derive(move || {
        let name = form.name.get();
        let problem = if name.is_empty() { None } else { check_dataset_name(&name).err() };
        problem.map(|problem| problem_advice(lang, problem.kind).to_owned())
    });
    let wanted = Memo::new(move |_| form.wanted());
    let not_ready = Signal::derive(move || {
        wanted.with(Option::is_none) || name_error.with(Option::is_some) || form.checking.is_hopeless()
    });
    let policy_bucket = Memo::new(move |_| form.policy_bucket());
    let is_computer = Memo::new(move |_| form.source.get() == Source::Computer);
    view! {
        <div class="source-cards" role="radiogroup" aria-label=tr!(dataset.source)>
            {source_card(form, Source::Folder, Icon::Folder, tr!(dataset.from_folder), tr!(dataset.from_folder_text))}
            {source_card(form, Source::Computer, Icon::Upload, tr!(dataset.from_computer), tr!(dataset.from_computer_text))}
            {source_card(form, Source::ManifestObject, Icon::Dataset, tr!(dataset.from_manifest), tr!(dataset.from_manifest_text))}
            {source_card(form, Source::ManifestFile, Icon::Log, tr!(dataset.from_file), tr!(dataset.from_file_text))}
            {source_card(form, Source::Copy, Icon::Copy, tr!(dataset.from_copy), tr!(dataset.from_copy_text))}
        </div>
        <Card>
            {move || fields(form)}
            {move || {
                (!is_computer.get())
                    .then(|| {
                        view! {
                            <Field
                                id=match form.kind {
                                    DatasetKind::Train => "train-name",
                                    DatasetKind::Test => "test-name",
                                }
                                label=tr!(dataset.own_name)
                                value=form.name
                                hint=tr!(dataset.own_name_hint)
                                error=name_error
                                placeholder="qrcode-dataset-bob"
                                testid="dataset-name"
                            />
                        }
                    })
            }}
            {move || policy_bucket.get().map(|bucket| view! { <PolicyFold bucket=bucket /> })}
            {move || create.problem.get().map(|problem| view! { <ProblemBox problem=problem /> })}
            {move || {
                (!is_computer.get())
                    .then(|| {
                        view! {
                            <div class="actions">
                                <Button
                                    label=tr!(dataset.create)
                                    kind=ButtonKind::Primary
                                    disabled=not_ready
                                    busy=create.busy
                                    testid="create-dataset"
                                    on_click=move |()| {
                                        if let Some(source) = wanted.get_untracked() {
                                            create.run(source);
                                        }
                                    }
                                />
                            </div>
                        }
                    })
            }}
        </Card>
    }
    .into_any()
}

fn source_card(form: Form, own: Source, mark: Icon, title: Signal<String>, text: Signal<String>) -> AnyView {
    let name = match form.kind {
        DatasetKind::Train => "train-source",
        DatasetKind::Test => "test-source",
    };
    view! {
        <label class="source-card">
            <input type="radio" name=name prop:checked=move || form.source.get() == own on:change=move |_| form.source.set(own) />
            <span class="source-title">{icon(mark)} <span>{title}</span></span>
            <span class="small-text quiet-text">{text}</span>
        </label>
    }
    .into_any()
}

fn fields(form: Form) -> AnyView {
    match form.source.get() {
        Source::Folder => folder(form),
        Source::ManifestObject => view! { {manifest_object(form)} {checked(form, false)} }.into_any(),
        Source::ManifestFile => view! {
            <ManifestFile text=form.manifest_text bucket=form.manifest_bucket />
            {checked(form, true)}
        }
        .into_any(),
        Source::Computer => view! {
            <p>{tr!(dataset.computer_how)}</p>
            <div class="actions">
                <LinkButton label=tr!(frame.do_images) href="/images" icon=Icon::Upload kind=ButtonKind::Primary />
            </div>
        }
        .into_any(),
        Source::Copy => copy(form),
    }
}

fn folder(form: Form) -> AnyView {
    view! {
        <FolderPicker bucket=form.bucket prefix=form.prefix />
        <label class="check">
            <input
                type="checkbox"
                prop:checked=form.by_folder
                data-testid="label-by-folder"
                on:change=move |event| form.by_folder.set(event_target_checked(&event))
            />
            <span>
                {tr!(dataset.by_folder)} <br /> <span class="small-text quiet-text">{tr!(dataset.by_folder_text)}</span>
            </span>
        </label>
        {label_preview(form.bucket, form.prefix, form.by_folder)}
    }
    .into_any()
}

fn manifest_object(form: Form) -> AnyView {
    let lang = use_lang();
    let error = Signal::derive(move || {
        let uri = form.manifest_uri.get();
        let problem = if uri.is_empty() { None } else { uri.trim().parse::<S3Uri>().err() };
        problem.map(|problem| problem_advice(lang, problem.kind).to_owned())
    });
    view! {
        <Field
            id="manifest-uri"
            label=tr!(dataset.manifest_uri)
            value=form.manifest_uri
            hint=tr!(dataset.manifest_uri_hint)
            error=error
            placeholder="s3://bucket/datasets/train.manifest"
            testid="manifest-uri"
        />
    }
    .into_any()
}

/// What is wrong with the manifest; `by_itself` as soon as there is one.
fn checked(form: Form, by_itself: bool) -> AnyView {
    let manifest = Memo::new(move |_| form.manifest());
    manifest_check(form.checking, use_check(form.checking), manifest, by_itself)
}

fn copy(form: Form) -> AnyView {
    let choices = use_fetched(api::dataset::dataset_choices);
    loaded(choices, move |choices| {
        let (train, test) = (tr!(dataset.train_dataset), tr!(dataset.test_dataset));
        let choose = tr!(dataset.choose_one);
        let options = Signal::derive(move || {
            let text = |choice: &DatasetChoice| {
                let kind = match choice.kind {
                    DatasetKind::Train => train.get(),
                    DatasetKind::Test => test.get(),
                };
                let name = choice.display_name.as_ref().map(|name| format!(" · {name}")).unwrap_or_default();
                format!("{} · {kind}{name} ({})", choice.project, choice.total_entries)
            };
            let mut options = vec![(String::new(), choose.get())];
            choices.with(|choices| options.extend(choices.iter().map(|choice| (choice.arn.clone(), text(choice)))));
            options
        });
        let none = Memo::new(move |_| choices.with(Vec::is_empty));
        (move || {
            if none.get() {
                view! { <p class="quiet-text">{tr!(dataset.nothing_to_copy)}</p> }.into_any()
            } else {
                view! {
                    <SelectField id="copy-of" label=tr!(dataset.copy_of) value=form.copied options=options testid="copy-of" />
                }
                .into_any()
            }
        })
        .into_any()
    })
}
