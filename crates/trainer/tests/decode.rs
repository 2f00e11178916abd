//! Pictures as people really have them.
#![allow(clippy::unwrap_used)]

use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, Rgb, RgbImage, Rgba};
use trainer::{DecodeError, decode_upright};

fn encode(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// Left half red, right half blue, as the files in `pictures/`.
fn halves(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| Rgb(if x < width / 2 { [220, 30, 40] } else { [30, 60, 200] }))
}

fn is_near(p: &Rgb<u8>, want: [u8; 3], by: u8) -> bool {
    p.0.iter().zip(want).all(|(a, b)| a.abs_diff(b) <= by)
}

#[test]
fn jpegs_of_all_kinds_keep_their_colours() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures");
    for name in ["cmyk.jpg", "progressive.jpg"] {
        let picture = decode_upright(&std::fs::read(folder.join(name)).unwrap()).unwrap();
        assert_eq!(picture.dimensions(), (64, 48), "{name}");
        assert!(is_near(picture.get_pixel(8, 24), [220, 30, 40], 12), "{name} {:?}", picture.get_pixel(8, 24));
        assert!(is_near(picture.get_pixel(56, 24), [30, 60, 200], 12), "{name} {:?}", picture.get_pixel(56, 24));
    }
    let grey = decode_upright(&std::fs::read(folder.join("grey.jpg")).unwrap()).unwrap();
    let p = grey.get_pixel(8, 24);
    assert!(p[0] == p[1] && p[1] == p[2]);
}

#[test]
fn sixteen_bits_grey_and_alpha_become_rgb() {
    let deep = DynamicImage::ImageRgb16(ImageBuffer::from_pixel(70, 70, Rgb([0x8000u16, 0xFFFF, 0])));
    assert_eq!(decode_upright(&encode(&deep, ImageFormat::Png)).unwrap().get_pixel(1, 1).0, [128, 255, 0]);
    let grey = DynamicImage::ImageLuma16(ImageBuffer::from_pixel(70, 70, Luma([0x4000u16])));
    assert_eq!(decode_upright(&encode(&grey, ImageFormat::Png)).unwrap().get_pixel(1, 1).0, [64, 64, 64]);
    let clear = DynamicImage::ImageRgba8(ImageBuffer::from_pixel(70, 70, Rgba([0, 0, 0, 0])));
    assert_eq!(decode_upright(&encode(&clear, ImageFormat::Png)).unwrap().get_pixel(1, 1).0, [255, 255, 255]);
    let half = DynamicImage::ImageRgba8(ImageBuffer::from_pixel(70, 70, Rgba([0, 0, 0, 128])));
    assert_eq!(decode_upright(&encode(&half, ImageFormat::Png)).unwrap().get_pixel(1, 1).0, [127, 127, 127]);
}

#[test]
fn what_is_no_picture_or_cut_short_is_refused() {
    assert_eq!(decode_upright(b""), Err(DecodeError::Format));
    assert_eq!(decode_upright(b"<svg/>"), Err(DecodeError::Format));
    assert_eq!(decode_upright(b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"), Err(DecodeError::Format));
    for format in [ImageFormat::Png, ImageFormat::Jpeg] {
        let whole = encode(&DynamicImage::ImageRgb8(halves(640, 480)), format);
        assert!(decode_upright(&whole).is_ok());
        for share in [2, 3, 5, 9] {
            let cut = &whole[..whole.len() * (share - 1) / share];
            assert!(matches!(decode_upright(cut), Err(DecodeError::Damaged(_))), "{format:?} {share}");
        }
    }
}

#[test]
fn too_many_pixels_are_refused_before_they_are_decoded() {
    let wide = encode(&DynamicImage::ImageLuma8(ImageBuffer::new(5000, 10)), ImageFormat::Png);
    assert_eq!(decode_upright(&wide), Err(DecodeError::TooLarge { width: 5000, height: 10 }));
    let most = encode(&DynamicImage::ImageLuma8(ImageBuffer::new(4096, 4096)), ImageFormat::Png);
    assert_eq!(decode_upright(&most).unwrap().dimensions(), (4096, 4096));
}

/// A JPEG with an EXIF block that says only the orientation.
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let mut out = jpeg[..2].to_vec();
    out.extend([0xFF, 0xE1]);
    out.extend((exif.len() as u16 + 2).to_be_bytes());
    out.extend(exif);
    out.extend(&jpeg[2..]);
    out
}

#[test]
fn exif_orientation_turns_the_picture_upright() {
    // The stored picture: red left, blue right.
    let jpeg = encode(&DynamicImage::ImageRgb8(halves(64, 48)), ImageFormat::Jpeg);
    // For each orientation: where red must be in the upright picture.
    for (orientation, size, red, blue) in [
        (1u8, (64, 48), (4, 24), (60, 24)),
        (2, (64, 48), (60, 24), (4, 24)),
        (3, (64, 48), (60, 24), (4, 24)),
        (4, (64, 48), (4, 24), (60, 24)),
        (5, (48, 64), (24, 4), (24, 60)),
        (6, (48, 64), (24, 4), (24, 60)),
        (7, (48, 64), (24, 60), (24, 4)),
        (8, (48, 64), (24, 60), (24, 4)),
    ] {
        let picture = decode_upright(&with_orientation(&jpeg, orientation)).unwrap();
        assert_eq!(picture.dimensions(), size, "{orientation}");
        assert!(is_near(picture.get_pixel(red.0, red.1), [220, 30, 40], 12), "{orientation}");
        assert!(is_near(picture.get_pixel(blue.0, blue.1), [30, 60, 200], 12), "{orientation}");
    }
}

#[test]
fn the_eight_orientations_of_real_files_look_alike() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/datasets/exif-orientation");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: the folder with the orientation files is not here");
        return;
    };
    let mut groups: std::collections::BTreeMap<String, Vec<(String, RgbImage)>> = std::collections::BTreeMap::new();
    for path in entries.map(|e| e.unwrap().path()) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if let Some((group, _)) = name.split_once('_')
            && matches!(path.extension().and_then(|e| e.to_str()), Some("jpg" | "jpeg" | "JPG"))
        {
            let picture = decode_upright(&std::fs::read(&path).unwrap()).unwrap();
            groups.entry(group.to_owned()).or_default().push((name, picture));
        }
    }
    assert!(!groups.is_empty());
    for (_, members) in groups {
        let (first_name, first) = &members[0];
        for (name, picture) in &members {
            assert_eq!(picture.dimensions(), first.dimensions(), "{name} {first_name}");
            let far: u64 = picture.as_raw().iter().zip(first.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
            assert!(far / (picture.as_raw().len() as u64) < 25, "{name} looks different from {first_name}");
        }
    }
}
