//! Boxes that a running model suggests for all unlabelled images.

use crate::proxy::Fault;
use crate::world::{BUCKET, Hand, Kenchi, PROJECT, TERMS, World, square_png};
use domain::problem::ProblemKind;
use domain::s3_uri::S3Uri;
use domain::status::{DatasetKind, VersionStatus};
use domain::view::{Annotation, BatchState, EntriesPage, EntryFilter, LabellingView, SuggestingRun};
use std::time::{Duration, Instant};

const TRAIN: DatasetKind = DatasetKind::Train;
/// What is unlabelled: pictures of squares, and one that is no picture.
const OPEN: u64 = 8;

fn picture(number: u64) -> S3Uri {
    S3Uri::new(BUCKET, format!("new/{number}.png"))
}

impl World {
    /// Adds unlabelled images to the training dataset; the last of them can't be read.
    async fn add_unlabelled(&self, kenchi: &Kenchi) {
        for number in 0..OPEN {
            let (bytes, _) = square_png(100 + u32::try_from(number).unwrap());
            kenchi.services.upload_image(BUCKET.to_owned(), picture(number).key, bytes).await.unwrap();
            kenchi.services.add_to_training(PROJECT, picture(number), Annotation::default()).await.unwrap();
        }
        self.put(&picture(OPEN - 1).key, b"no picture".to_vec()).await;
    }
}

impl Kenchi {
    async fn labelling(&self) -> LabellingView {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let view = self.services.labelling(PROJECT, TRAIN).await.unwrap();
            if !view.loading {
                return view;
            }
            assert!(Instant::now() < end);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn entries(&self, filter: &EntryFilter) -> EntriesPage {
        self.services.entries(PROJECT, TRAIN, filter, Some(domain::view::ANY_LIST), 0, 100).await.unwrap()
    }

    async fn open(&self, arn: &str) -> u64 {
        self.services.suggesting(PROJECT, TRAIN, &EntryFilter::default(), Some(arn)).await.unwrap().open
    }

    async fn run(&self, wanted: impl Fn(&SuggestingRun) -> bool) -> SuggestingRun {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let view = self.services.suggesting(PROJECT, TRAIN, &EntryFilter::default(), None).await.unwrap();
            match view.run {
                Some(run) if wanted(&run) => return run,
                run => assert!(Instant::now() < end, "{run:?}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn suggestions_for_all_images_go_on_after_the_end_of_kenchi_and_label_nothing_unasked() {
    let world = World::with_boxes().await;
    let (dir, hand) = (tempfile::tempdir().unwrap(), Hand::new());
    let kenchi = world.kenchi(dir.path(), &hand).await;
    world.add_unlabelled(&kenchi).await;
    let before = kenchi.labelling().await;
    assert_eq!((before.unlabelled, before.suggested), (OPEN, 0));
    let all = EntryFilter::default();
    let ask = |kenchi: &Kenchi| {
        let (services, arn, all) = (kenchi.services.clone(), world.arn.clone(), all.clone());
        async move { services.suggest_all(PROJECT, TRAIN, &all, &arn).await.map_err(|problem| problem.kind) }
    };
    assert_eq!(ask(&kenchi).await, Err(ProblemKind::ModelNotRunning));
    kenchi.start(TERMS).await;
    assert_eq!(kenchi.open(&world.arn).await, OPEN);

    // Three images are answered, then the cloud hangs, and Kenchi is gone.
    let mut calls = 0;
    world.proxy.breaks(move |operation| {
        calls += u32::from(operation == "DetectCustomLabels");
        match operation {
            "DetectCustomLabels" if calls > 3 => Fault::Stall(Duration::from_secs(600)),
            _ => Fault::None,
        }
    });
    assert_eq!(ask(&kenchi).await, Ok(()));
    assert_eq!(ask(&kenchi).await, Err(ProblemKind::Refused));
    // The image that is no picture needs no call.
    kenchi.run(|run| run.done == 4 || (run.done == 3 && run.failed == 0)).await;
    world.proxy.heals();
    let next = world.kenchi(dir.path(), &hand).await;

    // The model was stopped meanwhile: the run waits and says for what.
    next.services.stop_model(&world.arn).await.unwrap();
    next.until(VersionStatus::Stopped).await;
    next.services.take_up_suggesting().await.unwrap();
    let waiting = next.run(|run| run.state != BatchState::Running).await;
    assert!(
        matches!(&waiting.state, BatchState::Paused(Some(why)) if why.kind == ProblemKind::ModelNotRunning),
        "{waiting:?}"
    );
    assert_eq!(waiting.total, OPEN);

    // Begun again, none of the three is asked about again, and the picture that can't be read is told.
    next.start(TERMS).await;
    let calls = world.proxy.count("DetectCustomLabels");
    let left = next.open(&world.arn).await;
    assert_eq!(left, OPEN - 3);
    assert_eq!(ask(&next).await, Ok(()));
    let done = next.run(|run| run.state == BatchState::Done).await;
    assert_eq!((done.total, done.done, done.failed), (left, left, 1));
    assert_eq!(done.failures[0].subject.as_deref(), Some(picture(OPEN - 1).to_string().as_str()));
    assert_eq!(world.proxy.count("DetectCustomLabels") - calls, 4);

    // Nothing is labelled, nothing is a draft, nothing reached the cloud.
    let now = next.labelling().await;
    assert_eq!((now.unlabelled, now.unsaved, now.labelled), (OPEN, 0, before.labelled));
    let lines = world.training_lines().await;
    assert!(lines.iter().filter(|line| line.source.key.starts_with("new/")).all(|line| !line.annotation.is_labelled()));
    let suggested = next.entries(&EntryFilter { suggested_only: true, ..EntryFilter::default() }).await;
    assert_eq!(suggested.matching, now.suggested);
    assert!(now.suggested > 0 && suggested.entries.iter().all(|entry| entry.annotation == Annotation::default()));
    let first = suggested.entries[0].clone();
    let found = first.suggestions.clone().unwrap();
    assert!(!found.is_empty() && found.iter().all(|one| one.label == "square"));

    // What a person decided is decided for good.
    next.services.leave_suggestions(PROJECT, TRAIN, &first.source, Vec::new()).await.unwrap();
    assert_eq!(next.labelling().await.suggested, now.suggested - 1);
    let again = next.entries(&EntryFilter { suggested_only: true, ..EntryFilter::default() }).await;
    assert!(again.matching == now.suggested - 1 && again.entries.iter().all(|entry| entry.source != first.source));
    assert_eq!(next.open(&world.arn).await, 1, "only the one that failed");
    next.services.forget_suggestions(PROJECT, TRAIN).await.unwrap();
    assert_eq!((next.labelling().await.suggested, next.open(&world.arn).await), (0, OPEN));

    // Stopped by a person: nothing new is asked for, and the lease was renewed by what was.
    let used = next.model().await.lease.unwrap().used_ms;
    hand.pass(Duration::from_secs(300));
    world.proxy.breaks(|operation| match operation {
        "DetectCustomLabels" => Fault::Stall(Duration::from_secs(1)),
        _ => Fault::None,
    });
    assert_eq!(ask(&next).await, Ok(()));
    let end = Instant::now() + Duration::from_secs(30);
    while next.model().await.lease.unwrap().used_ms < used + 300_000 {
        assert!(Instant::now() < end);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    next.services.stop_suggesting(PROJECT, TRAIN).await.unwrap();
    world.proxy.heals();
    let stopped = next.run(|run| run.state != BatchState::Running).await;
    assert!(stopped.state == BatchState::Paused(None) && stopped.done < OPEN, "{stopped:?}");

    // Under way when Kenchi ended: the next one goes on without being told.
    world.proxy.breaks(|operation| match operation {
        "DetectCustomLabels" => Fault::Stall(Duration::from_secs(600)),
        _ => Fault::None,
    });
    assert_eq!(ask(&next).await, Ok(()));
    assert_eq!(next.run(|_| true).await.state, BatchState::Running);
    let last = world.kenchi(dir.path(), &hand).await;
    world.proxy.heals();
    last.services.take_up_suggesting().await.unwrap();
    let done = last.run(|run| run.state == BatchState::Done).await;
    assert_eq!((done.done, done.failed, last.open(&world.arn).await), (done.total, 1, 1));
}
