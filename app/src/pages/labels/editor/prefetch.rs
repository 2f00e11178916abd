use super::desk::{Desk, picture_url};
use leptos::prelude::*;

/// Images before and after the open one whose pictures are fetched and decoded ahead.
const BEFORE: usize = 1;
const AFTER: usize = 3;

impl Desk {
    /// Brings the pictures round the open one into the browser and decodes them, so that the next image shows at once.
    pub(super) fn prefetch(self) {
        let urls = Memo::new(move |_| {
            let (at, _) = self.place();
            let at = at?;
            self.here.entries.data.with(|page| {
                let entries = &page.as_ref()?.entries;
                let first = at.saturating_sub(BEFORE);
                let round = entries.iter().enumerate().skip(first).take(at - first + AFTER + 1);
                // The nearest come first, those after before those before.
                let mut round: Vec<_> = round.map(|(n, entry)| ((n < at, n.abs_diff(at)), entry)).collect();
                round.sort_by_key(|(rank, _)| *rank);
                Some(round.into_iter().map(|(_, entry)| picture_url(&entry.source)).collect::<Vec<_>>())
            })
        });
        // The open image's own picture comes first.
        Effect::new(move || {
            let Some(urls) = urls.get() else { return };
            if self.pictures.shown().get() == self.picture() {
                self.pictures.keep(&urls);
            }
        });
    }
}
