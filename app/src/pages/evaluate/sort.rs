//! Which test images the gallery shows.

use domain::evaluation::{Cell, Cut, Results, cells};

/// What an image must have to be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    All,
    /// A true positive.
    Right,
    /// A false positive.
    Wrong,
    /// A false negative.
    Missed,
}

impl Sort {
    pub const ALL: [Self; 4] = [Self::All, Self::Right, Self::Wrong, Self::Missed];

    /// The word in the URL's query.
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Right => "right",
            Self::Wrong => "wrong",
            Self::Missed => "missed",
        }
    }

    /// The sort that a query names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.word() == word)
    }
}

/// Numbers of the test images, by what they have at a cut. One image can be in several lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sorted {
    all: Vec<u32>,
    right: Vec<u32>,
    wrong: Vec<u32>,
    missed: Vec<u32>,
}

impl Sorted {
    /// Goes through all images once; of one label only when there is one, or of one cell of the matrix.
    pub fn of(results: &Results, cut: &Cut, label: Option<usize>, cell: Option<Cell>) -> Self {
        let mut sorted = Self::default();
        for (number, image) in (0..results.len()).enumerate() {
            let Ok(number) = u32::try_from(number) else { break };
            let tally = results.tally(image, cut, label);
            let asked = label.is_none() || tally.right + tally.wrong + tally.missed > 0;
            if !asked || cell.is_some_and(|cell| !cells(results, image, cut).contains(&cell)) {
                continue;
            }
            sorted.all.push(number);
            for (list, count) in
                [(&mut sorted.right, tally.right), (&mut sorted.wrong, tally.wrong), (&mut sorted.missed, tally.missed)]
            {
                if count > 0 {
                    list.push(number);
                }
            }
        }
        sorted
    }

    /// The images of one sort, in the order of the file.
    pub fn list(&self, sort: Sort) -> &[u32] {
        match sort {
            Sort::All => &self.all,
            Sort::Right => &self.right,
            Sort::Wrong => &self.wrong,
            Sort::Missed => &self.missed,
        }
    }
}

/// The cell in a query: true and predicted label by index, either of them empty.
pub fn parse_cell(word: &str) -> Option<Cell> {
    let (truth, predicted) = word.split_once('-')?;
    let index = |text: &str| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) };
    Some(Cell { truth: index(truth)?, predicted: index(predicted)? })
}

/// The word of a cell in a query.
pub fn cell_word(cell: Cell) -> String {
    let text = |index: Option<usize>| index.map(|index| index.to_string()).unwrap_or_default();
    format!("{}-{}", text(cell.truth), text(cell.predicted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::evaluation::{Evaluated, Object, Scored};

    fn results() -> Results {
        let image = |truth: &[usize], said: &[(usize, f64)]| Evaluated {
            truth: truth.iter().map(|&label| Object { label, area: None }).collect(),
            predictions: said.iter().map(|&(label, confidence)| Scored { label, confidence, area: None }).collect(),
        };
        let mut results = Results::new(vec!["a".to_owned(), "b".to_owned()]);
        for image in [image(&[0], &[(0, 0.9)]), image(&[0], &[(1, 0.6)]), image(&[], &[])] {
            results.push(&image);
        }
        results
    }

    #[test]
    fn an_image_can_be_wrong_and_missed_at_once() {
        let sorted = Sorted::of(&results(), &Cut::One(0.5), None, None);
        let lists = Sort::ALL.map(|sort| sorted.list(sort).to_vec());
        assert_eq!(lists, [vec![0, 1, 2], vec![0], vec![1], vec![1]]);
    }

    #[test]
    fn a_label_and_a_cell_narrow_the_lists() {
        let results = results();
        let cut = Cut::One(0.5);
        assert_eq!(Sorted::of(&results, &cut, Some(1), None).list(Sort::All), [1]);
        let mixed_up = Cell { truth: Some(0), predicted: Some(1) };
        assert_eq!(Sorted::of(&results, &cut, None, Some(mixed_up)).list(Sort::All), [1]);
    }

    #[test]
    fn words_are_read_back() {
        for sort in Sort::ALL {
            assert_eq!(Sort::parse(sort.word()), Some(sort));
        }
        for cell in [Cell { truth: None, predicted: Some(3) }, Cell { truth: Some(0), predicted: None }] {
            assert_eq!(parse_cell(&cell_word(cell)), Some(cell));
        }
        assert_eq!([Sort::parse("x").is_none(), parse_cell("a-1").is_none(), parse_cell("1").is_none()], [true; 3]);
    }
}
