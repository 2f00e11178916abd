//! From image pixels to view pixels and back.

use domain::geometry::{ImageSize, PixelBox};

/// The least and the most view pixels for an image pixel.
const SCALES: (f64, f64) = (0.02, 64.0);
/// View pixels kept free round a fitted image.
const MARGIN: f64 = 12.0;

/// `view = image * scale + offset`; the view's origin is the canvas's upper left corner, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    pub scale: f64,
    pub offset_x: f64,
    pub offset_y: f64,
    /// The canvas's size in CSS pixels.
    pub width: f64,
    pub height: f64,
}

impl Viewport {
    pub(crate) fn new() -> Self {
        Self { scale: 1.0, offset_x: 0.0, offset_y: 0.0, width: 0.0, height: 0.0 }
    }

    /// View pixels from image pixels.
    pub fn view_from_image(&self, x: f64, y: f64) -> (f64, f64) {
        (x * self.scale + self.offset_x, y * self.scale + self.offset_y)
    }

    /// Image pixels from view pixels; may lie outside the image.
    pub fn image_from_view(&self, x: f64, y: f64) -> (f64, f64) {
        ((x - self.offset_x) / self.scale, (y - self.offset_y) / self.scale)
    }

    /// A box in view pixels from one in image pixels.
    pub fn view_box(&self, area: &PixelBox) -> PixelBox {
        let (left, top) = self.view_from_image(area.left, area.top);
        PixelBox { left, top, width: area.width * self.scale, height: area.height * self.scale }
    }

    /// Shows the whole image in the middle.
    pub(crate) fn fit(&mut self, image: ImageSize) {
        let (w, h) = (f64::from(image.width.max(1)), f64::from(image.height.max(1)));
        let room = |view: f64| (view - 2.0 * MARGIN).max(1.0);
        self.scale = (room(self.width) / w).min(room(self.height) / h).clamp(SCALES.0, SCALES.1);
        self.offset_x = (self.width - w * self.scale) / 2.0;
        self.offset_y = (self.height - h * self.scale) / 2.0;
    }

    /// Zooms by `factor`, so that what lies under (x, y) of the view stays there.
    pub(crate) fn zoom_at(&mut self, x: f64, y: f64, factor: f64) {
        let scale = (self.scale * factor).clamp(SCALES.0, SCALES.1);
        let ratio = scale / self.scale;
        self.offset_x = x - (x - self.offset_x) * ratio;
        self.offset_y = y - (y - self.offset_y) * ratio;
        self.scale = scale;
    }

    pub(crate) fn pan(&mut self, dx: f64, dy: f64) {
        self.offset_x += dx;
        self.offset_y += dy;
    }
}
