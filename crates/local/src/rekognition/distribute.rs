//! DistributeDatasetEntries: which fifth of a training dataset goes into the test dataset.

use super::dataset_work::CHUNK;
use super::error::ApiError;
use super::row::dataset::Work;
use super::{State, now_ms, row};
use domain::status::DatasetStatus;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const TOO_FEW: &str = "The manifest file doesn't have enough labeled images to distribute the dataset.";

/// Chooses the entries and moves them in pieces, so that others can write in between; then tells both datasets' new states.
/// What was chosen is written down first: after a crash the same entries are moved.
pub fn run(state: &Arc<State>, train: i64, test: i64, before: Option<Vec<i64>>) -> Result<(), ApiError> {
    let is_new = before.is_none();
    let chosen = match before {
        Some(before) => Some(before),
        None => choose(&state.read(|db| row::entry::labels_by_entry(db, train))?),
    };
    if is_new && chosen.is_some() {
        let work = Work::Distribute { into: test, chosen: chosen.clone() };
        state.write(move |db, _| row::dataset::set_work(db, train, &work, None))?;
    }
    for piece in chosen.iter().flat_map(|ids| ids.chunks(CHUNK)) {
        let piece = piece.to_vec();
        state.write(move |db, _| piece.into_iter().try_for_each(|id| row::entry::move_to(db, id, test)))?;
    }
    let (status, message, code) = match chosen {
        Some(_) => (DatasetStatus::UpdateComplete, "The dataset was successfully updated.", "SUCCESS"),
        None => (DatasetStatus::UpdateFailed, TOO_FEW, "CLIENT_ERROR"),
    };
    state.write(move |db, _| {
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
    use domain::status::DatasetKind;

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

    #[tokio::test(flavor = "multi_thread")]
    async fn one_that_was_cut_off_moves_what_was_chosen_before_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let settings = crate::rekognition::Settings {
            region: "ap-northeast-1".into(),
            start_delay: Default::default(),
            training_delay: Default::default(),
            probe: Default::default(),
            quotas: Default::default(),
        };
        let state = State::open(crate::store::Store::open(folder.path()).unwrap(), settings).unwrap();
        let (train, test, chosen) = state
            .write(|db, _| {
                row::project::insert(db, "000000000000", "p", "arn:p", 1)?;
                let project = row::project::by_arn(db, "arn:p")?.id;
                let train = row::dataset::insert(db, project, DatasetKind::Train, "arn:train", 1)?;
                let test = row::dataset::insert(db, project, DatasetKind::Test, "arn:test", 1)?;
                for number in 0..20 {
                    let entry = row::entry::NewEntry {
                        source_ref: format!("s3://b/{number}"),
                        line: "{}".into(),
                        is_labeled: true,
                        has_errors: false,
                        labels: vec![("a".into(), 0)],
                    };
                    row::entry::put(db, train, &entry)?;
                }
                let chosen = choose(&row::entry::labels_by_entry(db, train)?).unwrap();
                row::entry::move_to(db, chosen[0], test)?;
                Ok((train, test, chosen))
            })
            .unwrap();
        run(&state, train, test, Some(chosen.clone())).unwrap();
        let ids = |dataset| state.read(|db| row::entry::labels_by_entry(db, dataset)).unwrap();
        assert_eq!(ids(test).into_iter().map(|(id, _)| id).collect::<Vec<_>>(), chosen);
        assert_eq!((chosen.len(), ids(train).len()), (4, 16));
    }

    #[test]
    fn too_few_labelled_entries_are_refused() {
        assert_eq!(choose(&entries(&[(&[], 10)])), None);
        assert_eq!(choose(&entries(&[(&["a"], 1), (&["b"], 1), (&["c"], 2)])), None);
        assert!(choose(&entries(&[(&["a"], 2)])).is_some());
    }
}
