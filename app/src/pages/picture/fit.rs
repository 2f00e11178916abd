use domain::geometry::{ImageSize, PixelBox};

/// How a picture lies in a view: `view = image * scale + offset`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// View pixels for one image pixel.
    pub scale: f64,
    /// View pixels.
    pub x: f64,
    /// View pixels.
    pub y: f64,
}

impl Fit {
    /// The whole picture, as large as `width` x `height` view pixels allow, yet at most `largest`
    /// view pixels for one image pixel; at the upper left corner.
    pub fn within(size: ImageSize, width: f64, height: f64, largest: f64) -> Self {
        let (w, h) = (f64::from(size.width.max(1)), f64::from(size.height.max(1)));
        Self { scale: (width / w).min(height / h).min(largest).max(1e-6), x: 0.0, y: 0.0 }
    }

    /// View pixels from image pixels.
    pub fn view_from_image(self, area: PixelBox) -> PixelBox {
        PixelBox {
            left: area.left * self.scale + self.x,
            top: area.top * self.scale + self.y,
            width: area.width * self.scale,
            height: area.height * self.scale,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: ImageSize = ImageSize { width: 640, height: 480 };

    #[test]
    fn the_tighter_side_decides() {
        assert!((Fit::within(WIDE, 320.0, 480.0, 2.0).scale - 0.5).abs() < 1e-9);
        assert!((Fit::within(WIDE, 6400.0, 480.0, 2.0).scale - 1.0).abs() < 1e-9);
        assert!((Fit::within(WIDE, 6400.0, 4800.0, 2.0).scale - 2.0).abs() < 1e-9);
    }

    #[test]
    fn a_box_moves_with_the_picture() {
        let fit = Fit { scale: 2.0, x: 10.0, y: 5.0 };
        let view = fit.view_from_image(PixelBox { left: 3.0, top: 4.0, width: 5.0, height: 6.0 });
        assert_eq!(view, PixelBox { left: 16.0, top: 13.0, width: 10.0, height: 12.0 });
    }
}
