use super::*;
use crate::roll::Roll;
use crate::store::labels::{labels, rename_label};
use crate::store::listing::{first, id_of, one};
use crate::store::suggestions::{Asked, keep, leave};
use crate::store::{STEPS, Store};
use domain::geometry::PixelBox;
use domain::status::DatasetKind;
use domain::view::{EntryFilter, EntryView, LabelledBox};

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

fn keys(entries: &[EntryView]) -> Vec<&str> {
    entries.iter().map(|entry| entry.source.key.as_str()).collect()
}

/// Ids that match, as the gallery finds them.
fn matching(db: &Connection, dataset: &str, filter: &EntryFilter) -> Vec<i64> {
    Roll::read(db, dataset).unwrap().list(filter).ids
}

#[tokio::test]
async fn filters_and_counts_see_what_is_mirrored() {
    with_store(|db| {
        let keys = |filter: EntryFilter| {
            let found = crate::store::listing::by_ids(db, DATASET, &matching(db, DATASET, &filter)).unwrap().unwrap();
            found.into_iter().map(|entry| entry.source.key).collect::<Vec<_>>()
        };
        assert_eq!(keys(EntryFilter::default()).len(), 4);
        let dog = EntryFilter { label: Some("dog".to_owned()), ..EntryFilter::default() };
        assert_eq!(keys(dog), ["in/cat_2.png"]);
        let unlabelled = EntryFilter { labelled: Some(false), ..EntryFilter::default() };
        assert_eq!(keys(unlabelled), ["in/none.png"]);
        let errors = EntryFilter { errors_only: true, ..EntryFilter::default() };
        assert_eq!(keys(errors), ["in/x%y.png"]);
        let percent = EntryFilter { text: Some("%".to_owned()), ..EntryFilter::default() };
        assert_eq!(keys(percent), ["in/x%y.png"]);
        let counts = counts(db, DATASET)?;
        assert_eq!(counts, Counts { total: 4, labelled: 3, with_errors: 1, unsaved: 0, suggested: 0 });
        let names: Vec<_> = labels(db, DATASET)?.into_iter().map(|l| (l.name, l.images, l.boxes)).collect();
        assert_eq!(names, [("cat".to_owned(), 2, 0), ("dog".to_owned(), 1, 0), ("qr".to_owned(), 1, 1)]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn pages_follow_the_order_of_the_keys() {
    with_store(|db| {
        assert_eq!(keys(&first(db, DATASET, 2, 2)?), ["in/none.png", "in/x%y.png"]);
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
        assert_eq!(counts(db, DATASET)?, Counts { total: 4, labelled: 4, with_errors: 1, unsaved: 1, suggested: 0 });
        // Back to what the cloud says: nothing is unsaved, and the revision goes on.
        assert_eq!(draft(db, DATASET, &image, &Annotation::default(), 1)?, Drafted::Kept(2));
        assert_eq!(counts(db, DATASET)?, Counts { total: 4, labelled: 3, with_errors: 1, unsaved: 0, suggested: 0 });
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
        assert_eq!(keys(&first(db, DATASET, 0, 9)?), ["in/none.png"]);
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
    STEPS.iter().for_each(|step| db.execute_batch(step).unwrap());
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
    let cats = matching(&db, "d", &EntryFilter { label: Some("cat".to_owned()), ..EntryFilter::default() });
    let count = |ids: &[i64], what: BulkChange| change(&db, "d", ids, &what).unwrap().len();
    assert_eq!(count(&cats, BulkChange::AddLabel("pet".to_owned())), 2);
    assert_eq!(count(&cats, BulkChange::AddLabel("pet".to_owned())), 0);
    let only = [id_of(&db, "d", &source("a")).unwrap().unwrap(), 4711];
    assert_eq!(count(&only, BulkChange::ClearLabels), 1);
    assert!(change(&db, "other", &only, &BulkChange::NoObject).unwrap().is_empty());
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
    let everything = matching(&db, "d", &EntryFilter::default());
    let rename = |from: &str, to: &str| {
        let renaming = BulkChange::RenameLabel { from: from.to_owned(), to: to.to_owned() };
        change(&db, "d", &everything, &renaming).unwrap();
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

/// What the triggers keep, beside what a count of every row says.
fn assert_counted(db: &Connection, dataset: &str) {
    let counted = db
        .query_row(
            "SELECT COUNT(*), COALESCE(SUM(labelled), 0), COALESCE(SUM(errors <> '[]'), 0),
             COALESCE(SUM(draft IS NOT NULL), 0), COALESCE(SUM(id IN (SELECT entry FROM suggestion WHERE boxes <> '[]')), 0)
             FROM entry WHERE dataset = ?1 AND present = 1",
            [dataset],
            |row| {
                let (total, labelled, with_errors, unsaved) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
                Ok(Counts { total, labelled, with_errors, unsaved, suggested: row.get(4)? })
            },
        )
        .unwrap();
    assert_eq!(counts(db, dataset).unwrap(), counted);
    for label in labels(db, dataset).unwrap() {
        let rows: (u64, u64) = db
            .query_row(
                "SELECT COUNT(*), COALESCE(SUM(entry_label.boxes), 0) FROM entry_label JOIN entry ON entry.id = entry
                 WHERE entry_label.dataset = ?1 AND label = ?2 AND present = 1 AND entry.dataset = ?1",
                [dataset, &label.name],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        assert_eq!((label.images, label.boxes), rows, "{}", label.name);
    }
}

#[test]
fn kept_counts_are_those_of_the_rows_whatever_happens() {
    let db = open();
    db.pragma_update(None, "foreign_keys", "ON").unwrap();
    let mut seed = 11_u64;
    let mut next = |most: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % most
    };
    let any = |which: u64| match which {
        0 => Annotation::default(),
        1 => labelled(&["cat"]),
        2 => labelled(&["cat", "dog"]),
        3 => boxed("cat"),
        _ => Annotation { boxes: Some(Vec::new()), ..labelled(&["dog"]) },
    };
    let mut dataset = "d0".to_owned();
    for round in 1..200 {
        match next(10) {
            0 | 1 => {
                let seen: Vec<Mirrored> = (0..next(9))
                    .map(|n| Mirrored {
                        errors: (next(3) == 0).then(|| "ERROR".to_owned()).into_iter().collect(),
                        ..entry(&n.to_string(), any(next(5)))
                    })
                    .collect();
                mirror(&db, &dataset, round, &seen).unwrap();
                end_reading(&db, &dataset, round).unwrap();
            }
            2 => {
                let ids = matching(&db, &dataset, &EntryFilter::default());
                change(&db, &dataset, &ids, &BulkChange::RenameLabel { from: "cat".into(), to: "dog".into() }).unwrap();
            }
            3 => discard(&db, &dataset).unwrap(),
            4 => saved(&db, &dataset, &drafts(&db, &dataset).unwrap()).unwrap(),
            5 => {
                let new = format!("d{round}");
                mirror(&db, &new, round, &[entry("1", any(3))]).unwrap();
                rename_dataset(&db, &dataset, &new).unwrap();
                assert_counted(&db, &dataset);
                dataset = new;
            }
            6 => {
                if let Some(entry) = id_of(&db, &dataset, &source(&next(9).to_string())).unwrap() {
                    let found = any(3 * next(2)).boxes.unwrap_or_default();
                    keep(&db, "p", DatasetKind::Train, "v", &[Asked { entry, answer: Ok(found) }]).unwrap();
                }
            }
            7 => _ = leave(&db, &dataset, &source(&next(9).to_string()), &[]).unwrap(),
            _ => {
                let image = source(&next(9).to_string());
                if let Some(now) = one(&db, &dataset, &image).unwrap() {
                    draft(&db, &dataset, &image, &any(next(5)), now.revision).unwrap();
                }
            }
        }
        assert_counted(&db, &dataset);
    }
}
