//! Where boxes came to look different, so that what was drawn of thousands of them is mended at these places only.

use domain::geometry::PixelBox;
use std::collections::VecDeque;

/// So many places are remembered; whoever is farther behind draws everything again.
const MOST: usize = 256;

/// A count of the changes with their places.
#[derive(Clone, Debug, Default)]
pub(crate) struct Looks {
    revision: u64,
    /// Places of the changes after this revision are all known.
    known_since: u64,
    /// The revision that a change led to, and a box that came, went or changed, in image pixels.
    places: VecDeque<(u64, PixelBox)>,
}

impl Looks {
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// Boxes came, went or changed at these places.
    pub(crate) fn changed(&mut self, places: impl IntoIterator<Item = PixelBox>) {
        self.revision += 1;
        let mut count = 0;
        for place in places {
            count += 1;
            if count > MOST {
                break;
            }
            self.places.push_back((self.revision, place));
        }
        if count > MOST {
            self.places.clear();
            self.known_since = self.revision;
        }
        while self.places.len() > MOST {
            if let Some((revision, _)) = self.places.pop_front() {
                self.known_since = revision;
            }
        }
    }

    /// The places of every change since a revision; none when they are not known any more.
    pub(crate) fn since(&self, revision: u64) -> Option<impl Iterator<Item = PixelBox>> {
        let newer = move |(own, _): &&(u64, PixelBox)| *own > revision;
        (revision >= self.known_since).then(|| self.places.iter().filter(newer).map(|(_, place)| *place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(at: usize) -> PixelBox {
        PixelBox { left: at as f64, top: 0.0, width: 1.0, height: 1.0 }
    }

    #[test]
    fn places_are_told_since_a_revision_and_not_once_some_are_forgotten() {
        let mut looks = Looks::default();
        looks.changed([place(1)]);
        looks.changed([place(2), place(3)]);
        let since = |looks: &Looks, revision| looks.since(revision).map(|places| places.count());
        assert_eq!([since(&looks, 0), since(&looks, 1), since(&looks, 2)], [Some(3), Some(2), Some(0)]);
        for at in 0..MOST {
            looks.changed([place(at)]);
        }
        assert_eq!([since(&looks, 0), since(&looks, 1), since(&looks, 2)], [None, None, Some(MOST)]);
        looks.changed((0..=MOST).map(place));
        assert_eq!([since(&looks, looks.revision() - 1), since(&looks, looks.revision())], [None, Some(0)]);
    }
}
