//! Decoding within limits, turning upright, and encoding again. All of it blocks: call it by
//! `spawn_blocking`, with a permit of [`permits`].

use bytes::Bytes;
use domain::geometry::ImageSize;
use domain::image_rules::{ImageFormat, ImageInfo};
use domain::problem::{Problem, ProblemKind};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageReader, Limits};
use std::io::Cursor;
use tokio::sync::Semaphore;

/// The service's largest side, in pixels.
const MOST_SIDE: u32 = 4096;
/// What one decoder may allocate.
const MOST_BYTES: u64 = 128 * 1024 * 1024;
/// Of previews.
const PREVIEW_QUALITY: u8 = 82;
/// Of pictures that are turned upright at upload and go to the service.
const KEPT_QUALITY: u8 = 95;

/// As many pictures at once as there are processors.
pub(crate) fn permits() -> Semaphore {
    Semaphore::new(std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
}

/// An encoded picture.
#[derive(Clone, Debug)]
pub(crate) struct Encoded {
    pub(crate) bytes: Bytes,
    pub(crate) content_type: &'static str,
}

/// Decodes a picture, its EXIF orientation put into the pixels.
pub(crate) fn decode_upright(bytes: &[u8], info: &ImageInfo) -> Result<DynamicImage, Problem> {
    let damaged = |error: image::ImageError| match error {
        image::ImageError::Limits(error) => Problem::new(ProblemKind::ImageTooLarge, error.to_string()),
        error => Problem::new(ProblemKind::ImageDamaged, error.to_string()),
    };
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_SIDE);
    limits.max_image_height = Some(MOST_SIDE);
    limits.max_alloc = Some(MOST_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format(info.format));
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(damaged)?;
    if decoder.total_bytes() > MOST_BYTES {
        return Err(Problem::new(ProblemKind::ImageTooLarge, format!("{} bytes once decoded", decoder.total_bytes())));
    }
    let mut picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    if let Some(orientation) = Orientation::from_exif(info.orientation) {
        picture.apply_orientation(orientation);
    }
    Ok(picture)
}

/// The picture with its EXIF orientation put into the pixels; its own bytes when it is upright already.
/// It is decoded in any case: a file that breaks off is told now, and not by a training an hour later.
pub(crate) fn upright(bytes: Bytes, info: &ImageInfo) -> Result<Bytes, Problem> {
    let picture = decode_upright(&bytes, info)?;
    if info.orientation == 1 {
        return Ok(bytes);
    }
    let encoded = match info.format {
        ImageFormat::Jpeg => jpeg(&picture, KEPT_QUALITY)?,
        ImageFormat::Png => png(&picture)?,
    };
    Ok(encoded.bytes)
}

/// At most `max_side` pixels on its longer side (0: as it is), as PNG when it has an alpha channel and
/// as JPEG otherwise.
pub(crate) fn preview(picture: DynamicImage, max_side: u32) -> Result<Encoded, Problem> {
    let smaller = max_side > 0 && picture.width().max(picture.height()) > max_side;
    let picture = if smaller { picture.resize(max_side, max_side, FilterType::Triangle) } else { picture };
    if picture.color().has_alpha() { png(&picture) } else { jpeg(&picture, PREVIEW_QUALITY) }
}

/// A grey picture, row by row, as PNG.
pub(crate) fn grey_png(size: ImageSize, pixels: Vec<u8>) -> Result<Encoded, Problem> {
    let Some(picture) = image::GrayImage::from_raw(size.width, size.height, pixels) else {
        return Err(Problem::new(ProblemKind::Internal, "a drawn picture has too few pixels"));
    };
    png(&DynamicImage::ImageLuma8(picture))
}

fn jpeg(picture: &DynamicImage, quality: u8) -> Result<Encoded, Problem> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    let written = if picture.color().has_color() {
        picture.to_rgb8().write_with_encoder(encoder)
    } else {
        picture.to_luma8().write_with_encoder(encoder)
    };
    written.map_err(|error| crate::error::internal("encoding a JPEG", &error))?;
    Ok(Encoded { bytes: bytes.into(), content_type: content_type(ImageFormat::Jpeg) })
}

fn png(picture: &DynamicImage) -> Result<Encoded, Problem> {
    let mut bytes = Vec::new();
    picture
        .write_with_encoder(PngEncoder::new(&mut bytes))
        .map_err(|error| crate::error::internal("encoding a PNG", &error))?;
    Ok(Encoded { bytes: bytes.into(), content_type: content_type(ImageFormat::Png) })
}

pub(crate) fn content_type(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Jpeg => "image/jpeg",
        ImageFormat::Png => "image/png",
    }
}

fn format(format: ImageFormat) -> image::ImageFormat {
    match format {
        ImageFormat::Jpeg => image::ImageFormat::Jpeg,
        ImageFormat::Png => image::ImageFormat::Png,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A 40 x 20 JPEG, left half black and right half white, with this EXIF orientation.
    fn jpeg_with_orientation(orientation: u8) -> Vec<u8> {
        let picture = image::GrayImage::from_fn(40, 20, |x, _| image::Luma([if x < 20 { 0 } else { 255 }]));
        let plain = jpeg(&DynamicImage::ImageLuma8(picture), 95).unwrap().bytes;
        let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        [&plain[..2], &[0xff, 0xe1], &length, &exif, &plain[2..]].concat()
    }

    #[test]
    fn an_orientation_goes_into_the_pixels() {
        let bytes = Bytes::from(jpeg_with_orientation(6));
        let info = domain::image_rules::probe(&bytes).unwrap();
        assert_eq!((info.orientation, info.upright), (6, ImageSize { width: 20, height: 40 }));
        let turned = upright(bytes, &info).unwrap();
        let info = domain::image_rules::probe(&turned).unwrap();
        assert_eq!((info.orientation, info.size), (1, ImageSize { width: 20, height: 40 }));
        // Orientation 6 is shown a quarter turn clockwise: the left half is now above.
        let picture = decode_upright(&turned, &info).unwrap().to_luma8();
        assert!(picture.get_pixel(10, 5).0[0] < 40 && picture.get_pixel(10, 35).0[0] > 215);
    }

    #[test]
    fn an_upright_picture_keeps_its_bytes() {
        let bytes = Bytes::from(jpeg_with_orientation(1));
        let info = domain::image_rules::probe(&bytes).unwrap();
        assert_eq!(upright(bytes.clone(), &info).unwrap(), bytes);
    }

    #[test]
    fn a_preview_is_smaller_and_never_larger() {
        let bytes = jpeg_with_orientation(8);
        let info = domain::image_rules::probe(&bytes).unwrap();
        for (side, expected) in [(10, (5, 10)), (0, (20, 40)), (500, (20, 40))] {
            let made = preview(decode_upright(&bytes, &info).unwrap(), side).unwrap();
            assert_eq!(made.content_type, "image/jpeg");
            let size = domain::image_rules::probe(&made.bytes).unwrap().size;
            assert_eq!((size.width, size.height), expected, "side {side}");
        }
    }

    #[test]
    fn all_orientations_of_real_pictures_look_the_same_in_editor_thumbnail_bucket_and_detection() {
        let folder = std::env::var_os("KENCHI_EXIF_ORIENTATION").map_or_else(
            || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/datasets/exif-orientation"),
            std::path::PathBuf::from,
        );
        if !folder.is_dir() {
            eprintln!("SKIPPED: KENCHI_EXIF_ORIENTATION names no folder with Landscape_0.jpg to Portrait_8.jpg");
            return;
        }
        let small = |picture: &DynamicImage| picture.resize_exact(24, 24, FilterType::Triangle).to_luma8().into_raw();
        let mut same = 0;
        for shape in ["Landscape", "Portrait"] {
            let mut first: Option<(ImageSize, Vec<u8>)> = None;
            for turn in 0..=8 {
                let bytes = Bytes::from(std::fs::read(folder.join(format!("{shape}_{turn}.jpg"))).unwrap());
                let info = domain::image_rules::probe(&bytes).unwrap();
                // What goes into the bucket, and to the service for a detection.
                let stored = upright(bytes.clone(), &info).unwrap();
                let stored_info = domain::image_rules::probe(&stored).unwrap();
                assert_eq!(stored_info.size, info.upright, "{shape}_{turn}: the size that the manifest tells");
                let full = preview(decode_upright(&bytes, &info).unwrap(), 0).unwrap();
                let thumbnail = preview(decode_upright(&bytes, &info).unwrap(), 256).unwrap();
                let (size, look) =
                    first.get_or_insert_with(|| (info.upright, small(&decode_upright(&bytes, &info).unwrap())));
                assert_eq!(info.upright, *size, "{shape}_{turn}");
                for shown in [&stored, &full.bytes, &thumbnail.bytes] {
                    let shown_info = domain::image_rules::probe(shown).unwrap();
                    let seen = small(&decode_upright(shown, &shown_info).unwrap());
                    let off: u32 = seen.iter().zip(&*look).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
                    assert!(off / 576 <= 6, "{shape}_{turn} is off by {} a pixel", off / 576);
                }
                same += 1;
            }
        }
        assert_eq!(same, 18);
    }

    #[test]
    fn transparency_stays_in_a_png() {
        let clear = DynamicImage::ImageRgba8(image::RgbaImage::from_pixel(30, 30, image::Rgba([1, 2, 3, 4])));
        assert_eq!(preview(clear, 16).unwrap().content_type, "image/png");
    }

    #[test]
    fn a_damaged_picture_is_a_problem_of_its_own() {
        let png = grey_png(ImageSize { width: 64, height: 64 }, vec![9; 64 * 64]).unwrap().bytes;
        let info = domain::image_rules::probe(&png).unwrap();
        let problem = decode_upright(&png[..png.len() / 2], &info).unwrap_err();
        assert_eq!(problem.kind, ProblemKind::ImageDamaged);
        let problem = upright(png.slice(..png.len() / 2), &info).unwrap_err();
        assert_eq!(problem.kind, ProblemKind::ImageDamaged);
    }
}
