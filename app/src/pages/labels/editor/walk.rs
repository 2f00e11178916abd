//! From image to image.

use super::desk::{Desk, End};
use crate::pages::labels::{autosave, decided};
use crate::words;
use domain::s3_uri::S3Uri;
use leptos::prelude::*;

impl Desk {
    /// Done with this image: on to the next one.
    pub fn done(self) {
        self.next();
    }

    pub fn next(self) {
        let (at, _) = untrack(|| self.place());
        let next = at.map_or(0, |at| at + 1);
        let source = self.nth(next);
        let (page, more) = self.here.entries.data.with_untracked(|page| {
            let page = page.as_ref();
            (
                self.here.page.get_untracked(),
                page.is_some_and(|page| page.offset + (page.entries.len() as u64) < page.matching),
            )
        });
        match source {
            Some(source) => self.open(&source),
            None if self.here.shrinks() => self.next_in_shrunk(),
            None if more && let Some(beyond) = self.beyond() => {
                let (page, source) = ((page + 2).to_string(), beyond.source.to_string());
                self.go.to(&[("page", Some(&page)), ("image", Some(&source))]);
            }
            None if more => {
                self.pending.set(Some(End::First));
                self.go.to(&[("page", Some(&(page + 2).to_string()))]);
            }
            None => self.say_last(),
        }
    }

    /// What was decided left the list: its first page has new ones.
    fn next_in_shrunk(self) {
        leptos::task::spawn_local(async move {
            decided::sent().await;
            if autosave::flush().await.is_ok() && self.pending.try_set(Some(End::First)).is_none() {
                self.here.entries.refresh();
            }
        });
    }

    pub fn previous(self) {
        let (at, _) = untrack(|| self.place());
        match at {
            Some(0) | None if self.here.page.get_untracked() > 0 => {
                self.pending.set(Some(End::Last));
                let page = self.here.page.get_untracked();
                self.go.to(&[("page", (page > 1).then(|| page.to_string()).as_deref())]);
            }
            Some(at) if at > 0 => {
                if let Some(source) = self.nth(at - 1) {
                    self.open(&source);
                }
            }
            _ => self.flash.say(words!(self.lang, labels.first_image)),
        }
    }

    fn nth(self, at: usize) -> Option<S3Uri> {
        self.here.entries.data.with_untracked(|page| {
            page.as_ref().and_then(|page| page.entries.get(at)).map(|entry| entry.source.clone())
        })
    }

    pub(super) fn say_last(self) {
        self.carried.set(None);
        self.flash.say(words!(self.lang, labels.last_image));
    }

    /// Opens an image.
    pub fn open(self, source: &S3Uri) {
        self.go.to(&[("image", Some(&source.to_string()))]);
    }
}
