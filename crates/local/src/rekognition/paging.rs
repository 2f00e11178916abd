//! Page tokens. A token tells where the next page begins and is bound to the listing that gave it: with another
//! dataset or other filters it is refused, as text that nobody gave is.

use super::error::ApiError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

const SEAL: usize = 16;

/// The token for the page that begins after `cursor`, in the listing described by `listing`.
pub fn token(listing: &str, cursor: i64) -> String {
    let mut bytes = cursor.to_be_bytes().to_vec();
    bytes.extend_from_slice(&seal(listing, cursor));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The cursor of a request's token; `None` for the first page, which an empty token asks for too.
///
/// # Errors
/// `InvalidPaginationTokenException` when this listing did not give the token.
pub fn cursor(listing: &str, token: Option<&str>) -> Result<Option<i64>, ApiError> {
    let Some(token) = token.filter(|t| !t.is_empty()) else { return Ok(None) };
    let refused = || ApiError::invalid_pagination_token("The pagination token is not valid.");
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| refused())?;
    let (head, tail) = bytes.split_at_checked(8).ok_or_else(refused)?;
    let cursor = i64::from_be_bytes(head.try_into().map_err(|_| refused())?);
    if tail == seal(listing, cursor) { Ok(Some(cursor)) } else { Err(refused()) }
}

fn seal(listing: &str, cursor: i64) -> [u8; SEAL] {
    let digest = Sha256::new().chain_update(listing).chain_update(cursor.to_be_bytes()).finalize();
    let mut seal = [0; SEAL];
    seal.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    seal
}

/// Cuts a list that was read with one item too many, and gives the last item kept when there is a next page.
pub fn cut<T>(items: &mut Vec<T>, limit: usize) -> Option<&T> {
    if items.len() <= limit {
        return None;
    }
    items.truncate(limit);
    items.last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_works_in_its_own_listing_only() {
        let given = token("entries of a", 42);
        assert_eq!(cursor("entries of a", Some(&given)), Ok(Some(42)));
        assert_eq!(cursor("entries of a", None), Ok(None));
        assert_eq!(cursor("entries of a", Some("")), Ok(None));
        for (listing, text) in [("entries of b", given.as_str()), ("entries of a", "AAAA"), ("entries of a", "%%%")] {
            assert_eq!(
                cursor(listing, Some(text)).map_err(|e| e.code),
                Err("InvalidPaginationTokenException"),
                "{text}"
            );
        }
    }
}
