//! A map of features: rows of pixels, each pixel its channels (channels last).

/// `data[(y * width + x) * channels + c]`
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Map {
    pub height: usize,
    pub width: usize,
    pub channels: usize,
    pub data: Vec<f32>,
}

impl Map {
    pub(crate) fn zeros(height: usize, width: usize, channels: usize) -> Self {
        Self { height, width, channels, data: vec![0.0; height * width * channels] }
    }

    /// Floats in one row of pixels.
    pub(crate) fn row(&self) -> usize {
        self.width * self.channels
    }

    /// The mean over all pixels, for each channel.
    pub(crate) fn mean(&self) -> Vec<f32> {
        let mut sum = vec![0f64; self.channels];
        for pixel in self.data.chunks_exact(self.channels.max(1)) {
            for (s, v) in sum.iter_mut().zip(pixel) {
                *s += f64::from(*v);
            }
        }
        let n = (self.height * self.width).max(1) as f64;
        sum.iter().map(|s| (s / n) as f32).collect()
    }
}
