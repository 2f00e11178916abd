//! What the service takes as an image, decided from the header alone: nothing is decoded here.

use crate::geometry::ImageSize;
use crate::problem::{Problem, ProblemKind};

pub const MOST_BYTES_IN_S3: usize = 15 * 1024 * 1024;
pub const MOST_BYTES_INLINE: usize = 4 * 1024 * 1024;
pub const LEAST_SIDE: u32 = 64;
pub const MOST_SIDE: u32 = 4096;
pub const MOST_ASPECT: u32 = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageFormat {
    Png,
    Jpeg,
}

/// What the header tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageInfo {
    pub format: ImageFormat,
    /// As stored, before turning.
    pub size: ImageSize,
    /// EXIF orientation, 1 to 8.
    pub orientation: u8,
    /// After turning.
    pub upright: ImageSize,
}

/// Whether a key names an image by its ending: `.png`, `.jpg` or `.jpeg`, in any case.
pub fn is_image_key(key: &str) -> bool {
    let ending =
        key.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending.to_ascii_lowercase());
    matches!(ending.as_deref(), Some("png" | "jpg" | "jpeg"))
}

/// Reads format, size and orientation.
///
/// # Errors
/// [`ProblemKind::NotAnImage`] or [`ProblemKind::ImageDamaged`].
pub fn probe(bytes: &[u8]) -> Result<ImageInfo, Problem> {
    let (format, size, orientation) = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        let size = png_size(bytes).ok_or_else(damaged)?;
        (ImageFormat::Png, size, 1)
    } else if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        let (size, orientation) = jpeg_header(bytes).ok_or_else(damaged)?;
        (ImageFormat::Jpeg, size, orientation)
    } else {
        return Err(Problem::new(ProblemKind::NotAnImage, "neither PNG nor JPEG"));
    };
    if size.width == 0 || size.height == 0 {
        return Err(damaged());
    }
    let upright = if orientation >= 5 { ImageSize { width: size.height, height: size.width } } else { size };
    Ok(ImageInfo { format, size, orientation, upright })
}

/// The rules for an image of a dataset: 15 MB, 64 to 4096 pixels a side, aspect up to 20:1.
///
/// # Errors
/// A [`Problem`] whose kind names the rule.
pub fn check_for_dataset(bytes: &[u8]) -> Result<ImageInfo, Problem> {
    check(bytes, MOST_BYTES_IN_S3)
}

/// The rules for an image sent with `DetectCustomLabels`: 4 MB, the rest as for a dataset.
///
/// # Errors
/// A [`Problem`] whose kind names the rule.
pub fn check_for_inline_detection(bytes: &[u8]) -> Result<ImageInfo, Problem> {
    check(bytes, MOST_BYTES_INLINE)
}

fn check(bytes: &[u8], most_bytes: usize) -> Result<ImageInfo, Problem> {
    let info = probe(bytes)?;
    if bytes.len() > most_bytes {
        return Err(Problem::new(
            ProblemKind::ImageTooManyBytes,
            format!("{} bytes, at most {most_bytes}", bytes.len()),
        ));
    }
    let ImageSize { width, height } = info.size;
    let shown = format!("{width} x {height} pixels");
    let (short, long) = (width.min(height), width.max(height));
    if short < LEAST_SIDE {
        return Err(Problem::new(ProblemKind::ImageTooSmall, shown));
    }
    if long > MOST_SIDE {
        return Err(Problem::new(ProblemKind::ImageTooLarge, shown));
    }
    if long > short.saturating_mul(MOST_ASPECT) {
        return Err(Problem::new(ProblemKind::ImageAspectTooWide, shown));
    }
    Ok(info)
}

fn damaged() -> Problem {
    Problem::new(ProblemKind::ImageDamaged, "the header can't be read")
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn png_size(bytes: &[u8]) -> Option<ImageSize> {
    (bytes.get(12..16)? == b"IHDR").then_some(())?;
    Some(ImageSize { width: be32(bytes, 16)?, height: be32(bytes, 20)? })
}

fn jpeg_header(bytes: &[u8]) -> Option<(ImageSize, u8)> {
    let mut at = 2;
    let mut orientation = 1;
    loop {
        while *bytes.get(at)? == 0xff && *bytes.get(at + 1)? == 0xff {
            at += 1;
        }
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        at += 2;
        if matches!(marker, 0x01 | 0xd0..=0xd8) {
            continue;
        }
        let length = usize::from(be16(bytes, at)?);
        if length < 2 {
            return None;
        }
        match marker {
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let size = ImageSize { width: be16(bytes, at + 5)?.into(), height: be16(bytes, at + 3)?.into() };
                return Some((size, orientation));
            }
            0xe1 => {
                if let Some(found) = bytes.get(at + 2..at + length).and_then(exif_orientation) {
                    orientation = found;
                }
            }
            0xd9 | 0xda => return None,
            _ => {}
        }
        at += length;
    }
}

fn exif_orientation(segment: &[u8]) -> Option<u8> {
    let tiff = segment.strip_prefix(b"Exif\0\0")?;
    let little = match tiff.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let u16_at = |at: usize| {
        let pair: [u8; 2] = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
    };
    let u32_at = |at: usize| {
        let four: [u8; 4] = tiff.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) })
    };
    let directory = usize::try_from(u32_at(4)?).ok()?;
    let count = usize::from(u16_at(directory)?);
    (0..count).find_map(|number| {
        let entry = directory.checked_add(2 + number * 12)?;
        let value = (u16_at(entry)? == 0x0112).then(|| u16_at(entry + 8)).flatten()?;
        u8::try_from(value).ok().filter(|v| (1..=8).contains(v))
    })
}
