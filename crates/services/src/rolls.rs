//! The lists that the gallery looks into. A list stays as it was while a person scrolls and selects in it, whatever
//! is labelled meanwhile; asked for anew, it tells what matches now.

use crate::Services;
use crate::roll::{List, Roll};
use crate::store::{self, listing};
use domain::problem::Problem;
use domain::view::{EntriesPage, EntryFilter, LabelCount};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Datasets whose entries are held at once, those looked at last.
const MOST_ROLLS: usize = 4;
/// Lists of one dataset that are remembered.
const MOST_LISTS: usize = 12;
/// So many changed entries are brought up to date one by one; beyond, all are read again.
const MOST_TOUCHED: usize = 2000;
/// How far into the list the first look goes that does not wait for the whole dataset to be read.
const AT_ONCE: u64 = 1000;
/// While entries come in from the cloud, all are read again this much less often than it takes.
const REST_WHILE_GROWING: u32 = 10;

/// What is held in memory of the datasets that are being looked at.
#[derive(Default)]
pub(crate) struct Rolls(Mutex<Vec<(String, Arc<Held>)>>);

#[derive(Default)]
struct Held {
    content: tokio::sync::Mutex<Content>,
    stale: Mutex<Stale>,
}

#[derive(Default)]
struct Content {
    roll: Option<Roll>,
    read_at: Option<Instant>,
    took: Duration,
    /// Counts every change of `roll`.
    edition: u64,
    lists: VecDeque<(EntryFilter, u64, Arc<List>)>,
}

/// What changed in the store since `Content` was brought up to date.
#[derive(Default)]
struct Stale {
    ids: Vec<i64>,
    everything: bool,
    /// Entries come in from the cloud.
    growing: bool,
}

impl Rolls {
    fn held(&self, dataset: &str) -> Arc<Held> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all.iter().position(|(name, _)| name == dataset).map(|at| all.remove(at));
        let own = own.unwrap_or_else(|| (dataset.to_owned(), Arc::default()));
        let held = Arc::clone(&own.1);
        all.insert(0, own);
        all.truncate(MOST_ROLLS);
        held
    }

    /// These entries changed.
    pub(crate) fn touch(&self, dataset: &str, ids: &[i64]) {
        self.note(dataset, |stale| {
            if stale.ids.len() + ids.len() > MOST_TOUCHED {
                stale.everything = true;
            } else {
                stale.ids.extend(ids);
            }
        });
    }

    /// Any entries may have changed.
    pub(crate) fn forget(&self, dataset: &str) {
        self.note(dataset, |stale| stale.everything = true);
    }

    /// More entries came in from the cloud.
    pub(crate) fn grow(&self, dataset: &str) {
        self.note(dataset, |stale| stale.growing = true);
    }

    fn note(&self, dataset: &str, what: impl FnOnce(&mut Stale)) {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, held)) = all.iter().find(|(name, _)| name == dataset) {
            what(&mut held.stale.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

impl Services {
    /// Part of the list that `filter` gives: of the one numbered `list`, as long as it is remembered, else of what
    /// matches now.
    pub(crate) async fn listed_page(
        &self,
        dataset: &str,
        filter: &EntryFilter,
        list: Option<u64>,
        offset: u64,
        limit: u64,
    ) -> Result<EntriesPage, Problem> {
        if list.is_none() && offset + limit <= AT_ONCE && filter.is_everything() && self.is_unread(dataset).await {
            return self.first_page(dataset, offset, limit).await;
        }
        let mut wanted = list;
        loop {
            let list = self.list(dataset, filter, wanted).await?;
            let ids: Vec<i64> = list.ids.iter().skip(at(offset)).take(at(limit)).copied().collect();
            let name = dataset.to_owned();
            let entries = self.store().read(move |db| listing::by_ids(db, &name, &ids)).await?;
            match entries {
                Some(entries) => {
                    return Ok(EntriesPage { matching: list.ids.len() as u64, offset, list: list.number, entries });
                }
                // One of them left the dataset: the list says nothing any more.
                None => {
                    self.0.rolls.forget(dataset);
                    wanted = None;
                }
            }
        }
    }

    async fn is_unread(&self, dataset: &str) -> bool {
        let held = self.0.rolls.held(dataset);
        match held.content.try_lock() {
            Ok(content) => content.roll.is_none(),
            // It is being read.
            Err(_) => true,
        }
    }

    /// The beginning of the whole list, for which nothing else has to be read.
    async fn first_page(&self, dataset: &str, offset: u64, limit: u64) -> Result<EntriesPage, Problem> {
        let name = dataset.to_owned();
        self.store()
            .read(move |db| {
                let entries = listing::first(db, &name, offset, limit)?;
                Ok(EntriesPage { matching: store::entries::counts(db, &name)?.total, offset, list: 0, entries })
            })
            .await
    }

    /// The list numbered `wanted`, as long as it is remembered, else what matches now.
    pub(crate) async fn list(
        &self,
        dataset: &str,
        filter: &EntryFilter,
        wanted: Option<u64>,
    ) -> Result<Arc<List>, Problem> {
        let held = self.0.rolls.held(dataset);
        let mut content = held.content.lock().await;
        if let Some(number) = wanted
            && let Some((_, _, list)) = content.lists.iter().find(|(_, _, list)| list.number == number)
        {
            return Ok(Arc::clone(list));
        }
        self.bring_up_to_date(dataset, &held, &mut content).await?;
        let edition = content.edition;
        let known = content.lists.iter().find(|(own, of, _)| own == filter && *of == edition);
        if let Some((_, _, list)) = known {
            return Ok(Arc::clone(list));
        }
        let list =
            Arc::new(content.roll.as_ref().map_or_else(|| Roll::default().list(filter), |roll| roll.list(filter)));
        content.lists.retain(|(_, _, own)| own.number != list.number);
        content.lists.push_front((filter.clone(), edition, Arc::clone(&list)));
        content.lists.truncate(MOST_LISTS);
        Ok(list)
    }

    async fn bring_up_to_date(&self, dataset: &str, held: &Held, content: &mut Content) -> Result<(), Problem> {
        let rested = content.read_at.is_none_or(|at| at.elapsed() > content.took * REST_WHILE_GROWING);
        let (ids, everything) = {
            let mut stale = held.stale.lock().unwrap_or_else(PoisonError::into_inner);
            let grown = stale.growing && rested;
            stale.growing &= !rested;
            (std::mem::take(&mut stale.ids), std::mem::take(&mut stale.everything) || grown)
        };
        let name = dataset.to_owned();
        if let Some(mut roll) = content.roll.take().filter(|_| !everything) {
            if ids.is_empty() {
                content.roll = Some(roll);
                return Ok(());
            }
            let updated = self.store().read(move |db| {
                for id in ids {
                    if !roll.update(id, listing::listed_one(db, &name, id)?) {
                        return Ok(None);
                    }
                }
                Ok(Some(roll))
            });
            // After a failure all is read again.
            content.roll = updated.await?;
        }
        if content.roll.is_none() {
            let (name, begun) = (dataset.to_owned(), Instant::now());
            content.roll = Some(self.store().read(move |db| Roll::read(db, &name)).await?);
            content.took = begun.elapsed();
            content.read_at = Some(Instant::now());
        }
        content.edition += 1;
        Ok(())
    }

    /// How many of the entries at these places of a list carry each label; and how many entries those are.
    pub(crate) async fn labels_at(
        &self,
        dataset: &str,
        filter: &EntryFilter,
        list: u64,
        ranges: &[(u64, u64)],
    ) -> Result<(Vec<LabelCount>, u64), Problem> {
        let list = self.list(dataset, filter, Some(list)).await?;
        let held = self.0.rolls.held(dataset);
        let mut content = held.content.lock().await;
        self.bring_up_to_date(dataset, &held, &mut content).await?;
        let ids = list.ids_at(ranges);
        let labels = content.roll.as_ref().map(|roll| roll.labels_of(&ids)).unwrap_or_default();
        Ok((labels, ids.len() as u64))
    }
}

impl List {
    /// The ids at these places, each from its first number to before its second.
    pub(crate) fn ids_at(&self, ranges: &[(u64, u64)]) -> Vec<i64> {
        let part = |(from, to): &(u64, u64)| self.ids.iter().skip(at(*from)).take(at(to.saturating_sub(*from)));
        ranges.iter().flat_map(part).copied().collect()
    }
}

fn at(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
