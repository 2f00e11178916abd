use super::*;
use crate::store::Store;
use domain::geometry::PixelBox;
use domain::view::LabelledBox;

const DATASET: &str = "arn:aws:rekognition:us-east-1:000000000000:project/p/dataset/train/1";

fn labelled(names: &[&str]) -> Annotation {
    Annotation { labels: names.iter().map(|&name| name.to_owned()).collect(), boxes: None }
}

fn boxed(label: &str) -> Annotation {
    let area = PixelBox { left: 1.0, top: 2.0, width: 30.0, height: 40.0 };
    Annotation { labels: Vec::new(), boxes: Some(vec![LabelledBox { label: label.to_owned(), area }]) }
}

fn source(key: &str) -> S3Uri {
    S3Uri { bucket: "b".to_owned(), key: key.to_owned() }
}

fn entry(key: &str, annotation: Annotation) -> Mirrored {
    Mirrored { source: source(key), size: None, annotation, errors: Vec::new() }
}

async fn with_store<T: Send + 'static>(work: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> T {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("kenchi.db")).unwrap();
    store
        .run(move |db| {
            let entries = [
                entry("in/cat_1.png", labelled(&["cat"])),
                entry("in/cat_2.png", labelled(&["cat", "dog"])),
                entry("in/none.png", Annotation::default()),
                Mirrored { errors: vec!["ERROR_INVALID_IMAGE".to_owned()], ..entry("in/x%y.png", boxed("qr")) },
            ];
            mirror(db, DATASET, 1, &entries)?;
            end_reading(db, DATASET, 1)?;
            work(db)
        })
        .await
        .unwrap()
}

fn keys(page: &EntriesPage) -> Vec<&str> {
    page.entries.iter().map(|entry| entry.source.key.as_str()).collect()
}

#[tokio::test]
async fn filters_and_counts_see_what_is_mirrored() {
    with_store(|db| {
        let page = |filter: EntryFilter| page(db, DATASET, &filter, 0, 10);
        assert_eq!(page(EntryFilter::default())?.matching, 4);
        let dog = EntryFilter { label: Some("dog".to_owned()), ..EntryFilter::default() };
        assert_eq!(keys(&page(dog)?), ["in/cat_2.png"]);
        let unlabelled = EntryFilter { labelled: Some(false), ..EntryFilter::default() };
        assert_eq!(keys(&page(unlabelled)?), ["in/none.png"]);
        let errors = EntryFilter { errors_only: true, ..EntryFilter::default() };
        assert_eq!(keys(&page(errors)?), ["in/x%y.png"]);
        let percent = EntryFilter { text: Some("%".to_owned()), ..EntryFilter::default() };
        assert_eq!(keys(&page(percent)?), ["in/x%y.png"]);
        let counts = counts(db, DATASET)?;
        assert_eq!(counts, Counts { total: 4, labelled: 3, with_errors: 1, unsaved: 0 });
        let names: Vec<_> = labels(db, DATASET)?.into_iter().map(|l| (l.name, l.images, l.boxes)).collect();
        assert_eq!(names, [("cat".to_owned(), 2, 0), ("dog".to_owned(), 1, 0), ("qr".to_owned(), 1, 1)]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn pages_follow_the_order_of_the_keys() {
    with_store(|db| {
        let second = page(db, DATASET, &EntryFilter::default(), 2, 2)?;
        assert_eq!((second.matching, keys(&second)), (4, vec!["in/none.png", "in/x%y.png"]));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_draft_is_seen_everywhere_and_a_stale_base_is_a_conflict() {
    with_store(|db| {
        let image = source("in/none.png");
        assert_eq!(draft(db, DATASET, &image, &boxed("qr"), 0)?, Drafted::Kept(1));
        assert_eq!(draft(db, DATASET, &image, &boxed("other"), 0)?, Drafted::Conflict(1));
        assert_eq!(draft(db, DATASET, &source("in/absent.png"), &boxed("qr"), 0)?, Drafted::Unknown);
        let seen = one(db, DATASET, &image)?.unwrap();
        assert_eq!((seen.annotation, seen.revision, seen.unsaved), (boxed("qr"), 1, true));
        assert_eq!(counts(db, DATASET)?, Counts { total: 4, labelled: 4, with_errors: 1, unsaved: 1 });
        // Back to what the cloud says: nothing is unsaved, and the revision goes on.
        assert_eq!(draft(db, DATASET, &image, &Annotation::default(), 1)?, Drafted::Kept(2));
        assert_eq!(counts(db, DATASET)?, Counts { total: 4, labelled: 3, with_errors: 1, unsaved: 0 });
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn saving_clears_only_the_drafts_that_were_sent() {
    with_store(|db| {
        let (first, second) = (source("in/cat_1.png"), source("in/cat_2.png"));
        draft(db, DATASET, &first, &labelled(&["dog"]), 0)?;
        draft(db, DATASET, &second, &labelled(&["dog"]), 0)?;
        let sent = drafts(db, DATASET)?;
        assert_eq!(draft(db, DATASET, &second, &labelled(&["cow"]), 1)?, Drafted::Kept(2));
        saved(db, DATASET, &sent)?;
        assert_eq!(unsaved(db, DATASET)?, 1);
        assert_eq!(one(db, DATASET, &first)?.unwrap().annotation, labelled(&["dog"]));
        assert_eq!(one(db, DATASET, &second)?.unwrap().annotation, labelled(&["cow"]));
        discard(db, DATASET)?;
        let second = one(db, DATASET, &second)?.unwrap();
        assert_eq!((second.annotation, second.unsaved, second.revision), (labelled(&["dog"]), false, 3));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_new_reading_keeps_drafts_and_drops_what_left() {
    with_store(|db| {
        draft(db, DATASET, &source("in/cat_1.png"), &labelled(&["cow"]), 0)?;
        mirror(db, DATASET, 2, &[entry("in/none.png", labelled(&["dog"]))])?;
        end_reading(db, DATASET, 2)?;
        assert_eq!(keys(&page(db, DATASET, &EntryFilter::default(), 0, 9)?), ["in/none.png"]);
        assert_eq!(one(db, DATASET, &source("in/none.png"))?.unwrap().revision, 1);
        // The image went to the test dataset: its draft follows.
        let test = "arn:test";
        mirror(db, test, 1, &[entry("in/cat_1.png", labelled(&["cat"]))])?;
        move_drafts(db, DATASET, test)?;
        let moved = one(db, test, &source("in/cat_1.png"))?.unwrap();
        assert_eq!((moved.annotation, moved.unsaved), (labelled(&["cow"]), true));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_label_added_by_hand_is_listed_last_and_stays() {
    with_store(|db| {
        add_label(db, DATASET, "new", true)?;
        add_label(db, DATASET, "cat", true)?;
        let names: Vec<_> = labels(db, DATASET)?.into_iter().map(|label| label.name).collect();
        assert_eq!(names, ["cat", "dog", "qr", "new"]);
        Ok(())
    })
    .await;
}

fn open() -> Connection {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(include_str!("schema_1.sql")).unwrap();
    db
}

#[test]
fn a_change_for_many_reaches_everything_that_matches_and_nothing_else() {
    let db = open();
    mirror(
        &db,
        "d",
        1,
        &[entry("a", labelled(&["cat"])), entry("b", labelled(&["cat"])), entry("c", labelled(&["dog"]))],
    )
    .unwrap();
    let cats = EntryFilter { label: Some("cat".to_owned()), ..EntryFilter::default() };
    assert_eq!(change(&db, "d", &cats, None, &BulkChange::AddLabel("pet".to_owned())).unwrap(), 2);
    assert_eq!(change(&db, "d", &cats, None, &BulkChange::AddLabel("pet".to_owned())).unwrap(), 0);
    let only = BTreeSet::from([source("a")]);
    assert_eq!(change(&db, "d", &cats, Some(&only), &BulkChange::ClearLabels).unwrap(), 1);
    assert_eq!(unsaved(&db, "d").unwrap(), 2);
    let names =
        |db: &Connection| labels(db, "d").unwrap().into_iter().map(|one| (one.name, one.images)).collect::<Vec<_>>();
    assert_eq!(names(&db), [("cat".to_owned(), 1), ("dog".to_owned(), 1), ("pet".to_owned(), 1)]);
}

#[test]
fn a_renamed_label_keeps_its_key_and_merging_leaves_one() {
    let db = open();
    mirror(
        &db,
        "d",
        1,
        &[entry("a", labelled(&["cat"])), entry("b", labelled(&["dog"])), entry("c", labelled(&["bird"]))],
    )
    .unwrap();
    let everything = EntryFilter::default();
    let rename = |from: &str, to: &str| {
        let renaming = BulkChange::RenameLabel { from: from.to_owned(), to: to.to_owned() };
        change(&db, "d", &everything, None, &renaming).unwrap();
        rename_label(&db, "d", from, to).unwrap();
        labels(&db, "d").unwrap().into_iter().map(|one| (one.name, one.images)).collect::<Vec<_>>()
    };
    assert_eq!(rename("cat", "猫"), [("猫".to_owned(), 1), ("dog".to_owned(), 1), ("bird".to_owned(), 1)]);
    assert_eq!(rename("bird", "猫"), [("猫".to_owned(), 2), ("dog".to_owned(), 1)]);
}

#[test]
fn a_draft_whose_answer_was_lost_can_be_sent_again() {
    let db = open();
    mirror(&db, "d", 1, &[entry("a", labelled(&["cat"]))]).unwrap();
    let says = |label: &str| draft(&db, "d", &source("a"), &labelled(&[label]), 0).unwrap();
    assert_eq!(says("dog"), Drafted::Kept(1));
    assert_eq!(says("dog"), Drafted::Kept(1));
    assert_eq!(says("bird"), Drafted::Conflict(1));
}
