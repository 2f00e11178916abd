use domain::geometry::ImageSize;
use domain::image_rules::{ImageFormat, check_for_dataset, check_for_inline_detection, is_image_key, probe};
use domain::problem::ProblemKind;

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 0, 0, 0, 0]);
    bytes
}

fn jpeg(width: u16, height: u16, orientation: Option<u8>) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xdb, 0, 3, 0];
    if let Some(turn) = orientation {
        let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        exif.extend([turn, 0, 0, 0, 0, 0, 0]);
        bytes.extend([0xff, 0xe1]);
        bytes.extend(u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
        bytes.extend(exif);
    }
    bytes.extend([0xff, 0xc0, 0, 11, 8]);
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.extend([1, 1, 0x11, 0]);
    bytes
}

#[test]
fn headers_tell_format_size_and_orientation() {
    let info = probe(&png(640, 480)).unwrap();
    assert_eq!((info.format, info.upright), (ImageFormat::Png, ImageSize { width: 640, height: 480 }));
    let info = probe(&jpeg(640, 480, None)).unwrap();
    assert_eq!((info.format, info.orientation), (ImageFormat::Jpeg, 1));
    let info = probe(&jpeg(640, 480, Some(6))).unwrap();
    assert_eq!((info.orientation, info.upright), (6, ImageSize { width: 480, height: 640 }));
}

#[test]
fn each_rule_names_itself() {
    let kind = |bytes: &[u8]| check_for_dataset(bytes).unwrap_err().kind;
    assert_eq!(kind(b"GIF89a"), ProblemKind::NotAnImage);
    assert_eq!(kind(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), ProblemKind::NotAnImage);
    assert_eq!(kind(b"\x89PNG\r\n\x1a\n"), ProblemKind::ImageDamaged);
    assert_eq!(kind(&png(63, 500)), ProblemKind::ImageTooSmall);
    assert_eq!(kind(&png(4097, 4096)), ProblemKind::ImageTooLarge);
    assert_eq!(kind(&png(64 * 20 + 1, 64)), ProblemKind::ImageAspectTooWide);
    assert!(check_for_dataset(&png(64, 64 * 20)).is_ok());
    let mut heavy = png(640, 480);
    heavy.resize(4 * 1024 * 1024 + 1, 0);
    assert!(check_for_dataset(&heavy).is_ok());
    assert_eq!(check_for_inline_detection(&heavy).unwrap_err().kind, ProblemKind::ImageTooManyBytes);
    heavy.resize(15 * 1024 * 1024 + 1, 0);
    assert_eq!(kind(&heavy), ProblemKind::ImageTooManyBytes);
}

#[test]
fn no_beginning_of_a_picture_makes_the_probe_panic() {
    for whole in [png(640, 480), jpeg(640, 480, Some(6))] {
        for end in 0..whole.len() {
            let _ = probe(&whole[..end]);
        }
        for at in 0..whole.len() {
            let mut bent = whole.clone();
            bent[at] ^= 0xff;
            let _ = probe(&bent);
        }
    }
}

#[test]
fn real_photographs_tell_their_orientation() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/datasets/exif-orientation");
    if !folder.exists() {
        eprintln!("skipped: the pictures of EXIF orientations are not here");
        return;
    }
    for (shape, upright_wide) in [("Landscape", true), ("Portrait", false)] {
        for turn in 1..=8_u8 {
            let info = probe(&std::fs::read(folder.join(format!("{shape}_{turn}.jpg"))).unwrap()).unwrap();
            assert_eq!(info.orientation, turn, "{shape}_{turn}");
            assert_eq!(info.upright.width > info.upright.height, upright_wide, "{shape}_{turn}");
        }
    }
}

#[test]
fn keys_are_images_by_their_ending() {
    assert!(is_image_key("a/b.JPG") && is_image_key("x.jpeg") && is_image_key("x.png"));
    assert!(!is_image_key("a.png/b") && !is_image_key("png") && !is_image_key("x.gif"));
}
