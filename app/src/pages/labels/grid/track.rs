//! Where the rows of a long grid stand: a browser makes no element as high as 50,000 rows may be, so that the track
//! that is scrolled is shorter then, and small moves go pixel by pixel while large ones go by share.

/// Higher elements are cut off by some browsers.
const MOST_TRACK: f64 = 15_000_000.0;
/// Moves of up to so many heights of the view go pixel by pixel.
const SMALL_MOVE: f64 = 3.0;

/// What is shown of how much. All in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ScrollTrack {
    /// The height of all rows together.
    content: f64,
    /// The height of the part that shows.
    view: f64,
    /// Where the view's upper edge is on the track, as the browser says.
    top: f64,
    /// How much further it is in the content.
    shift: f64,
}

impl ScrollTrack {
    /// The same view over other content or in another size, as near to where it was as it can be.
    #[must_use]
    pub fn resized(self, content: f64, view: f64) -> Self {
        let at = self.content_top();
        Self { content, view, ..self }.moved_to(at)
    }

    /// The height of the track's element.
    pub fn height(self) -> f64 {
        self.content.min(MOST_TRACK)
    }

    /// How far the content is above the view's upper edge.
    pub fn content_top(self) -> f64 {
        self.top + self.shift
    }

    /// Where on the track a place of the content is drawn.
    pub fn on_track(self, content: f64) -> f64 {
        content - self.shift
    }

    /// Where the browser has to scroll to.
    pub fn top(self) -> f64 {
        self.top
    }

    /// The browser scrolled to `top`.
    #[must_use]
    pub fn scrolled(self, top: f64) -> Self {
        let (most_top, most_content) = self.most();
        let moved = Self { top, ..self };
        if most_content <= most_top {
            return Self { shift: 0.0, ..moved };
        }
        let at_an_end = top <= 0.0 || top >= most_top;
        let small = (top - self.top).abs() <= self.view * SMALL_MOVE;
        let at = moved.content_top();
        if small && !at_an_end && (0.0..=most_content).contains(&at) {
            return moved;
        }
        Self { shift: (top / most_top).clamp(0.0, 1.0) * most_content - top, ..moved }
    }

    /// The view moves to a place of the content; [`ScrollTrack::top`] says where the browser has to go.
    #[must_use]
    pub fn moved_to(self, content: f64) -> Self {
        let (most_top, most_content) = self.most();
        let at = content.clamp(0.0, most_content);
        let top = if most_content <= most_top { at } else { at / most_content * most_top };
        Self { top, shift: at - top, ..self }
    }

    fn most(self) -> (f64, f64) {
        ((self.height() - self.view).max(0.0), (self.content - self.view).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(content: f64) -> ScrollTrack {
        ScrollTrack::default().resized(content, 800.0)
    }

    #[test]
    fn a_short_grid_is_scrolled_as_it_is() {
        let track = track(9_000_000.0).scrolled(123.0);
        assert_eq!((track.content_top(), track.on_track(500.0), track.height()), (123.0, 500.0, 9_000_000.0));
        assert_eq!(track.moved_to(1e12).content_top(), 8_999_200.0);
        assert_eq!(track.moved_to(4e6).top(), 4e6);
    }

    #[test]
    fn on_a_long_grid_the_ends_meet_and_small_moves_are_exact() {
        let track = track(50_000_000.0);
        assert_eq!(track.height(), MOST_TRACK);
        let end = track.scrolled(MOST_TRACK - 800.0);
        assert!((end.content_top() - 49_999_200.0).abs() < 1e-3);
        let middle = track.scrolled(7_000_000.0);
        assert!(middle.content_top() > 20_000_000.0);
        let further = middle.scrolled(7_000_120.0);
        assert!((further.content_top() - middle.content_top() - 120.0).abs() < 1e-6);
        assert!((further.on_track(further.content_top()) - 7_000_120.0).abs() < 1e-6);
        assert_eq!(further.scrolled(0.0).content_top(), 0.0);
    }

    #[test]
    fn every_row_can_be_reached() {
        for content in [100.0, 5_000.0, 14_999_999.0, 40_000_000.0] {
            for share in [0.0, 0.1, 0.5, 0.999, 1.0] {
                let wanted = share * (content - 800.0_f64).max(0.0);
                let there = track(content).moved_to(wanted);
                assert!((there.content_top() - wanted).abs() < 1e-3, "{content} {share}");
                // The browser tells the same place back.
                assert!((there.scrolled(there.top()).content_top() - wanted).abs() < 1.0, "{content} {share}");
            }
        }
    }
}
