//! Encoded pictures become upright RGB pixels.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage};

use crate::error::DecodeError;

/// The longest side that is taken, in pixels.
pub const MOST_PIXELS: u32 = 4096;
/// The memory that decoding may take, in bytes.
pub const MOST_BYTES: u64 = 128 << 20;

/// Decodes a PNG or JPEG picture and turns it upright by its EXIF orientation. Grey becomes RGB, 16 bits become 8,
/// CMYK is converted, and what is transparent is put on white.
///
/// # Errors
/// When the bytes are no such picture, are damaged or cut short, or are over 4096 x 4096 pixels.
pub fn decode_upright(encoded: &[u8]) -> Result<RgbImage, DecodeError> {
    let format = image::guess_format(encoded).map_err(|_| DecodeError::Format)?;
    if !matches!(format, ImageFormat::Png | ImageFormat::Jpeg) {
        return Err(DecodeError::Format);
    }
    let damaged = |e: image::ImageError| DecodeError::Damaged(e.to_string());
    let mut decoder = ImageReader::with_format(Cursor::new(encoded), format).into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if width > MOST_PIXELS || height > MOST_PIXELS || decoder.total_bytes() > MOST_BYTES {
        return Err(DecodeError::TooLarge { width, height });
    }
    if width == 0 || height == 0 {
        return Err(DecodeError::Damaged("no pixels".to_owned()));
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_PIXELS);
    limits.max_image_height = Some(MOST_PIXELS);
    limits.max_alloc = Some(MOST_BYTES);
    decoder.set_limits(limits).map_err(damaged)?;
    let orientation = decoder.orientation().map_err(damaged)?;
    if format == ImageFormat::Jpeg && !jpeg_is_whole(encoded) {
        return Err(DecodeError::Damaged("the JPEG is cut short".to_owned()));
    }
    let mut picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    picture.apply_orientation(orientation);
    Ok(flat(picture))
}

/// RGB of 8 bits, on white where the picture is transparent.
fn flat(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let rgba = picture.into_rgba8();
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let p = rgba.get_pixel(x, y).0;
        let alpha = u32::from(p[3]);
        image::Rgb(std::array::from_fn(|c| ((u32::from(p[c]) * alpha + 255 * (255 - alpha) + 127) / 255) as u8))
    })
}

/// Whether the end-of-image marker comes after the start of the first scan. Decoders fill what is missing with grey, which
/// would be learnt. Inside of compressed data FF is never followed by D9, and a thumbnail's marker comes earlier.
fn jpeg_is_whole(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[0xFF, marker]) = bytes.get(at..at + 2) {
        at += 2;
        match marker {
            0xFF => at -= 1,
            0x01 | 0xD0..=0xD8 => {}
            0xDA => return bytes[at..].windows(2).any(|w| w == [0xFF, 0xD9]),
            _ => match bytes.get(at..at + 2) {
                Some(&[high, low]) => at += usize::from(u16::from_be_bytes([high, low])).max(2),
                _ => return false,
            },
        }
    }
    // Odd bytes between segments: leave the judgement to the decoder.
    bytes.windows(2).rev().any(|w| w == [0xFF, 0xD9])
}
