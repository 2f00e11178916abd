//! Whether a picture is like those that were learnt from: image labels always name something, so that a picture of
//! something else altogether would be taken for one of them.
//!
//! Pictures are compared by the square roots of their pooled features, brought to length one (Hellinger's distance): measured
//! against plain and against standardised features, it parts unlike pictures best from those of a set.

use crate::classify::row_products;
use crate::net::lanes::Isa;

/// Pictures that are remembered at most.
const MOST_KNOWN: usize = 512;
/// With fewer pictures nothing can be said.
const LEAST_KNOWN: usize = 10;
/// The distance is the mean of those to so many nearest pictures.
const NEAREST: usize = 3;
/// The share of pictures, of those that are ever asked about, that is thought to be unlike the set.
const UNLIKE: f64 = 0.1;
/// Distances of pictures that have nothing to do with a set, mean and deviation: of photographs, drawings and cards from each
/// other's sets 0.29 to 0.54 were measured.
const STRANGERS: (f64, f64) = (0.42, 0.09);
/// New pictures of a set lie further from it than its own from each other, when those were made in one sitting.
pub(crate) const LEAST_SPREAD: f64 = 0.04;
/// The same where objects are looked for, which may well be in new surroundings: with 50 playing cards one of 67 test
/// pictures lay as far from the set as photographs of a landscape, and noise and patterns lie at 0.48 to 0.64 from the QR set.
pub(crate) const LEAST_SPREAD_OF_SCENES: f64 = 0.1;

/// The pictures of a set, and how far they lie from each other.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Likeness {
    /// Directions of the remembered pictures, one after the other.
    pub known: Vec<f32>,
    /// Numbers in one direction.
    pub depth: usize,
    /// Of the distance of one picture of the set from the others: the median, and the deviation above it.
    pub usual: f32,
    pub spread: f32,
}

/// The direction of a picture from the pooled features of its views.
pub(crate) fn direction(views: &[Vec<f32>]) -> Vec<f32> {
    let mut sum = vec![0f32; views.first().map_or(0, Vec::len)];
    views.iter().for_each(|view| sum.iter_mut().zip(view).for_each(|(s, v)| *s += v.max(0.0)));
    let length = sum.iter().map(|v| f64::from(*v)).sum::<f64>().sqrt().max(1e-9) as f32;
    sum.iter().map(|v| v.sqrt() / length).collect()
}

impl Likeness {
    /// From the directions of all pictures. `None` when they are too few.
    /// `least_spread`: [`LEAST_SPREAD`] or [`LEAST_SPREAD_OF_SCENES`].
    pub(crate) fn fit(directions: &[Vec<f32>], least_spread: f64) -> Option<Self> {
        if directions.len() < LEAST_KNOWN {
            return None;
        }
        let n = directions.len().min(MOST_KNOWN);
        let round = |v: &f32| half::f16::from_f32(*v).to_f32();
        let kept = (0..n).filter_map(|i| directions.get(i * directions.len() / n));
        let known: Vec<f32> = kept.flatten().map(round).collect();
        let depth = known.len() / n;
        let products = row_products(Isa::best(), &known, n, depth);
        let others = |i: usize| (0..n).filter(move |j| *j != i);
        let mut distances: Vec<f32> =
            (0..n).map(|i| distance(others(i).map(|j| products[i * n + j]).collect())).collect();
        distances.sort_by(f32::total_cmp);
        let usual = distances[n / 2];
        let above: Vec<f64> = distances[n / 2..].iter().map(|d| f64::from(d - usual).powi(2)).collect();
        let spread = (above.iter().sum::<f64>() / above.len() as f64).sqrt().max(least_spread) as f32;
        Some(Self { known, depth, usual, spread })
    }

    /// How likely it is that a picture of this direction belongs to the set, 0 to 1.
    pub(crate) fn of(&self, direction: &[f32]) -> f32 {
        let near = self.known.chunks_exact(self.depth.max(1));
        self.belonging(distance(near.map(|known| dot(known, direction)).collect()))
    }

    /// By Bayes, from a picture's distance: half a bell above the set's median against the bell of strangers.
    fn belonging(&self, distance: f32) -> f32 {
        let (d, usual, spread) = (f64::from(distance), f64::from(self.usual), f64::from(self.spread));
        let bell = |far: f64, spread: f64| (-0.5 * (far / spread).powi(2)).exp() / spread;
        let own = bell((d - usual).max(0.0), spread) * (1.0 - UNLIKE);
        // Nothing further away than strangers is less of a stranger.
        let strange = bell((STRANGERS.0 - d).max(0.0), STRANGERS.1) * UNLIKE;
        (own / (own + strange).max(1e-300)) as f32
    }
}

/// From the products with all known directions to the mean distance of the nearest.
fn distance(mut products: Vec<f32>) -> f32 {
    products.sort_by(|a, b| b.total_cmp(a));
    products.truncate(NEAREST);
    1.0 - products.iter().sum::<f32>() / products.len().max(1) as f32
}

/// The product of two directions, in eight sums that are added in a fixed order.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; 8];
    for (a, b) in a.chunks(8).zip(b.chunks(8)) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(s, (a, b))| *s += a * b);
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Pictures around a centre of their own, in which every second feature is there.
    fn set(random: &mut Random, n: usize, noise: f32) -> Vec<Vec<f32>> {
        let centre: Vec<f32> = (0..64).map(|_| random.normal().max(0.0)).collect();
        let view = |random: &mut Random| centre.iter().map(|c| (c + noise * random.normal()).max(0.0)).collect();
        (0..n).map(|_| direction(&[view(random), view(random)])).collect()
    }

    #[test]
    fn pictures_of_the_set_belong_to_it_and_strangers_do_not() {
        let mut random = Random::new(3);
        let mut all = set(&mut random, 60, 0.15);
        let fresh = all.split_off(40);
        let likeness = Likeness::fit(&all, LEAST_SPREAD).unwrap();
        let mean = |values: Vec<f32>| values.iter().sum::<f32>() / values.len() as f32;
        let own = mean(fresh.iter().map(|d| likeness.of(d)).collect());
        assert!(own > 0.95, "{own}");
        let strangers = mean((0..9).map(|_| likeness.of(&set(&mut random, 1, 0.15)[0])).collect());
        assert!(strangers < 0.5, "{strangers}");
    }

    #[test]
    fn of_few_pictures_nothing_is_said_and_equal_ones_do_no_harm() {
        assert_eq!(Likeness::fit(&set(&mut Random::new(1), 9, 0.1), LEAST_SPREAD), None);
        let likeness = Likeness::fit(&vec![direction(&[vec![1.0; 16]]); 700], LEAST_SPREAD).unwrap();
        assert_eq!(likeness.known.len(), MOST_KNOWN * 16);
        assert!(likeness.of(&direction(&[vec![1.0; 16]])) > 0.9);
        let nothing = direction(&[vec![0.0; 16]]);
        assert!(nothing.iter().all(|v| *v == 0.0) && likeness.of(&nothing) < 0.1);
    }
}
