//! Ranges, and the documents that S3's requests carry: read without a panic, and a range that is taken lies inside.
#![no_main]

use kenchi_fuzz::range::copy_range;
use libfuzzer_sys::fuzz_target;
use s3s::dto::{
    AccessControlPolicy, CORSConfiguration, CompletedMultipartUpload, CreateBucketConfiguration, Delete, Range, Tagging,
};
use s3s::xml::{Deserialize, Deserializer};

fn read<T: for<'a> Deserialize<'a>>(bytes: &[u8]) {
    let mut reader = Deserializer::new(bytes);
    if T::deserialize(&mut reader).is_ok() {
        let _ = reader.expect_eof();
    }
}

fuzz_target!(|bytes: &[u8]| {
    let [first, rest @ ..] = bytes else { return };
    if let Ok(text) = std::str::from_utf8(rest) {
        let size = u64::from(*first);
        if let Ok((from, length)) = copy_range(text, size) {
            assert!(length > 0 && from + length <= size);
        }
        if let Ok(range) = Range::parse(text)
            && let Ok(range) = range.check(size)
        {
            assert!(range.start <= range.end && range.end <= size);
        }
    }
    match first % 6 {
        0 => read::<Delete>(rest),
        1 => read::<CompletedMultipartUpload>(rest),
        2 => read::<Tagging>(rest),
        3 => read::<CORSConfiguration>(rest),
        4 => read::<CreateBucketConfiguration>(rest),
        _ => read::<AccessControlPolicy>(rest),
    }
});
