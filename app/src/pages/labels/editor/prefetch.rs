use super::desk::{Desk, picture_url};
use crate::api;
use crate::pages::labels::autosave;
use crate::pages::labels::here::PAGE;
use domain::view::EntryView;
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
            let beyond = self.ahead.with(|ahead| ahead.as_ref().map(|entry| picture_url(&entry.source)));
            self.here.entries.data.with(|page| {
                let entries = &page.as_ref()?.entries;
                let first = at.saturating_sub(BEFORE);
                let round = entries.iter().enumerate().skip(first).take(at - first + AFTER + 1);
                // The nearest come first, those after before those before.
                let mut round: Vec<_> = round.map(|(n, entry)| ((n < at, n.abs_diff(at)), entry)).collect();
                round.sort_by_key(|(rank, _)| *rank);
                Some(round.into_iter().map(|(_, entry)| picture_url(&entry.source)).chain(beyond).collect::<Vec<_>>())
            })
        });
        // The open image's own picture comes first.
        Effect::new(move || {
            let Some(urls) = urls.get() else { return };
            if self.pictures.shown().get() == self.picture() {
                self.pictures.keep(&urls);
            }
        });
        let last = Memo::new(move |_| {
            let (at, matching) = self.place();
            let count = self.here.entries.data.with(|page| page.as_ref().map_or(0, |page| page.entries.len()));
            let next = (self.here.page.get() + 1) * PAGE;
            at.is_some_and(|at| at + AFTER >= count) && next < matching
        });
        Effect::new(move || {
            if last.get() {
                self.look_beyond();
            } else {
                self.ahead.set(None);
            }
        });
    }

    /// Fetches the first image of the next page of entries before it is reached.
    fn look_beyond(self) {
        // What is decided leaves the list: its next page is no longer the next.
        if self.here.shrinks() {
            return;
        }
        let (project, kind) = (self.here.project.name_untracked(), self.here.kind.get_untracked());
        let (filter, page) = (self.here.filter.get_untracked(), self.here.page.get_untracked());
        leptos::task::spawn_local(async move {
            let asked_at = autosave::asking();
            let answer =
                api::labelling::entries(project.clone(), kind, filter.clone(), None, (page + 1) * PAGE, 1).await;
            let Some(mut first) = answer.ok().flatten().and_then(|page| page.entries.into_iter().next()) else {
                return;
            };
            autosave::overlay(&project, kind, std::slice::from_mut(&mut first), asked_at);
            let still = self.here.page.try_get_untracked() == Some(page)
                && self.here.filter.try_get_untracked().as_ref() == Some(&filter);
            if still {
                self.ahead.try_set(Some(first));
            }
        });
    }

    /// The first image of the next page, if it is here.
    pub(super) fn beyond(self) -> Option<EntryView> {
        self.ahead.get_untracked()
    }
}
