//! Trains on a dataset and scores the model on pictures that it has not seen.
//!
//!     cargo run --release -p trainer --example accuracy -- qr [options]
//!     cargo run --release -p trainer --example accuracy -- labels [options]      (the QR set as image labels)
//!     cargo run --release -p trainer --example accuracy -- shapes|small|tags|classes [options]     (other drawn sets)
//!     cargo run --release -p trainer --example accuracy -- <folder> [options]    (Pascal VOC: train/ and test/ with .xml;
//!                                                               or train.manifest and test.manifest beside the pictures)
//!
//! Options: --seeds N (1), --from SEED (1), --images N (all; that many training pictures; of `labels` it draws as many), --threads N (all),
//! --better (the longer training), --whole (a folder's boxes become labels of whole images), --unlike FOLDER (also asks about
//! pictures that show nothing of the set), --clients (detections of 16 clients at once), --list (each detection),
//! --write FOLDER (does not train: writes the boxes and pictures as Pascal VOC, for other programs)

mod manifest;
mod qr;
mod score;
mod shapes;
mod voc;

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use domain::geometry::PixelBox;
use domain::status::ModelKind;
use trainer::{Dataset, Effort, Example, Options};

/// A picture to be scored on.
pub struct Test {
    pub name: String,
    pub bytes: Vec<u8>,
    pub boxes: Vec<(usize, PixelBox)>,
    pub labels: Vec<usize>,
}

fn main() {
    let mut words = std::env::args().skip(1);
    let what = words.next().unwrap_or_else(|| "qr".to_owned());
    let (mut seeds, mut images, mut how, mut written) = (1u64, usize::MAX, How::default(), None);
    let (mut from, mut whole, mut unlike) = (1, false, Vec::new());
    while let Some(word) = words.next() {
        if word == "--write" {
            written = Some(words.next().expect("a folder after --write"));
            continue;
        }
        if word == "--unlike" {
            unlike.extend(pictures(Path::new(&words.next().expect("a folder after --unlike"))));
            continue;
        }
        let mut number = || words.next().and_then(|n| n.parse::<usize>().ok()).expect("a number after the option");
        match word.as_str() {
            "--seeds" => seeds = number() as u64,
            "--from" => from = number() as u64,
            "--images" => images = number(),
            "--threads" => how.threads = number(),
            "--list" => how.list = true,
            "--better" => how.effort = Effort::Better,
            "--whole" => whole = true,
            "--clients" => how.clients = true,
            other => panic!("unknown option {other}"),
        }
    }
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for seed in from..from + seeds {
        let (mut dataset, mut tests) = match what.as_str() {
            "qr" => qr::load(ModelKind::Boxes, seed, QR_IMAGES),
            "labels" => qr::load(ModelKind::ImageLabels, seed, if images == usize::MAX { QR_IMAGES } else { images }),
            drawn if let Some(set) = shapes::load(drawn, seed, images) => set,
            folder if Path::new(folder).join("train.manifest").is_file() => manifest::load(Path::new(folder)),
            folder => voc::load(Path::new(folder)),
        };
        if dataset.train.len() > images {
            // Evenly over the sorted names.
            dataset.train.sort_by(|a, b| a.id.cmp(&b.id));
            let n = dataset.train.len();
            dataset.train =
                (0..images).map(|i| dataset.train[(i * n + (seed as usize * 7) % n) / images % n].clone()).collect();
        }
        if whole {
            dataset.kind = ModelKind::ImageLabels;
            for example in &mut dataset.train {
                example.labels = labels_of(&std::mem::take(&mut example.boxes));
            }
            for test in &mut tests {
                test.labels = labels_of(&std::mem::take(&mut test.boxes));
            }
        }
        if let Some(folder) = &written {
            voc::write(Path::new(folder), &dataset, &tests).expect("a folder that can be written to");
            return;
        }
        rows.push(run(&dataset, &tests, &unlike, seed, how));
    }
    if rows.len() > 1 {
        for (i, name) in score::NAMES.iter().enumerate() {
            let values: Vec<f64> = rows.iter().map(|r| r[i]).collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let spread = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64).sqrt();
            println!("{name}: mean {mean:.3}, deviation {spread:.3}");
        }
    }
}

/// Pictures of the guide's QR set that are learnt from: the other eight are its test dataset.
const QR_IMAGES: usize = 32;

/// How to train and what to tell.
#[derive(Clone, Copy, Default)]
struct How {
    threads: usize,
    effort: Effort,
    clients: bool,
    list: bool,
}

/// Pictures a second when 16 clients ask at once, as many answered at the same time as there are cores.
fn clients(model: &trainer::Model, tests: &[Test]) -> f64 {
    const CLIENTS: usize = 16;
    const EACH: usize = 10;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(cores).build().expect("threads");
    let start = Instant::now();
    pool.scope(|scope| {
        for client in 0..CLIENTS {
            scope.spawn(move |_| {
                for test in tests.iter().cycle().skip(client).take(EACH) {
                    std::hint::black_box(model.detect(&test.bytes, 1).expect("a readable test picture"));
                }
            });
        }
    });
    (CLIENTS * EACH) as f64 / start.elapsed().as_secs_f64()
}

/// The labels that boxes have, each once.
fn labels_of(boxes: &[(usize, PixelBox)]) -> Vec<usize> {
    boxes.iter().map(|b| b.0).collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

/// The bytes of the pictures in a folder.
fn pictures(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<_> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
    paths.retain(|p| p.extension().is_some_and(|e| ["jpg", "JPG", "jpeg", "png"].iter().any(|known| e == *known)));
    paths.sort();
    paths.iter().map(|p| std::fs::read(p).expect("a readable picture")).collect()
}

/// Of pictures that show nothing of the set: how many get an answer, and how sure the surest is.
fn ask_unlike(model: &trainer::Model, unlike: &[Vec<u8>]) {
    let mut counts = [0; 3];
    let mut surest = 0f32;
    for bytes in unlike {
        let found = model.detect(bytes, 0).expect("a readable picture").found;
        let some = |sure: &dyn Fn(&trainer::Found) -> bool| usize::from(found.iter().any(sure));
        counts[0] += some(&|f| f.confidence >= model.thresholds()[f.label]);
        counts[1] += some(&|f| f.confidence >= 0.5);
        counts[2] += some(&|f| f.confidence >= 0.95);
        surest = found.iter().map(|f| f.confidence).fold(surest, f32::max);
    }
    println!(
        "  of {} pictures unlike the set {} have an answer at the assumed thresholds, {} at 50, {} at 95; the surest {surest:.3}",
        unlike.len(),
        counts[0],
        counts[1],
        counts[2]
    );
}

fn run(dataset: &Dataset, tests: &[Test], unlike: &[Vec<u8>], seed: u64, how: How) -> Vec<f64> {
    let boxes: usize = dataset.train.iter().map(|e| e.boxes.len()).sum();
    println!(
        "seed {seed}: {} training pictures with {boxes} boxes, {} test pictures, labels {:?}",
        dataset.train.len(),
        tests.len(),
        dataset.labels
    );
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let mut stage = None;
    let options = Options { seed, threads: how.threads, effort: how.effort, ..Options::default() };
    let trained = trainer::train(dataset, &options, &mut |p| {
        if stage != Some(p.stage) {
            stage = Some(p.stage);
            println!("  {:6.1} s {:?} 0 of {}", start.elapsed().as_secs_f64(), p.stage, p.total);
        }
        ControlFlow::Continue(())
    });
    let trained = match trained {
        Ok(t) => t,
        Err(e) => panic!("{e}"),
    };
    let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    for (id, why) in &trained.skipped {
        println!("  skipped {id}: {why}");
    }
    let bytes = trained.model.to_bytes();
    let model = trainer::Model::from_bytes(&bytes).expect("the model comes back");
    println!(
        "  trained in {wall:.1} s wall, {cpu:.1} s CPU; {} bytes; thresholds {:.2?}",
        bytes.len(),
        model.thresholds()
    );
    let mut answers = Vec::new();
    let mut times = Vec::new();
    for test in tests {
        let start = Instant::now();
        let detected = model.detect(&test.bytes, 0).expect("a readable test picture");
        times.push(start.elapsed().as_secs_f64() * 1e3);
        if how.list {
            for f in detected.found.iter().filter(|f| f.confidence > 0.2) {
                let area = f.area.map(|a| a.pixels_from_ratio(detected.size));
                println!(
                    "    {} {} {:.3} {:?} truth {:?}",
                    test.name,
                    model.labels()[f.label],
                    f.confidence,
                    area,
                    test.boxes
                );
            }
        }
        answers.push(detected);
    }
    times.sort_by(f64::total_cmp);
    if how.clients {
        println!("  16 clients at once: {:.1} pictures a second", clients(&model, tests));
    }
    if !unlike.is_empty() {
        ask_unlike(&model, unlike);
    }
    let ms = times.get(times.len() / 2).copied().unwrap_or_default();
    let mut row = vec![wall, cpu, ms];
    row.extend(score::score(&model, tests, &answers));
    for (name, value) in score::NAMES.iter().zip(&row) {
        println!("  {name}: {value:.3}");
    }
    row
}

/// CPU seconds of this process so far, where the system tells (Linux), else 0.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|t| t.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

/// An example over bytes in memory.
fn example(id: String, bytes: Vec<u8>, labels: Vec<usize>, boxes: Vec<(usize, PixelBox)>) -> Example {
    Example { id, load: std::sync::Arc::new(move || Ok(bytes.clone())), labels, boxes }
}
