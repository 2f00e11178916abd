//! The lines of a training or test manifest, read and judged: which can be used, and what is wrong with the others.

use crate::manifest::{self, Issue, Place, Read};
use crate::rekognition::{ApiError, State};
use domain::geometry::{ImageSize, PixelBox};
use domain::manifest::LineProblem;
use domain::problem::ProblemKind;
use domain::s3_uri::S3Uri;
use domain::status::{DatasetKind, ModelKind};
use domain::view::Annotation;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

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
    pub line: Option<Read>,
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
    fn read(number: u64, text: String, most_boxes: usize) -> Self {
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
        match manifest::read(&judged.text, most_boxes) {
            Ok(line) => {
                judged.issues.clone_from(&line.issues);
                if line.is_broken() {
                    judged.verdict = Verdict::Invalid;
                }
                judged.line = Some(line);
            }
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
        self.issues.push(Issue::warning(code, message, Place::Line));
        self.verdict = Verdict::Ignored;
    }

    /// Warns of every attribute for boxes; they are all empty.
    fn warn_of_empty_attributes(&mut self) {
        let Some(line) = &self.line else { return };
        let empty = line.members.iter().filter(|(_, value)| value.get("annotations").is_some());
        let warnings: Vec<Issue> = empty
            .map(|(name, _)| {
                let place = Place::Attribute(name.clone());
                Issue::warning("WARNING_NO_ATTRIBUTE_ANNOTATIONS", "No attribute annotations provided.", place)
            })
            .collect();
        self.issues.extend(warnings);
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
        if self.verdict == Verdict::Invalid {
            return Ok(());
        }
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
            ModelKind::Boxes => self.judge_boxes(&annotation, size),
        }
        Ok(())
    }

    /// The image's upright size, when it can be used.
    fn look(&mut self, state: &State) -> Result<Option<ImageSize>, ApiError> {
        let Some(source) = self.source() else { return Ok(None) };
        let size = state.object_size(&source.bucket, &source.key)?;
        if size.is_some_and(|size| size > domain::image_rules::MOST_BYTES_IN_S3 as u64) {
            self.refuse(LineProblem::InvalidImage);
            return Ok(None);
        }
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

    fn judge_boxes(&mut self, annotation: &Annotation, size: ImageSize) {
        let boxes = annotation.boxes.as_deref().unwrap_or_default();
        if boxes.is_empty() {
            self.warn_of_empty_attributes();
            self.warn("WARNING_NO_ANNOTATIONS", "No annotations provided.");
            return;
        }
        let places = self.line.as_ref().map(|line| line.places.clone()).unwrap_or_default();
        for (one, (attribute, index)) in boxes.iter().zip(&places) {
            match manifest::judge_box(one.area, Some(size)) {
                Ok(inside) => self.boxes.push((one.label.clone(), inside)),
                Err(problem) => self.issues.push(Issue::of_annotation(problem, attribute, *index)),
            }
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
    pub fn read(kind: DatasetKind, lines: Vec<String>, most_boxes: usize) -> Self {
        let lines =
            lines.into_iter().enumerate().map(|(i, text)| Judged::read(i as u64 + 1, text, most_boxes)).collect();
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
