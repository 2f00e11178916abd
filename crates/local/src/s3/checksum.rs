//! Checksums: which ones to compute, what they must be, and how those of parts make that of an object.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc_fast::{CrcAlgorithm, checksum_combine};
use http::{HeaderMap, StatusCode};
use s3s::checksum::ChecksumHasher;
use s3s::dto::ChecksumAlgorithm;
use s3s::{S3Request, S3Result, s3_error};

use super::checked::BodyReport;
use super::error::custom;
use crate::store::{Checksums, StoreError};

/// The algorithms, as the wire spells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

impl Algorithm {
    pub(super) const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// Bytes of a checksum.
    fn length(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    pub(super) fn parse(name: &str) -> S3Result<Self> {
        Self::ALL.into_iter().find(|one| one.name().eq_ignore_ascii_case(name)).ok_or_else(|| {
            s3_error!(
                InvalidRequest,
                "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"
            )
        })
    }

    pub(super) fn of(self, sums: &Checksums) -> Option<&str> {
        match self {
            Self::Crc32 => sums.crc32.as_deref(),
            Self::Crc32c => sums.crc32c.as_deref(),
            Self::Crc64Nvme => sums.crc64nvme.as_deref(),
            Self::Sha1 => sums.sha1.as_deref(),
            Self::Sha256 => sums.sha256.as_deref(),
        }
    }

    pub(super) fn slot(self, sums: &mut Checksums) -> &mut Option<String> {
        match self {
            Self::Crc32 => &mut sums.crc32,
            Self::Crc32c => &mut sums.crc32c,
            Self::Crc64Nvme => &mut sums.crc64nvme,
            Self::Sha1 => &mut sums.sha1,
            Self::Sha256 => &mut sums.sha256,
        }
    }

    fn add_to(self, hasher: &mut ChecksumHasher) {
        match self {
            Self::Crc32 => hasher.crc32 = Some(Default::default()),
            Self::Crc32c => hasher.crc32c = Some(Default::default()),
            Self::Crc64Nvme => hasher.crc64nvme = Some(Default::default()),
            Self::Sha1 => hasher.sha1 = Some(Default::default()),
            Self::Sha256 => hasher.sha256 = Some(Default::default()),
        }
    }

    fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
            Self::Sha1 | Self::Sha256 => None,
        }
    }
}

/// A hasher for some algorithms.
pub(super) fn hasher(algorithms: &[Algorithm]) -> ChecksumHasher {
    let mut hasher = ChecksumHasher::default();
    for algorithm in algorithms {
        algorithm.add_to(&mut hasher);
    }
    hasher
}

/// What a request says about its body's checksum: in a header, or in a trailer after the body.
pub(super) struct Announced {
    pub(super) algorithms: Vec<Algorithm>,
    headers: HeaderMap,
    trailers: BodyReport,
}

impl Announced {
    pub(super) fn of<T>(request: &S3Request<T>, named: Option<&ChecksumAlgorithm>) -> S3Result<Self> {
        let trailer_names: Vec<String> = request
            .headers
            .get_all("x-amz-trailer")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|name| name.trim().to_ascii_lowercase())
            .collect();
        let mut algorithms: Vec<Algorithm> = Algorithm::ALL
            .into_iter()
            .filter(|one| {
                request.headers.contains_key(one.header()) || trailer_names.iter().any(|name| name == one.header())
            })
            .collect();
        if algorithms.len() > 1 {
            return Err(s3_error!(
                InvalidRequest,
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
            ));
        }
        if let Some(named) = named {
            let named = Algorithm::parse(named.as_str())?;
            match algorithms.first() {
                Some(sent) if *sent != named => {
                    return Err(s3_error!(InvalidRequest, "Value for x-amz-sdk-checksum-algorithm header is invalid."));
                }
                Some(_) => {}
                None => algorithms.push(named),
            }
        }
        let trailers = request.extensions.get::<BodyReport>().cloned().unwrap_or_default();
        Ok(Self { algorithms, headers: request.headers.clone(), trailers })
    }

    /// Compares what was computed with what was announced. Call it after the body was read.
    pub(super) fn check(&self, computed: &Checksums) -> S3Result<()> {
        for algorithm in &self.algorithms {
            let from_header = self.headers.get(algorithm.header()).cloned();
            let value = from_header.or_else(|| self.trailers.trailer(algorithm.header()));
            let trailer_promised = self.headers.contains_key("x-amz-trailer");
            let Some(value) = value else {
                if trailer_promised {
                    return Err(custom(
                        StatusCode::BAD_REQUEST,
                        "MalformedTrailerError",
                        "The request contained trailing data that was not well-formed or did not conform to our published schema.",
                    ));
                }
                continue;
            };
            let value = value.to_str().unwrap_or_default();
            if STANDARD.decode(value).map(|bytes| bytes.len()) != Ok(algorithm.length()) {
                return Err(s3_error!(InvalidRequest, "Value for {} header is invalid.", algorithm.header()));
            }
            if algorithm.of(computed) != Some(value) {
                return Err(s3_error!(
                    BadDigest,
                    "The {} you specified did not match the calculated checksum.",
                    algorithm.name()
                ));
            }
        }
        Ok(())
    }
}

/// How an upload's checksum is made, such as `CRC32 COMPOSITE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) algorithm: Algorithm,
    /// Over all bytes; else over the checksums of the parts.
    pub(super) full: bool,
}

impl Kind {
    pub(super) const DEFAULT: Self = Self { algorithm: Algorithm::Crc64Nvme, full: true };

    /// From what CreateMultipartUpload says.
    pub(super) fn choose(algorithm: Option<&str>, kind: Option<&str>) -> S3Result<Self> {
        let Some(algorithm) = algorithm else {
            return match kind {
                Some("COMPOSITE") => {
                    Err(s3_error!(InvalidRequest, "The COMPOSITE checksum type needs a checksum algorithm."))
                }
                _ => Ok(Self::DEFAULT),
            };
        };
        let algorithm = Algorithm::parse(algorithm)?;
        let full = match kind {
            Some("FULL_OBJECT") => true,
            Some("COMPOSITE") => false,
            None => algorithm == Algorithm::Crc64Nvme,
            Some(_) => return Err(s3_error!(InvalidRequest, "Value for x-amz-checksum-type header is invalid.")),
        };
        let possible = if full { algorithm.crc().is_some() } else { algorithm != Algorithm::Crc64Nvme };
        if possible {
            Ok(Self { algorithm, full })
        } else {
            Err(s3_error!(
                InvalidRequest,
                "The {} checksum type cannot be used with the {} checksum algorithm.",
                if full { "FULL_OBJECT" } else { "COMPOSITE" },
                algorithm.name().to_ascii_lowercase()
            ))
        }
    }

    pub(super) fn type_name(self) -> &'static str {
        if self.full { "FULL_OBJECT" } else { "COMPOSITE" }
    }

    /// As the store keeps it; empty for [`Kind::DEFAULT`], which was not asked for.
    pub(super) fn text(self) -> String {
        format!("{} {}", self.algorithm.name(), self.type_name())
    }

    pub(super) fn from_text(text: &str) -> Self {
        text.split_once(' ')
            .and_then(|(algorithm, kind)| {
                Some(Self { algorithm: Algorithm::parse(algorithm).ok()?, full: kind == "FULL_OBJECT" })
            })
            .unwrap_or(Self::DEFAULT)
    }

    /// The object's checksum from those of its parts, each with its size in bytes.
    pub(super) fn combine<'a>(
        self,
        parts: impl Iterator<Item = (Option<&'a str>, u64)>,
    ) -> Result<Checksums, StoreError> {
        let mut count = 0_usize;
        let mut joined = Vec::new();
        let mut crc: Option<u64> = None;
        for (sum, size) in parts {
            count += 1;
            let bytes = STANDARD.decode(sum.ok_or(StoreError::InvalidPart)?).map_err(|_| StoreError::InvalidPart)?;
            if let (true, Some(algorithm)) = (self.full, self.algorithm.crc()) {
                let next = bytes.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
                crc = Some(match crc {
                    Some(before) => checksum_combine(algorithm, before, next, size),
                    None => next,
                });
            }
            joined.extend(bytes);
        }
        let value = match crc {
            Some(crc) => {
                let bytes = crc.to_be_bytes();
                STANDARD.encode(bytes.get(8 - self.algorithm.length()..).unwrap_or_default())
            }
            None => {
                let sum = hash(self.algorithm, &joined);
                format!("{}-{count}", Algorithm::of(self.algorithm, &sum).unwrap_or_default())
            }
        };
        let mut sums = Checksums { kind: Some(self.type_name().to_owned()), ..Checksums::default() };
        *self.algorithm.slot(&mut sums) = Some(value);
        Ok(sums)
    }
}

fn hash(algorithm: Algorithm, bytes: &[u8]) -> Checksums {
    let mut hasher = hasher(&[algorithm]);
    hasher.update(bytes);
    hasher.finalize().into()
}

/// A body's MD5 against the header `Content-MD5`.
pub(super) fn check_md5(said: Option<&str>, md5: &[u8; 16]) -> S3Result<()> {
    let Some(said) = said else { return Ok(()) };
    match STANDARD.decode(said) {
        Ok(bytes) if bytes.len() == 16 => {
            if bytes == md5 {
                Ok(())
            } else {
                Err(s3_error!(BadDigest, "The Content-MD5 you specified did not match what we received."))
            }
        }
        _ => Err(s3_error!(InvalidDigest, "The Content-MD5 you specified was invalid.")),
    }
}

/// Copies checksums into an output's fields, which have the same names in all of them.
macro_rules! put_checksums {
    ($output:expr, $sums:expr) => {
        $output.checksum_crc32 = $sums.crc32.clone();
        $output.checksum_crc32c = $sums.crc32c.clone();
        $output.checksum_crc64nvme = $sums.crc64nvme.clone();
        $output.checksum_sha1 = $sums.sha1.clone();
        $output.checksum_sha256 = $sums.sha256.clone();
    };
}
pub(super) use put_checksums;

/// The same with the type.
macro_rules! put_checksums_and_type {
    ($output:expr, $sums:expr) => {
        $crate::s3::checksum::put_checksums!($output, $sums);
        $output.checksum_type = $sums.kind.clone().map(s3s::dto::ChecksumType::from);
    };
}
pub(super) use put_checksums_and_type;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crc_of_parts_is_the_crc_of_the_whole() {
        let whole: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        let (one, two) = whole.split_at(123_457);
        for algorithm in [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme] {
            let sums = [hash(algorithm, one), hash(algorithm, two)];
            let parts = [(algorithm.of(&sums[0]), one.len() as u64), (algorithm.of(&sums[1]), two.len() as u64)];
            let combined = Kind { algorithm, full: true }.combine(parts.into_iter()).unwrap();
            assert_eq!(algorithm.of(&combined), algorithm.of(&hash(algorithm, &whole)), "{algorithm:?}");
        }
    }

    #[test]
    fn a_composite_checksum_is_over_the_parts_checksums_and_tells_their_number() {
        let sums = [hash(Algorithm::Sha256, b"one"), hash(Algorithm::Sha256, b"two")];
        let parts = [(sums[0].sha256.as_deref(), 3), (sums[1].sha256.as_deref(), 3)];
        let combined = Kind { algorithm: Algorithm::Sha256, full: false }.combine(parts.into_iter()).unwrap();
        let mut joined = STANDARD.decode(sums[0].sha256.as_deref().unwrap()).unwrap();
        joined.extend(STANDARD.decode(sums[1].sha256.as_deref().unwrap()).unwrap());
        let wanted = format!("{}-2", STANDARD.encode(<sha2::Sha256 as sha2::Digest>::digest(joined)));
        assert_eq!(combined.sha256, Some(wanted));
    }

    #[test]
    fn which_types_go_with_which_algorithms() {
        assert_eq!(Kind::choose(None, None).unwrap(), Kind::DEFAULT);
        assert!(!Kind::choose(Some("CRC32"), None).unwrap().full);
        assert!(Kind::choose(Some("CRC64NVME"), None).unwrap().full);
        assert!(Kind::choose(Some("SHA256"), Some("FULL_OBJECT")).is_err());
        assert!(Kind::choose(Some("CRC64NVME"), Some("COMPOSITE")).is_err());
        assert!(Kind::choose(Some("MD5"), None).is_err());
        let kind = Kind::choose(Some("CRC32C"), Some("FULL_OBJECT")).unwrap();
        assert_eq!(Kind::from_text(&kind.text()), kind);
    }
}
