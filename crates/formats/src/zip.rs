/// A ZIP archive of text files, stored as they are: annotations are small, and every program reads it. Names
/// are UTF-8. Up to 4 GiB and 65,535 files; what is beyond is left out.
pub fn zip(files: &[(String, String)]) -> Vec<u8> {
    let (mut body, mut list, mut count) = (Vec::new(), Vec::new(), 0_u16);
    for (name, text) in files {
        let (Ok(at), Ok(size), Ok(name_size)) =
            (u32::try_from(body.len()), u32::try_from(text.len()), u16::try_from(name.len()))
        else {
            break;
        };
        let Some(next) = count.checked_add(1) else { break };
        count = next;
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
    let (Ok(begin), Ok(long)) = (u32::try_from(body.len()), u32::try_from(list.len())) else { return Vec::new() };
    body.extend(list);
    body.extend(*b"PK\x05\x06\0\0\0\0");
    body.extend(count.to_le_bytes());
    body.extend(count.to_le_bytes());
    body.extend(long.to_le_bytes());
    body.extend(begin.to_le_bytes());
    body.extend([0, 0]);
    body
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
        let bytes = zip(&[("写真/a.txt".to_owned(), "one\n".to_owned()), ("b.txt".to_owned(), String::new())]);
        let end = bytes.len() - 22;
        assert_eq!(&bytes[end..end + 4], b"PK\x05\x06");
        assert_eq!(bytes[end + 10], 2);
        let list = u32::from_le_bytes(bytes[end + 16..end + 20].try_into().unwrap()) as usize;
        assert_eq!(&bytes[list..list + 4], b"PK\x01\x02");
        assert_eq!(&bytes[30..30 + "写真/a.txt".len()], "写真/a.txt".as_bytes());
    }
}
