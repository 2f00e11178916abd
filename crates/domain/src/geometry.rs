//! Boxes in two coordinate spaces, with named transforms between them.
//!
//! *Image pixels*: origin at the upper left corner of the upright picture, x to the right, y down.
//! *Ratios*: the same divided by the picture's width and height, 0 to 1, as `DetectCustomLabels` answers.

use serde::{Deserialize, Serialize};

/// The size of an upright picture in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ImageSize {
    pub width: u32,
    pub height: u32,
}

/// A box in image pixels. Manifests hold whole numbers, yet real ones hold fractions too.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PixelBox {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

/// A box as shares of the picture's width and height, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RatioBox {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl PixelBox {
    /// The box between two opposite corners, whichever they are.
    pub fn from_corners(x0: f64, y0: f64, x1: f64, y1: f64) -> Self {
        Self { left: x0.min(x1), top: y0.min(y1), width: (x1 - x0).abs(), height: (y1 - y0).abs() }
    }

    /// x of the right edge.
    pub fn right(&self) -> f64 {
        self.left + self.width
    }

    /// y of the lower edge.
    pub fn bottom(&self) -> f64 {
        self.top + self.height
    }

    /// Square pixels covered; 0 when a side is not positive.
    pub fn area(&self) -> f64 {
        self.width.max(0.0) * self.height.max(0.0)
    }

    /// Intersection over union with `other`, 0 to 1; 0 when both are empty.
    pub fn iou(&self, other: &Self) -> f64 {
        let w = self.right().min(other.right()) - self.left.max(other.left);
        let h = self.bottom().min(other.bottom()) - self.top.max(other.top);
        let shared = w.max(0.0) * h.max(0.0);
        let union = self.area() + other.area() - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }

    /// The part of the box that lies inside the picture.
    #[must_use]
    pub fn clamped_to(&self, size: ImageSize) -> Self {
        let (w, h) = (f64::from(size.width), f64::from(size.height));
        Self::from_corners(
            self.left.clamp(0.0, w),
            self.top.clamp(0.0, h),
            self.right().clamp(0.0, w),
            self.bottom().clamp(0.0, h),
        )
    }

    /// The same box with whole-pixel edges, each edge rounded on its own, as manifests want it.
    #[must_use]
    pub fn rounded(&self) -> Self {
        Self::from_corners(self.left.round(), self.top.round(), self.right().round(), self.bottom().round())
    }

    /// Ratios from image pixels.
    pub fn ratio_from_pixels(&self, size: ImageSize) -> RatioBox {
        let (w, h) = (f64::from(size.width.max(1)), f64::from(size.height.max(1)));
        RatioBox { left: self.left / w, top: self.top / h, width: self.width / w, height: self.height / h }
    }
}

impl RatioBox {
    /// Image pixels from ratios.
    pub fn pixels_from_ratio(&self, size: ImageSize) -> PixelBox {
        let (w, h) = (f64::from(size.width), f64::from(size.height));
        PixelBox { left: self.left * w, top: self.top * h, width: self.width * w, height: self.height * h }
    }
}
