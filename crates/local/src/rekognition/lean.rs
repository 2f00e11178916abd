//! PNG pictures without what nobody looks at here: texts and colour profiles are kept deflated in them, and a few kilobytes
//! can become hundreds of megabytes.

use bytes::Bytes;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
const NOT_LOOKED_AT: [&[u8]; 4] = [b"iCCP", b"zTXt", b"iTXt", b"tEXt"];

/// The same picture without such chunks; anything but a PNG comes back as it is. What follows a broken chunk stays: no
/// decoder comes as far.
pub fn lean(picture: Bytes) -> Bytes {
    if !picture.starts_with(SIGNATURE) {
        return picture;
    }
    let mut kept = Vec::new();
    let (mut at, mut copied) = (SIGNATURE.len(), 0);
    while let Some(head) = picture.get(at..at + 8) {
        let (length, kind) = head.split_at(4);
        let length = length.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
        // Length, kind and checksum are 12 bytes.
        let Some(end) = at.checked_add(length).and_then(|end| end.checked_add(12)).filter(|end| *end <= picture.len())
        else {
            break;
        };
        if NOT_LOOKED_AT.contains(&kind) {
            kept.extend_from_slice(picture.get(copied..at).unwrap_or_default());
            copied = end;
        }
        at = end;
    }
    if copied == 0 {
        return picture;
    }
    kept.extend_from_slice(picture.get(copied..).unwrap_or_default());
    kept.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(kind: &[u8], data: &[u8]) -> Vec<u8> {
        [&(data.len() as u32).to_be_bytes()[..], kind, data, b"crc!"].concat()
    }

    #[test]
    fn texts_and_profiles_go_and_the_rest_stays_in_order() {
        let picture = |chunks: &[Vec<u8>]| Bytes::from([SIGNATURE, &chunks.concat()].concat());
        let (head, data) = (chunk(b"IHDR", b"head"), chunk(b"IDAT", b"pixels"));
        let whole = picture(&[head.clone(), data.clone(), b"a page behind it".to_vec()]);
        assert_eq!(lean(whole.clone()), whole);
        let with = [head.clone(), chunk(b"iCCP", b"profile"), chunk(b"tEXt", b""), data.clone(), chunk(b"zTXt", b"x")];
        assert_eq!(lean(picture(&with)), picture(&[head.clone(), data]));
        // A chunk that is longer than the file.
        let mut broken = picture(&[head.clone(), chunk(b"iCCP", b"profile"), chunk(b"IDAT", b"pixels")]).to_vec();
        broken.truncate(broken.len() - 5);
        assert_eq!(lean(broken.into()).len(), 8 + head.len() + 18 - 5);
        let other = Bytes::from_static(b"\xff\xd8 no PNG");
        assert_eq!(lean(other.clone()), other);
    }
}
