//! The parts of a list of images that are here: what is seen and what was seen last, of up to 250,000.

use super::here::PAGE;
use domain::view::{EntriesPage, EntryView};
use std::collections::{BTreeMap, VecDeque};

/// Parts of [`PAGE`] images that are kept.
const MOST_PARTS: usize = 40;

/// Parts of one list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Windows {
    /// The list's number; 0 while it has none.
    list: u64,
    matching: Option<u64>,
    parts: BTreeMap<u64, Vec<EntryView>>,
    /// Parts in the order of their last use.
    used: VecDeque<u64>,
}

impl Windows {
    /// With the first part that came.
    pub fn of(page: EntriesPage) -> Self {
        let mut windows = Self::default();
        windows.take(page);
        windows
    }

    /// The number of the list that all parts are of.
    pub fn list(&self) -> Option<u64> {
        Some(self.list).filter(|list| *list > 0)
    }

    /// How many images the list has; none before the first answer.
    pub fn matching(&self) -> Option<u64> {
        self.matching
    }

    pub fn at(&self, place: u64) -> Option<&EntryView> {
        self.parts.get(&(place / PAGE))?.get(usize::try_from(place % PAGE).ok()?)
    }

    /// A part as a page of the editor.
    pub fn page(&self, part: u64) -> Option<EntriesPage> {
        let entries = self.parts.get(&part)?.clone();
        Some(EntriesPage { matching: self.matching?, offset: part * PAGE, list: self.list, entries })
    }

    /// The first part between two places that is neither here nor asked for.
    pub fn missing(&self, from: u64, to: u64, asked: &[u64]) -> Option<u64> {
        let to = self.matching.map_or(to, |matching| to.min(matching));
        (from / PAGE..to.div_ceil(PAGE)).find(|part| !self.parts.contains_key(part) && !asked.contains(part))
    }

    /// Takes over a part. One of another list makes the others worthless; answers whether it did.
    pub fn take(&mut self, page: EntriesPage) -> bool {
        let same = self.matching.is_none()
            || self.list == page.list
            // The list that had no number yet.
            || (self.list == 0 && self.matching == Some(page.matching));
        if !same {
            *self = Self::default();
        }
        (self.list, self.matching) = (page.list.max(if same { self.list } else { 0 }), Some(page.matching));
        let part = page.offset / PAGE;
        self.used.retain(|own| *own != part);
        self.used.push_back(part);
        self.parts.insert(part, page.entries);
        if self.used.len() > MOST_PARTS
            && let Some(oldest) = self.used.pop_front()
        {
            self.parts.remove(&oldest);
        }
        !same
    }

    /// Every image that is here.
    pub fn entries_mut(&mut self) -> impl Iterator<Item = &mut EntryView> {
        self.parts.values_mut().flatten()
    }

    /// Forgets the parts, not the list.
    pub fn forget_parts(&mut self, but_from: u64, but_to: u64) {
        let kept = but_from / PAGE..but_to.div_ceil(PAGE);
        self.parts.retain(|part, _| kept.contains(part));
        self.used.retain(|part| kept.contains(part));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::s3_uri::S3Uri;
    use domain::view::Annotation;

    fn page(list: u64, offset: u64, matching: u64) -> EntriesPage {
        let entry = |place: u64| EntryView {
            source: S3Uri::new("b", place.to_string()),
            size: None,
            annotation: Annotation::default(),
            revision: 0,
            unsaved: false,
            errors: Vec::new(),
            suggestions: None,
        };
        EntriesPage { matching, offset, list, entries: (offset..matching.min(offset + PAGE)).map(entry).collect() }
    }

    #[test]
    fn parts_are_found_by_place_and_missing_ones_are_named() {
        let mut windows = Windows::default();
        assert_eq!((windows.missing(0, 10, &[]), windows.missing(0, 90, &[0])), (Some(0), Some(1)));
        windows.take(page(0, 0, 200));
        windows.take(page(5, 120, 200));
        assert_eq!(windows.at(130).map(|entry| entry.source.key.as_str()), Some("130"));
        assert_eq!(
            (windows.missing(0, 200, &[]), windows.missing(0, 60, &[]), windows.missing(150, 900, &[])),
            (Some(1), None, Some(3))
        );
        assert_eq!(windows.list(), Some(5));
        assert!(windows.at(60).is_none());
    }

    #[test]
    fn another_list_makes_the_parts_worthless() {
        let mut windows = Windows::default();
        assert!(!windows.take(page(5, 0, 200)));
        assert!(!windows.take(page(5, 60, 200)));
        assert!(windows.take(page(6, 120, 199)));
        assert!(windows.at(0).is_none() && windows.at(120).is_some());
    }

    #[test]
    fn what_was_used_longest_ago_goes() {
        let mut windows = Windows::default();
        for part in 0..MOST_PARTS as u64 + 5 {
            windows.take(page(1, part * PAGE, 250_000));
        }
        assert!(windows.at(0).is_none() && windows.at(PAGE * 5).is_some());
        assert_eq!(windows.entries_mut().count(), MOST_PARTS * 60);
    }
}
