//! Prints the metrics of a file of test results as JSON, for the comparison with scikit-learn:
//! `judge <TestingGroundTruth file> <labels, with commas> <thresholds, with commas>`.

use domain::evaluation::{Cell, Counts, Cut, Ranking, Rankings, Results, confusion, parse_test_line};
use serde_json::{Value, json};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, labels, thresholds] = arguments.as_slice() else { return Err("three arguments are wanted".into()) };
    let text = std::fs::read_to_string(file)?;
    let lines = text.lines().map(parse_test_line).collect::<Result<Vec<_>, _>>()?;
    let thresholds = thresholds.split(',').map(str::parse).collect::<Result<Vec<f64>, _>>()?;
    let results = Results::of_lines(labels.split(',').map(str::to_owned).collect(), &lines);
    let rankings = Rankings::of(&results);
    let labels: Vec<Value> = rankings.labels.iter().map(|ranking| told(ranking, &thresholds)).collect();
    let matrices: Vec<Value> = thresholds.iter().map(|threshold| matrix(&results, *threshold)).collect();
    println!("{}", json!({ "labels": labels, "all": told(&rankings.all, &thresholds), "matrices": matrices }));
    Ok(())
}

fn told(ranking: &Ranking, thresholds: &[f64]) -> Value {
    let at = |counts: Counts| json!({ "precision": counts.precision(), "recall": counts.recall(), "f1": counts.f1() });
    json!({
        "at": thresholds.iter().map(|threshold| at(ranking.counts(*threshold))).collect::<Vec<_>>(),
        "curve": ranking.curve().iter().map(|p| [p.threshold, p.precision, p.recall]).collect::<Vec<_>>(),
        "average_precision": ranking.average_precision(),
    })
}

/// Rows are the truth, columns the prediction.
fn matrix(results: &Results, threshold: f64) -> Value {
    let counts = confusion(results, &Cut::One(threshold));
    let labels = 0..results.labels.len();
    let row = |truth| {
        let cell = |predicted| counts.get(&Cell { truth: Some(truth), predicted: Some(predicted) }).copied();
        labels.clone().map(|predicted| cell(predicted).unwrap_or(0)).collect::<Vec<u64>>()
    };
    labels.clone().map(row).collect()
}
