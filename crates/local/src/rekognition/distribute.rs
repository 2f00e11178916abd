//! DistributeDatasetEntries: which fifth of a training dataset goes into the test dataset.

use super::error::ApiError;
use super::{State, now_ms, row};
use domain::status::DatasetStatus;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const TOO_FEW: &str = "The manifest file doesn't have enough labeled images to distribute the dataset.";

/// Moves the entries and tells both datasets' new states, in one transaction.
pub fn run(state: &Arc<State>, train: i64, test: i64) -> Result<(), ApiError> {
    state.write(move |db, _| {
        let entries = row::entry::labels_by_entry(db, train)?;
        let chosen = choose(&entries);
        let (status, message, code) = match &chosen {
            Some(_) => (DatasetStatus::UpdateComplete, "The dataset was successfully updated.", "SUCCESS"),
            None => (DatasetStatus::UpdateFailed, TOO_FEW, "CLIENT_ERROR"),
        };
        for id in chosen.unwrap_or_default() {
            row::entry::move_to(db, id, test)?;
        }
        for dataset in [train, test] {
            row::dataset::clear_work(db, dataset)?;
            row::dataset::set_status(db, dataset, status, message, code, now_ms())?;
        }
        Ok(())
    })
}

/// The ids of a fifth of the entries, rounded, with every kind of entry (the set of labels it carries) in its share.
/// Each label that two entries or more carry stands on both sides. `None` when fewer than half of the labels are
/// carried twice: such a split could not be trained, as half of the labels must be in both datasets. (AWS does not
/// say where its own bound is.) The choice looks random and is the same each time.
pub fn choose(entries: &[(i64, Vec<String>)]) -> Option<Vec<i64>> {
    let mut groups: BTreeMap<&[String], Vec<i64>> = BTreeMap::new();
    let mut carriers: BTreeMap<&str, u64> = BTreeMap::new();
    for (id, labels) in entries {
        groups.entry(labels).or_default().push(*id);
        for label in labels {
            *carriers.entry(label).or_default() += 1;
        }
    }
    let twice = carriers.values().filter(|count| **count >= 2).count();
    if carriers.is_empty() || twice * 2 < carriers.len() {
        return None;
    }
    let mut chosen = BTreeSet::new();
    let mut met = 0;
    for ids in groups.values_mut() {
        ids.sort_by_key(|id| scatter(*id));
        met += ids.len();
        let due = ((met as f64 * 0.2).round() as usize).saturating_sub(chosen.len());
        // One stays behind, so that the training side keeps each kind.
        chosen.extend(ids.iter().take(due.min(ids.len().saturating_sub(1))));
    }
    for (label, _) in carriers.iter().filter(|(_, count)| **count >= 2) {
        let with: Vec<i64> =
            entries.iter().filter(|(_, labels)| labels.iter().any(|l| l == label)).map(|(id, _)| *id).collect();
        if with.iter().all(|id| !chosen.contains(id))
            && let Some(one) = with.into_iter().min_by_key(|id| scatter(*id))
        {
            chosen.insert(one);
        }
    }
    Some(chosen.into_iter().collect())
}

/// Mixes the bits of an id (the finisher of SplitMix64), so that neighbours are not chosen together.
fn scatter(id: i64) -> u64 {
    let mut z = (id as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(groups: &[(&[&str], usize)]) -> Vec<(i64, Vec<String>)> {
        let mut all = Vec::new();
        for (labels, count) in groups {
            for _ in 0..*count {
                all.push((all.len() as i64 + 1, labels.iter().map(|l| (*l).to_owned()).collect()));
            }
        }
        all
    }

    fn chosen_with(entries: &[(i64, Vec<String>)], chosen: &[i64], label: &str) -> usize {
        entries.iter().filter(|(id, labels)| chosen.contains(id) && labels.iter().any(|l| l == label)).count()
    }

    #[test]
    fn a_fifth_of_each_kind_is_chosen() {
        let all = entries(&[(&["with_qr"], 20), (&["without_qr"], 20)]);
        let chosen = choose(&all).unwrap();
        assert_eq!(chosen.len(), 8);
        assert_eq!(chosen_with(&all, &chosen, "with_qr"), 4);
        assert_eq!(chosen_with(&all, &chosen, "without_qr"), 4);
        assert_eq!(choose(&all), Some(chosen));
    }

    #[test]
    fn a_label_with_two_entries_stands_on_both_sides() {
        let all = entries(&[(&["a"], 10), (&["b"], 2), (&[], 5)]);
        let chosen = choose(&all).unwrap();
        assert_eq!(chosen_with(&all, &chosen, "b"), 1);
        assert!(chosen.len() >= 3 && chosen.len() <= 4, "{chosen:?}");
    }

    #[test]
    fn too_few_labelled_entries_are_refused() {
        assert_eq!(choose(&entries(&[(&[], 10)])), None);
        assert_eq!(choose(&entries(&[(&["a"], 1), (&["b"], 1), (&["c"], 2)])), None);
        assert!(choose(&entries(&[(&["a"], 2)])).is_some());
    }
}
