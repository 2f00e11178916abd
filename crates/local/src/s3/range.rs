//! The range of a source that UploadPartCopy takes.

/// Why such a range is refused. `Display` is the message for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RangeProblem {
    #[error(
        "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy"
    )]
    Format,
    /// With the size of the source.
    #[error("Range specified is not valid for source object of size: {0}")]
    Outside(u64),
}

/// First byte and length of a range `bytes=0-9`: both ends given, inside a source of `size` bytes.
pub fn copy_range(range: &str, size: u64) -> Result<(u64, u64), RangeProblem> {
    let ends = range.strip_prefix("bytes=").and_then(|range| range.split_once('-'));
    let (first, last) = ends.ok_or(RangeProblem::Format)?;
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits { text.parse::<u64>().map_err(|_| RangeProblem::Format) } else { Err(RangeProblem::Format) }
    };
    let (first, last) = (number(first)?, number(last)?);
    if first > last {
        return Err(RangeProblem::Format);
    }
    if last >= size {
        return Err(RangeProblem::Outside(size));
    }
    Ok((first, last - first + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_both_ends_inside_the_source() {
        assert_eq!(copy_range("bytes=0-9", 10), Ok((0, 10)));
        assert_eq!(copy_range("bytes=3-3", 10), Ok((3, 1)));
        for outside in ["bytes=0-10", "bytes=10-10", "bytes=0-18446744073709551615"] {
            assert_eq!(copy_range(outside, 10), Err(RangeProblem::Outside(10)), "{outside}");
        }
        for bad in [
            "bytes=5-4",
            "bytes=-5",
            "bytes=5-",
            "0-9",
            "bytes=a-b",
            "bytes=+1-2",
            "bytes=0-9,11-12",
            "bytes=0-99999999999999999999",
        ] {
            assert_eq!(copy_range(bad, 10), Err(RangeProblem::Format), "{bad}");
        }
    }
}
