//! The lines of a training or test manifest, read and judged: which can be used, and what is wrong with the others.

use crate::rekognition::{ApiError, State};
use domain::geometry::{ImageSize, PixelBox};
use domain::manifest::{self, Line, LineProblem};
use domain::problem::ProblemKind;
use domain::s3_uri::S3Uri;
use domain::status::{DatasetKind, ModelKind};
use domain::view::Annotation;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

/// A longer side than this is scaled down before training; a box is measured after that.
const TRAINING_SIDE: f64 = 1280.0;

/// An error or warning of one line, with the service's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issue {
    pub code: &'static str,
    pub message: &'static str,
    /// The number of the annotation that it belongs to; `None`: the line.
    pub annotation: Option<usize>,
}

impl Issue {
    fn of_line(problem: LineProblem) -> Self {
        Self { code: problem.code(), message: problem.message(), annotation: None }
    }

    pub fn is_warning(&self) -> bool {
        self.code.starts_with("WARNING_")
    }
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Valid,
    /// It has an error.
    Invalid,
    /// It is right, yet says nothing that the model could learn.
    Ignored,
}

/// One line, judged.
#[derive(Clone, Debug)]
pub struct Judged {
    /// From 1.
    pub number: u64,
    pub text: String,
    pub line: Option<Line>,
    pub issues: Vec<Issue>,
    pub verdict: Verdict,
    /// The upright size, once the image was looked at.
    pub size: Option<ImageSize>,
    /// Image labels that can be used.
    pub labels: Vec<String>,
    /// Boxes that can be used.
    pub boxes: Vec<(String, PixelBox)>,
}

impl Judged {
    fn read(number: u64, text: String) -> Self {
        let mut judged = Self {
            number,
            text,
            line: None,
            issues: Vec::new(),
            verdict: Verdict::Valid,
            size: None,
            labels: Vec::new(),
            boxes: Vec::new(),
        };
        match manifest::parse_line(&judged.text) {
            Ok(line) => judged.line = Some(line),
            Err(problem) => judged.refuse(problem),
        }
        judged
    }

    fn refuse(&mut self, problem: LineProblem) {
        self.issues.push(Issue::of_line(problem));
        self.verdict = Verdict::Invalid;
    }

    fn ignore(&mut self, problem: LineProblem) {
        self.issues.push(Issue::of_line(problem));
        self.verdict = Verdict::Ignored;
    }

    fn warn(&mut self, code: &'static str, message: &'static str) {
        self.issues.push(Issue { code, message, annotation: None });
        self.verdict = Verdict::Ignored;
    }

    fn annotation(&self) -> Option<&Annotation> {
        self.line.as_ref().map(|line| &line.annotation)
    }

    pub fn source(&self) -> Option<&S3Uri> {
        self.line.as_ref().map(|line| &line.source)
    }

    /// Whether the model learns from it, or is measured on it: from its labels or from their absence.
    pub fn teaches(&self) -> bool {
        self.verdict == Verdict::Valid || self.is_background()
    }

    /// Whether a person looked and said that there is no object. AWS leaves such lines out of training; here they
    /// teach what not to find, and count as ignored lines all the same.
    pub fn is_background(&self) -> bool {
        self.verdict == Verdict::Ignored
            && self.size.is_some()
            && self.annotation().is_some_and(|a| a.boxes.as_ref().is_some_and(Vec::is_empty))
    }

    /// Judges a line that could be read, for a model of `kind`; looks at the image.
    fn judge(&mut self, state: &State, kind: ModelKind) -> Result<(), ApiError> {
        let Some(annotation) = self.annotation().cloned() else { return Ok(()) };
        if !annotation.is_labelled() {
            self.warn("WARNING_UNANNOTATED_RECORD", "Record is unannotated.");
            return Ok(());
        }
        match kind {
            ModelKind::ImageLabels if annotation.labels.is_empty() => {
                self.ignore(LineProblem::UnsupportedUseCaseType);
                return Ok(());
            }
            ModelKind::Boxes if annotation.boxes.is_none() => {
                self.ignore(LineProblem::UnsupportedUseCaseType);
                return Ok(());
            }
            _ => {}
        }
        let Some(size) = self.look(state)? else { return Ok(()) };
        self.size = Some(size);
        match kind {
            ModelKind::ImageLabels => self.labels = annotation.labels,
            ModelKind::Boxes => self.judge_boxes(&annotation, size, state.quotas.boxes_per_image),
        }
        Ok(())
    }

    /// The image's upright size, when it can be used.
    fn look(&mut self, state: &State) -> Result<Option<ImageSize>, ApiError> {
        let Some(source) = self.source() else { return Ok(None) };
        let Some(bytes) = state.store.read_object_blocking(&source.bucket, &source.key)? else {
            self.refuse(LineProblem::InvalidImage);
            return Ok(None);
        };
        match domain::image_rules::check_for_dataset(&bytes) {
            Ok(info) => Ok(Some(info.upright)),
            Err(problem) => {
                self.refuse(match problem.kind {
                    ProblemKind::ImageTooSmall | ProblemKind::ImageTooLarge | ProblemKind::ImageAspectTooWide => {
                        LineProblem::InvalidImageDimension
                    }
                    _ => LineProblem::InvalidImage,
                });
                Ok(None)
            }
        }
    }

    fn judge_boxes(&mut self, annotation: &Annotation, size: ImageSize, most: usize) {
        let boxes = annotation.boxes.as_deref().unwrap_or_default();
        if boxes.is_empty() {
            self.warn("WARNING_NO_ANNOTATIONS", "No annotations provided.");
            return;
        }
        if boxes.len() > most {
            self.refuse(LineProblem::TooManyBoundingBoxes);
            return;
        }
        let scale = (TRAINING_SIDE / f64::from(size.width.max(size.height))).min(1.0);
        for (number, one) in boxes.iter().enumerate() {
            let inside = one.area.clamped_to(size);
            // Real manifests hold fractions: an edge may stand out by a rounding.
            let off = one.area.left - inside.left < -1.0
                || one.area.top - inside.top < -1.0
                || one.area.right() - inside.right() > 1.0
                || one.area.bottom() - inside.bottom() > 1.0;
            let problem = if off {
                LineProblem::InvalidBoundingBox
            } else if inside.width * scale <= 1.0 || inside.height * scale <= 1.0 {
                LineProblem::BoundingBoxTooSmall
            } else {
                self.boxes.push((one.label.clone(), inside));
                continue;
            };
            self.issues.push(Issue { annotation: Some(number), ..Issue::of_line(problem) });
        }
        if self.boxes.is_empty() {
            self.refuse(LineProblem::NoValidAnnotations);
        }
    }

    /// Every label that the line names, each once.
    pub fn named_labels(&self) -> Vec<String> {
        let Some(annotation) = self.annotation() else { return Vec::new() };
        let boxes = annotation.boxes.iter().flatten().map(|one| &one.label);
        annotation.labels.iter().chain(boxes).collect::<BTreeSet<_>>().into_iter().cloned().collect()
    }

    /// Whether it was refused because of its image.
    pub fn lacks_its_image(&self) -> bool {
        self.issues.iter().any(|issue| issue.code == LineProblem::InvalidImage.code())
    }

    /// The names of the labels that can be used.
    fn usable_labels(&self) -> impl Iterator<Item = &str> {
        let labels = self.labels.iter().map(String::as_str);
        labels.chain(self.boxes.iter().map(|(label, _)| label.as_str())).filter(|_| self.verdict == Verdict::Valid)
    }
}

/// The training or the test manifest.
#[derive(Clone, Debug)]
pub struct Part {
    pub kind: DatasetKind,
    pub lines: Vec<Judged>,
}

impl Part {
    pub fn read(kind: DatasetKind, lines: Vec<String>) -> Self {
        let lines = lines.into_iter().enumerate().map(|(i, text)| Judged::read(i as u64 + 1, text)).collect();
        Self { kind, lines }
    }

    pub fn annotations(&self) -> impl Iterator<Item = &Annotation> {
        self.lines.iter().filter_map(Judged::annotation)
    }

    /// The buckets that its images lie in.
    pub fn buckets(&self) -> BTreeSet<&str> {
        self.lines.iter().filter_map(|l| l.source().map(|s| s.bucket.as_str())).collect()
    }

    /// Judges every line for a model of `kind`. False when it was broken off.
    pub fn judge(&mut self, state: &State, kind: ModelKind, cancelled: &AtomicBool) -> Result<bool, ApiError> {
        for line in &mut self.lines {
            if cancelled.load(Ordering::Relaxed) {
                return Ok(false);
            }
            line.judge(state, kind)?;
        }
        Ok(true)
    }

    /// Every label that any line names, with the number of lines that do.
    pub fn labels(&self) -> BTreeMap<String, u64> {
        let mut all = BTreeMap::new();
        for line in &self.lines {
            for label in line.named_labels() {
                *all.entry(label).or_default() += 1;
            }
        }
        all
    }

    /// Every label of lines that can be used.
    pub fn usable_labels(&self) -> BTreeSet<&str> {
        self.lines.iter().flat_map(Judged::usable_labels).collect()
    }

    pub fn count(&self, verdict: Verdict) -> u64 {
        self.lines.iter().filter(|line| line.verdict == verdict).count() as u64
    }
}
