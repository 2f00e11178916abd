//! Reads a folder with `train.manifest` and `test.manifest`, lines as the service takes them; each picture lies in the
//! folder under its key's file name.

use std::collections::BTreeSet;
use std::path::Path;

use domain::manifest::{Line, model_kind, parse_line};
use domain::status::ModelKind;
use trainer::Dataset;

use crate::{Test, example};

fn read(folder: &Path, name: &str) -> Vec<Line> {
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| parse_line(line).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).collect()
}

pub fn load(folder: &Path) -> (Dataset, Vec<Test>) {
    let (train, test) = (read(folder, "train.manifest"), read(folder, "test.manifest"));
    let kind = model_kind(train.iter().map(|line| &line.annotation)).map_or(ModelKind::ImageLabels, |(kind, _)| kind);
    let labels: BTreeSet<String> = train
        .iter()
        .flat_map(|line| match kind {
            ModelKind::ImageLabels => line.annotation.labels.clone(),
            ModelKind::Boxes => line.annotation.boxes.iter().flatten().map(|b| b.label.clone()).collect(),
        })
        .collect();
    let labels: Vec<String> = labels.into_iter().collect();
    let number = |label: &String| labels.iter().position(|l| l == label);
    let name = |line: &Line| line.source.file_name().to_owned();
    let bytes = |line: &Line| {
        let path = folder.join(name(line));
        std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    };
    let boxes = |line: &Line| -> Vec<_> {
        line.annotation.boxes.iter().flatten().filter_map(|b| Some((number(&b.label)?, b.area))).collect()
    };
    let numbers = |line: &Line| -> Vec<usize> { line.annotation.labels.iter().filter_map(number).collect() };
    let tests = test.iter().map(|line| Test {
        name: name(line),
        bytes: bytes(line),
        boxes: boxes(line),
        labels: numbers(line),
    });
    let tests = tests.collect();
    let of_kind = train.iter().filter(|line| match kind {
        ModelKind::ImageLabels => !line.annotation.labels.is_empty(),
        ModelKind::Boxes => line.annotation.boxes.is_some(),
    });
    let train = of_kind.map(|line| example(name(line), bytes(line), numbers(line), boxes(line))).collect();
    (Dataset { kind, labels: labels.clone(), train }, tests)
}
