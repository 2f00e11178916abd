//! What filters and orders need of every entry of a dataset, in memory: 250,000 entries are filtered and ordered in
//! some milliseconds. Read from the store once, then brought up to date entry by entry.

use crate::store::listing::{self, Labels, Listed};
use domain::view::{EntryFilter, EntrySort, LabelCount};
use rusqlite::{Connection, Result};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// The entries in the order of their sources.
#[derive(Debug, Default)]
pub(crate) struct Roll {
    entries: Vec<Entry>,
    labels: HashMap<String, Carriers>,
}

/// The ids of the entries with a label, rising.
#[derive(Debug, Default)]
struct Carriers {
    /// As label of the whole image only.
    whole: Vec<i64>,
    /// On boxes.
    boxed: Vec<i64>,
}

#[derive(Debug)]
struct Entry {
    id: i64,
    changed_ms: i64,
    boxes: u32,
    flags: u8,
    /// In small letters.
    key: Box<str>,
}

const LABELLED: u8 = 1;
const FAILING: u8 = 2;
const DRAFTED: u8 = 4;
const SUGGESTED: u8 = 8;

/// The entries that match a filter, in its order.
#[derive(Debug)]
pub(crate) struct List {
    /// Tells lists with other entries or another order apart; below 2^53, so that JavaScript keeps it. Neither 0 nor
    /// [`domain::view::ANY_LIST`].
    pub(crate) number: u64,
    pub(crate) ids: Vec<i64>,
}

impl Roll {
    pub(crate) fn read(db: &Connection, dataset: &str) -> Result<Self> {
        let mut roll = Self::default();
        listing::walk(db, dataset, |entry| roll.entries.push(Entry::of(&entry)))?;
        let mut last = (String::new(), Carriers::default());
        listing::walk_labels(db, dataset, |label, id, boxes| {
            if last.0 != label {
                let (name, carriers) = std::mem::replace(&mut last, (label.to_owned(), Carriers::default()));
                roll.labels.insert(name, carriers);
            }
            if boxes == 0 { last.1.whole.push(id) } else { last.1.boxed.push(id) }
        })?;
        roll.labels.insert(last.0, last.1);
        Ok(roll)
    }

    /// Takes over what the store says of one entry now; answers whether it has a place here. If not, all has to be
    /// read again.
    pub(crate) fn update(&mut self, id: i64, now: Option<(Listed, Labels)>) -> bool {
        for ids in self.labels.values_mut().flat_map(|own| [&mut own.whole, &mut own.boxed]) {
            if let Ok(at) = ids.binary_search(&id) {
                ids.remove(at);
            }
        }
        let place = self.entries.iter().position(|entry| entry.id == id);
        match (place, now) {
            (Some(place), None) => _ = self.entries.remove(place),
            (None, None) => {}
            (None, Some(_)) => return false,
            (Some(place), Some((entry, labels))) => {
                if let Some(own) = self.entries.get_mut(place) {
                    *own = Entry::of(&entry);
                }
                for (label, boxes) in labels {
                    let carriers = self.labels.entry(label).or_default();
                    let ids = if boxes == 0 { &mut carriers.whole } else { &mut carriers.boxed };
                    if let Err(at) = ids.binary_search(&id) {
                        ids.insert(at, id);
                    }
                }
            }
        }
        true
    }

    /// The entries that match, in the filter's order.
    pub(crate) fn list(&self, filter: &EntryFilter) -> List {
        let of_label =
            |label: &String| self.labels.get(label).map(|own| Marks::of([&own.whole, &own.boxed])).unwrap_or_default();
        let label = filter.label.as_ref().map(of_label);
        let text = filter.text.as_deref().map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty());
        let (mut wanted, mut care) = (0, 0);
        for (flag, asked) in [
            (LABELLED, filter.labelled),
            (FAILING, filter.errors_only.then_some(true)),
            (DRAFTED, filter.unsaved_only.then_some(true)),
            (SUGGESTED, filter.suggested_only.then_some(true)),
        ] {
            care |= asked.map_or(0, |_| flag);
            wanted |= if asked == Some(true) { flag } else { 0 };
        }
        let matches = |entry: &&Entry| {
            entry.flags & care == wanted
                && label.as_ref().is_none_or(|marks| marks.has(entry.id))
                && text.as_deref().is_none_or(|text| entry.key.contains(text))
        };
        let mut found: Vec<&Entry> = self.entries.iter().filter(matches).collect();
        match filter.sort {
            EntrySort::Name => {}
            EntrySort::NameDown => found.reverse(),
            EntrySort::MostBoxes => found.sort_by_key(|entry| std::cmp::Reverse(entry.boxes)),
            EntrySort::FewestBoxes => found.sort_by_key(|entry| entry.boxes),
            EntrySort::Changed => found.sort_by_key(|entry| std::cmp::Reverse(entry.changed_ms)),
        }
        List::of(found.into_iter().map(|entry| entry.id).collect())
    }

    /// How many of these entries carry each label as a whole, for the labels that any of them carries.
    pub(crate) fn labels_of(&self, ids: &[i64]) -> Vec<LabelCount> {
        let marks = Marks::of([ids, &[]]);
        let count = |(name, own): (&String, &Carriers)| {
            let images = own.whole.iter().filter(|id| marks.has(**id)).count() as u64;
            (images > 0).then(|| LabelCount { name: name.clone(), images, boxes: 0 })
        };
        self.labels.iter().filter_map(count).collect()
    }
}

impl List {
    fn of(ids: Vec<i64>) -> Self {
        let mut hasher = DefaultHasher::new();
        ids.hash(&mut hasher);
        Self { number: (hasher.finish() >> 11) | 2, ids }
    }
}

impl Entry {
    fn of(entry: &Listed) -> Self {
        let flag = |yes: bool, flag: u8| if yes { flag } else { 0 };
        Self {
            id: entry.id,
            changed_ms: entry.changed_ms,
            boxes: u32::try_from(entry.boxes).unwrap_or(u32::MAX),
            flags: flag(entry.labelled, LABELLED)
                | flag(entry.failing, FAILING)
                | flag(entry.drafted, DRAFTED)
                | flag(entry.suggested, SUGGESTED),
            key: key(&entry.source).to_lowercase().into(),
        }
    }
}

/// The key in `s3://bucket/key`.
fn key(source: &str) -> &str {
    source.get(5..).and_then(|rest| rest.split_once('/')).map_or(source, |(_, key)| key)
}

/// A set of ids that are near each other.
#[derive(Default)]
struct Marks {
    least: i64,
    bits: Vec<u64>,
}

impl Marks {
    fn of(parts: [&[i64]; 2]) -> Self {
        let ids = || parts.into_iter().flatten().copied();
        let (Some(least), Some(most)) = (ids().min(), ids().max()) else { return Self::default() };
        let mut marks = Self { least, bits: vec![0; usize::try_from(most - least).unwrap_or_default() / 64 + 1] };
        for id in ids() {
            let at = usize::try_from(id - least).unwrap_or_default();
            if let Some(word) = marks.bits.get_mut(at / 64) {
                *word |= 1 << (at % 64);
            }
        }
        marks
    }

    fn has(&self, id: i64) -> bool {
        let Ok(at) = usize::try_from(id - self.least) else { return false };
        self.bits.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: i64, name: &str, flags: u8, boxes: u64) -> Listed {
        Listed {
            id,
            source: format!("s3://bucket/{name}"),
            labelled: flags & LABELLED > 0,
            failing: flags & FAILING > 0,
            drafted: flags & DRAFTED > 0,
            suggested: flags & SUGGESTED > 0,
            boxes,
            changed_ms: id * 10,
        }
    }

    fn roll() -> Roll {
        let entries = [
            entry(3, "a/Dog.png", LABELLED | DRAFTED, 9),
            entry(7, "b/猫 Ö.png", LABELLED | SUGGESTED, 2),
            entry(90, "c.png", FAILING, 0),
        ];
        let cat = Carriers { whole: vec![7], boxed: vec![3] };
        let labels = [("cat".to_owned(), cat), ("dog".to_owned(), Carriers { whole: vec![3], boxed: vec![] })];
        Roll { entries: entries.iter().map(Entry::of).collect(), labels: labels.into() }
    }

    fn ids(roll: &Roll, filter: EntryFilter) -> Vec<i64> {
        roll.list(&filter).ids
    }

    #[test]
    fn filters_meet_and_orders_hold() {
        let roll = roll();
        let all = EntryFilter::default;
        assert_eq!(ids(&roll, all()), [3, 7, 90]);
        assert_eq!(ids(&roll, EntryFilter { labelled: Some(true), ..all() }), [3, 7]);
        assert_eq!(ids(&roll, EntryFilter { labelled: Some(false), ..all() }), [90]);
        assert_eq!(ids(&roll, EntryFilter { errors_only: true, ..all() }), [90]);
        assert_eq!(ids(&roll, EntryFilter { unsaved_only: true, ..all() }), [3]);
        assert_eq!(ids(&roll, EntryFilter { suggested_only: true, ..all() }), [7]);
        assert_eq!(ids(&roll, EntryFilter { label: Some("cat".to_owned()), ..all() }), [3, 7]);
        assert_eq!(ids(&roll, EntryFilter { label: Some("none".to_owned()), ..all() }), [0_i64; 0]);
        assert_eq!(ids(&roll, EntryFilter { text: Some(" dOG ".to_owned()), ..all() }), [3]);
        assert_eq!(ids(&roll, EntryFilter { text: Some("ö".to_owned()), ..all() }), [7]);
        assert_eq!(ids(&roll, EntryFilter { text: Some("bucket".to_owned()), ..all() }), [0_i64; 0]);
        assert_eq!(ids(&roll, EntryFilter { sort: EntrySort::NameDown, ..all() }), [90, 7, 3]);
        assert_eq!(ids(&roll, EntryFilter { sort: EntrySort::MostBoxes, ..all() }), [3, 7, 90]);
        assert_eq!(ids(&roll, EntryFilter { sort: EntrySort::FewestBoxes, ..all() }), [90, 7, 3]);
        assert_eq!(ids(&roll, EntryFilter { sort: EntrySort::Changed, ..all() }), [90, 7, 3]);
    }

    #[test]
    fn an_entry_that_changed_or_went_is_seen() {
        let mut roll = roll();
        let before = roll.list(&EntryFilter::default()).number;
        assert!(roll.update(7, Some((entry(7, "b/猫 Ö.png", 0, 0), Vec::new()))));
        assert_eq!(ids(&roll, EntryFilter { label: Some("cat".to_owned()), ..EntryFilter::default() }), [3]);
        assert_eq!(roll.list(&EntryFilter::default()).number, before, "the same entries in the same order");
        assert!(roll.update(3, None));
        assert_eq!(ids(&roll, EntryFilter::default()), [7, 90]);
        assert!(!roll.update(8, Some((entry(8, "new.png", 0, 0), Vec::new()))), "where it stands is not known");
        assert_ne!(roll.list(&EntryFilter::default()).number, before);
        assert!(roll.labels_of(&[7, 90]).is_empty());
    }

    #[test]
    fn labels_of_whole_images_are_counted_among_the_chosen() {
        let counts = roll().labels_of(&[90, 7, 3]);
        let by_name =
            counts.into_iter().map(|one| (one.name, one.images)).collect::<std::collections::BTreeMap<_, _>>();
        assert_eq!(by_name, [("cat".to_owned(), 1), ("dog".to_owned(), 1)].into());
    }
}
