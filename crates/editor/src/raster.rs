//! Outlines of very many boxes as pixels. Upright rectangles need no canvas: the fill below is some twenty times
//! faster than stroking them as a path in a browser without a GPU, and only a part can be drawn again.

use domain::geometry::PixelBox;

/// Red, green, blue and opacity, as `ImageData` has them.
pub type Rgba = [u8; 4];

/// How outlines look, in device pixels: a coloured line in the middle of a wider one that shows on any picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// From the box's edge to the side of the coloured line; the line is twice as wide.
    pub half: i32,
    /// What the line below shows of itself on either side.
    pub rim: i32,
}

impl Line {
    /// Two view pixels of colour with one more on either side, `ratio` device pixels for each.
    #[expect(clippy::cast_possible_truncation, reason = "clamped")]
    pub fn for_ratio(ratio: f64) -> Self {
        let one = ratio.round().clamp(1.0, 16.0) as i32;
        Self { half: one, rim: one }
    }

    /// How far an outline reaches over the box's edge.
    pub fn reach(self) -> i32 {
        self.half + self.rim
    }
}

/// A rectangle of whole device pixels: left, top, and the first column and row after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cells {
    pub left: i32,
    pub top: i32,
    pub right: i32,
    pub bottom: i32,
}

impl Cells {
    /// A box in device pixels with each edge rounded.
    #[expect(clippy::cast_possible_truncation, reason = "clamped")]
    pub fn rounded(area: &PixelBox) -> Self {
        let whole = |length: f64| length.round().clamp(-1e6, 1e6) as i32;
        Self { left: whole(area.left), top: whole(area.top), right: whole(area.right()), bottom: whole(area.bottom()) }
    }

    /// Larger by `by` on each side.
    #[must_use]
    pub fn grown(self, by: i32) -> Self {
        Self { left: self.left - by, top: self.top - by, right: self.right + by, bottom: self.bottom + by }
    }

    /// What both cover; may be empty.
    #[must_use]
    pub fn shared(self, other: Self) -> Self {
        Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
    }

    pub fn is_empty(self) -> bool {
        self.left >= self.right || self.top >= self.bottom
    }

    /// The four strips that an outline of this box covers: more would be drawn again for nothing.
    pub fn strips(self, reach: i32) -> [Self; 4] {
        let (outer, inner) = (self.grown(reach), self.grown(-reach));
        // On a small box the upper and the lower strip cover all of it.
        let (upper, lower) = (inner.top.min(outer.bottom), inner.bottom.max(inner.top));
        [
            Self { bottom: upper, ..outer },
            Self { top: lower.min(outer.bottom), ..outer },
            Self { top: upper, bottom: lower, right: inner.left.min(outer.right), ..outer },
            Self { top: upper, bottom: lower, left: inner.right.max(inner.left), ..outer },
        ]
    }
}

/// A part of a larger surface with its pixels.
#[derive(Clone, Debug)]
pub struct Raster {
    cells: Cells,
    width: usize,
    pixels: Vec<Rgba>,
}

const EMPTY: Rgba = [0; 4];

impl Raster {
    /// A transparent part. An empty one has no pixels.
    pub fn new(cells: Cells) -> Self {
        let length = |from: i32, to: i32| usize::try_from(to.saturating_sub(from)).unwrap_or(0);
        let (width, height) = (length(cells.left, cells.right), length(cells.top, cells.bottom));
        Self { cells, width, pixels: vec![EMPTY; width * height] }
    }

    pub fn cells(&self) -> Cells {
        self.cells
    }

    /// In device pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// In device pixels.
    pub fn height(&self) -> usize {
        self.pixels.len().checked_div(self.width).unwrap_or(0)
    }

    /// Row after row, as `ImageData` takes them.
    pub fn bytes(&self) -> &[u8] {
        self.pixels.as_flattened()
    }

    /// Draws the outline of a box. The rim never covers what is drawn already, so that the order of boxes shows in
    /// their colours only.
    pub fn outline(&mut self, area: Cells, line: Line, colour: Rgba, rim: Rgba) {
        self.frame(area.grown(line.reach()), area.grown(line.half), rim, false);
        self.frame(area.grown(-line.half), area.grown(-line.reach()), rim, false);
        self.frame(area.grown(line.half), area.grown(-line.half), colour, true);
    }

    /// Fills what lies in `outer` and not in `inner`.
    fn frame(&mut self, outer: Cells, inner: Cells, colour: Rgba, over: bool) {
        let seen = outer.shared(self.cells);
        if seen.is_empty() {
            return;
        }
        let solid = inner.is_empty();
        for row in seen.top..seen.bottom {
            if solid || row < inner.top || row >= inner.bottom {
                self.span(row, seen.left, seen.right, colour, over);
            } else {
                self.span(row, seen.left, seen.right.min(inner.left), colour, over);
                self.span(row, seen.left.max(inner.right), seen.right, colour, over);
            }
        }
    }

    /// Fills a part of a row that lies inside.
    fn span(&mut self, row: i32, left: i32, right: i32, colour: Rgba, over: bool) {
        if left >= right {
            return;
        }
        let place = |x: i32| usize::try_from(x - self.cells.left).unwrap_or(0);
        let start = usize::try_from(row - self.cells.top).unwrap_or(0) * self.width;
        let Some(span) = self.pixels.get_mut(start + place(left)..start + place(right)) else { return };
        if over {
            span.fill(colour);
        } else {
            for pixel in span.iter_mut().filter(|pixel| **pixel == EMPTY) {
                *pixel = colour;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LINE: Line = Line { half: 1, rim: 1 };
    const RIM: Rgba = [0, 0, 0, 191];
    const SURFACE: Cells = Cells { left: 0, top: 0, right: 60, bottom: 40 };

    fn cells(left: i32, top: i32, right: i32, bottom: i32) -> Cells {
        Cells { left, top, right, bottom }
    }

    fn at(raster: &Raster, x: i32, y: i32) -> Rgba {
        let place = (y - raster.cells.top) * (raster.cells.right - raster.cells.left) + x - raster.cells.left;
        raster.pixels[usize::try_from(place).unwrap()]
    }

    fn drawn(part: Cells, boxes: &[(Cells, Rgba)]) -> Raster {
        let mut raster = Raster::new(part);
        for (area, colour) in boxes {
            raster.outline(*area, LINE, *colour, RIM);
        }
        raster
    }

    #[test]
    fn an_outline_has_its_colour_on_the_edge_the_rim_beside_and_nothing_inside() {
        let red = [255, 0, 0, 255];
        let raster = drawn(SURFACE, &[(cells(10, 10, 30, 20), red)]);
        let row: Vec<Rgba> = (7..14).map(|x| at(&raster, x, 15)).collect();
        assert_eq!(row, [EMPTY, RIM, red, red, RIM, EMPTY, EMPTY]);
        assert_eq!([at(&raster, 29, 15), at(&raster, 30, 15), at(&raster, 31, 15)], [red, red, RIM]);
        assert_eq!(
            [at(&raster, 20, 8), at(&raster, 20, 9), at(&raster, 20, 20), at(&raster, 20, 21)],
            [RIM, red, red, RIM]
        );
        assert_eq!(raster.bytes().len(), 60 * 40 * 4);
    }

    fn any_box() -> impl Strategy<Value = (Cells, Rgba)> {
        (-10..70, -10..50, 1..40, 1..30, 0_u8..3).prop_map(|(left, top, width, height, colour)| {
            (cells(left, top, left + width, top + height), [colour, 255, 0, 255])
        })
    }

    proptest! {
        #[test]
        fn a_part_drawn_by_itself_is_what_the_whole_shows_there(
            boxes in prop::collection::vec(any_box(), 0..12), part in any_box()
        ) {
            let whole = drawn(SURFACE, &boxes);
            let part = drawn(part.0.shared(SURFACE), &boxes);
            for y in part.cells.top..part.cells.bottom {
                for x in part.cells.left..part.cells.right {
                    prop_assert_eq!(at(&part, x, y), at(&whole, x, y));
                }
            }
        }

        #[test]
        fn the_strips_are_all_that_a_box_changes(boxes in prop::collection::vec(any_box(), 1..12)) {
            let before = drawn(SURFACE, boxes.get(1..).unwrap_or_default());
            let after = drawn(SURFACE, &boxes);
            let strips = boxes[0].0.strips(LINE.reach());
            for y in SURFACE.top..SURFACE.bottom {
                for x in SURFACE.left..SURFACE.right {
                    let inside = |s: &Cells| (s.left..s.right).contains(&x) && (s.top..s.bottom).contains(&y);
                    if !strips.iter().any(inside) {
                        prop_assert_eq!(at(&before, x, y), at(&after, x, y));
                    }
                }
            }
        }
    }
}
