//! The picture that is tried and the model's answer for it.

use crate::api;
use crate::api::ApiError;
use crate::links;
use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::view::DetectionView;
use leptos::prelude::*;
use server_fn::codec::MultipartData;
use web_sys::{File, FormData, Url};

/// A picture that can be tried.
#[derive(Clone, Debug, PartialEq)]
pub enum Picture {
    /// A file of this computer, with the URL under which the browser shows it.
    File {
        file: File,
        url: String,
    },
    Object(S3Uri),
}

impl Picture {
    /// A file of this computer.
    pub fn from_file(file: File) -> Option<Self> {
        let url = Url::create_object_url_with_blob(&file).ok()?;
        Some(Self::File { file, url })
    }

    /// Where the browser finds it.
    pub fn url(&self) -> String {
        match self {
            Self::File { url, .. } => url.clone(),
            // Sharp on a large screen, and small on the wire.
            Self::Object(uri) => links::preview(&uri.bucket, &uri.key, 2048),
        }
    }

    /// Small, for a list.
    pub fn small_url(&self) -> String {
        match self {
            Self::File { url, .. } => url.clone(),
            Self::Object(uri) => links::preview(&uri.bucket, &uri.key, 256),
        }
    }

    /// Lets go of what the browser keeps for it.
    pub fn forget(&self) {
        if let Self::File { url, .. } = self {
            let _ = Url::revoke_object_url(url);
        }
    }

    /// The file's name.
    pub fn name(&self) -> String {
        match self {
            Self::File { file, .. } => file.name(),
            Self::Object(uri) => uri.file_name().to_owned(),
        }
    }
}

/// The newest picture and what came of it. `Copy`.
#[derive(Clone, Copy)]
pub struct Detection {
    pub picture: RwSignal<Option<Picture>, LocalStorage>,
    /// The answer for `picture`.
    pub answer: RwSignal<Option<DetectionView>>,
    pub problem: RwSignal<Option<Problem>>,
    pub busy: RwSignal<bool>,
    round: StoredValue<u32>,
}

impl Detection {
    pub fn new() -> Self {
        Self {
            picture: RwSignal::new_local(None),
            answer: RwSignal::new(None),
            problem: RwSignal::new(None),
            busy: RwSignal::new(false),
            round: StoredValue::new(0),
        }
    }

    /// Shows another picture with what is known of it; without an answer it is still being asked for.
    pub fn show(self, picture: Picture, answer: Option<Result<DetectionView, Problem>>) {
        self.round.try_update_value(|round| *round = round.wrapping_add(1));
        self.busy.set(answer.is_none());
        let (answer, problem) = match answer {
            Some(Ok(answer)) => (Some(answer), None),
            Some(Err(problem)) => (None, Some(problem)),
            None => (None, None),
        };
        self.answer.set(answer);
        self.problem.set(problem);
        if self.picture.with_untracked(|shown| shown.as_ref() != Some(&picture)) {
            self.picture.set(Some(picture));
        }
    }

    /// Asks the model about the picture. The newest call wins.
    pub fn run(self, version_arn: String, done: impl Fn() + 'static) {
        let Some(picture) = self.picture.get_untracked() else { return };
        let round = self.round.try_update_value(|round| {
            *round = round.wrapping_add(1);
            *round
        });
        self.busy.set(true);
        self.problem.set(None);
        leptos::task::spawn_local(async move {
            let answer = detect(version_arn, picture).await;
            // Another picture came in between, or the page went.
            if self.round.try_get_value() != round || round.is_none() {
                return;
            }
            self.busy.set(false);
            match answer {
                Ok(answer) => self.answer.set(Some(answer)),
                Err(ApiError(problem)) => self.problem.set(Some(problem)),
            }
            done();
        });
    }
}

/// Asks a model about a picture.
pub async fn detect(version_arn: String, picture: Picture) -> Result<DetectionView, ApiError> {
    match picture {
        Picture::Object(uri) => api::model::detect_object(version_arn, uri.bucket, uri.key).await,
        Picture::File { file, .. } => {
            let form = form(&version_arn, &file).map_err(|_| {
                ApiError(Problem::new(ProblemKind::InvalidInput, "the browser could not read the file"))
            })?;
            api::model::detect_bytes(MultipartData::from(form)).await
        }
    }
}

fn form(version_arn: &str, file: &File) -> Result<FormData, wasm_bindgen::JsValue> {
    let form = FormData::new()?;
    form.append_with_str("version_arn", version_arn)?;
    form.append_with_blob_and_filename("file", file, &file.name())?;
    Ok(form)
}
