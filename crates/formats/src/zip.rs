/// A ZIP archive of text files, stored as they are: annotations are small, and every program reads it. Names are
/// UTF-8. Above 65,535 files, as a dataset of 250,000 images has them, the list is that of ZIP64.
///
/// # Errors
/// [`TooLarge`] above 4 GiB.
pub fn zip(files: &[(String, String)]) -> Result<Vec<u8>, TooLarge> {
    let (mut body, mut list) = (Vec::new(), Vec::new());
    for (name, text) in files {
        let (at, size) = (whole(body.len())?, whole(text.len())?);
        let name_size = u16::try_from(name.len()).map_err(|_| TooLarge)?;
        let crc = crc32(text.as_bytes());
        let mut common = Vec::new();
        // Version 2.0, UTF-8 names, stored, 1980-01-01.
        common.extend([20_u16, 0x0800, 0, 0, 0x21].iter().flat_map(|half| half.to_le_bytes()));
        common.extend([crc, size, size].iter().flat_map(|whole| whole.to_le_bytes()));
        common.extend(name_size.to_le_bytes());
        common.extend(0_u16.to_le_bytes());
        body.extend(*b"PK\x03\x04");
        body.extend(&common);
        body.extend(name.as_bytes());
        body.extend(text.as_bytes());
        list.extend(*b"PK\x01\x02\x14\x00");
        list.extend(&common);
        // No comment, first disk, plain attributes.
        list.extend([0_u8; 10]);
        list.extend(at.to_le_bytes());
        list.extend(name.as_bytes());
    }
    let (begin, long, count) = (whole(body.len())?, whole(list.len())?, files.len() as u64);
    body.extend(list);
    let short = u16::try_from(count).ok().filter(|count| *count < u16::MAX);
    if short.is_none() {
        let end = u64::from(begin) + u64::from(long);
        // The end of the list as ZIP64 has it: 44 bytes follow its size, versions 4.5, the first disk.
        body.extend(*b"PK\x06\x06");
        body.extend(44_u64.to_le_bytes());
        body.extend([45_u16, 45, 0, 0, 0, 0].iter().flat_map(|half| half.to_le_bytes()));
        body.extend([count, count, u64::from(long), u64::from(begin)].iter().flat_map(|eight| eight.to_le_bytes()));
        body.extend(*b"PK\x06\x07\0\0\0\0");
        body.extend(end.to_le_bytes());
        body.extend(1_u32.to_le_bytes());
    }
    body.extend(*b"PK\x05\x06\0\0\0\0");
    let count = short.unwrap_or(u16::MAX);
    body.extend([count, count].iter().flat_map(|half| half.to_le_bytes()));
    body.extend(long.to_le_bytes());
    body.extend(begin.to_le_bytes());
    body.extend([0, 0]);
    Ok(body)
}

/// More than an archive of ours holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than 4 GiB for one archive")]
pub struct TooLarge;

fn whole(length: usize) -> Result<u32, TooLarge> {
    u32::try_from(length).map_err(|_| TooLarge)
}

/// CRC-32 as ZIP wants it, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn an_archive_lists_every_file_where_it_stands() {
        let bytes = zip(&[("写真/a.txt".to_owned(), "one\n".to_owned()), ("b.txt".to_owned(), String::new())]).unwrap();
        let end = bytes.len() - 22;
        assert_eq!(&bytes[end..end + 4], b"PK\x05\x06");
        assert_eq!(bytes[end + 10], 2);
        let list = u32::from_le_bytes(bytes[end + 16..end + 20].try_into().unwrap()) as usize;
        assert_eq!(&bytes[list..list + 4], b"PK\x01\x02");
        assert_eq!(&bytes[30..30 + "写真/a.txt".len()], "写真/a.txt".as_bytes());
    }

    #[test]
    fn an_archive_of_more_files_than_a_half_word_counts_is_told_in_zip64() {
        let files: Vec<(String, String)> = (0..70_000).map(|n| (format!("{n}.txt"), n.to_string())).collect();
        let bytes = zip(&files).unwrap();
        let end = bytes.len() - 22;
        assert_eq!(&bytes[end + 10..end + 12], [0xff, 0xff]);
        let locator = end - 20;
        assert_eq!(&bytes[locator..locator + 4], b"PK\x06\x07");
        let record = u64::from_le_bytes(bytes[locator + 8..locator + 16].try_into().unwrap()) as usize;
        assert_eq!(&bytes[record..record + 4], b"PK\x06\x06");
        assert_eq!(u64::from_le_bytes(bytes[record + 32..record + 40].try_into().unwrap()), 70_000);
        let list = u64::from_le_bytes(bytes[record + 48..record + 56].try_into().unwrap()) as usize;
        assert_eq!(&bytes[list..list + 4], b"PK\x01\x02");
    }
}
