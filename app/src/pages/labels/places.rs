//! A set of places in a list of up to 250,000 images, as ranges: selecting everything is one of them.

/// Disjoint ranges, each from its first place to before its second, rising and never touching.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places(Vec<(u64, u64)>);

impl Places {
    /// Every place of a list.
    pub fn all(count: u64) -> Self {
        Self(if count > 0 { vec![(0, count)] } else { Vec::new() })
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many places there are.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|(from, to)| to - from).sum()
    }

    pub fn has(&self, place: u64) -> bool {
        let after = self.0.partition_point(|(from, _)| *from <= place);
        after.checked_sub(1).and_then(|at| self.0.get(at)).is_some_and(|(_, to)| place < *to)
    }

    pub fn ranges(&self) -> &[(u64, u64)] {
        &self.0
    }

    /// Each place, rising.
    pub fn iter(&self) -> impl Iterator<Item = u64> {
        self.0.iter().flat_map(|(from, to)| *from..*to)
    }

    /// Puts the places from `from` to before `to` in, or takes them out.
    pub fn set(&mut self, from: u64, to: u64, inside: bool) {
        if from >= to {
            return;
        }
        let mut next = Vec::with_capacity(self.0.len() + 2);
        let mut own = (from, to);
        for &(a, b) in &self.0 {
            if inside && a <= own.1 && own.0 <= b {
                own = (own.0.min(a), own.1.max(b));
            } else if inside || b <= from || to <= a {
                next.push((a, b));
            } else {
                next.extend([(a, from), (to, b)].into_iter().filter(|(a, b)| a < b));
            }
        }
        if inside {
            next.push(own);
            next.sort_unstable();
        }
        self.0 = next;
    }
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn ranges_join_split_and_count() {
        let mut places = Places::default();
        places.set(5, 8, true);
        places.set(10, 12, true);
        places.set(8, 10, true);
        assert_eq!((places.ranges(), places.count()), (&[(5, 12)][..], 7));
        places.set(6, 7, false);
        assert_eq!(places.ranges(), [(5, 6), (7, 12)]);
        assert_eq!([4, 5, 6, 7, 11, 12].map(|place| places.has(place)), [false, true, false, true, true, false]);
        places.set(0, 100, false);
        assert!(places.is_empty() && Places::all(0).is_empty());
    }

    #[test]
    fn every_series_of_changes_says_the_same_as_a_plain_set() {
        let mut seed = 7_u64;
        let mut next = |most: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % most
        };
        let (mut places, mut plain) = (Places::default(), std::collections::BTreeSet::new());
        for _ in 0..2_000 {
            let from = next(60);
            let (to, inside) = (from + next(12), next(2) == 0);
            places.set(from, to, inside);
            for place in from..to {
                if inside {
                    plain.insert(place)
                } else {
                    plain.remove(&place)
                };
            }
            assert!(places.iter().eq(plain.iter().copied()), "{places:?}");
            assert_eq!(places.count(), plain.len() as u64);
            assert!(places.ranges().windows(2).all(|two| two[0].1 < two[1].0), "{places:?} touch");
        }
    }
}
