//! The bearer token that senders show.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// A token to compare with. It keeps only a digest, so it cannot be printed, stored or leaked, and
/// comparing tells nothing about its content or length by the time it takes.
#[derive(Clone)]
pub struct Token([u8; 32]);

/// Bytes that cannot be a bearer token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Nothing but white space.
    #[error("the token is empty")]
    Empty,
    /// Something that no HTTP header can carry.
    #[error("the token may hold only visible ASCII characters, without spaces")]
    Characters,
}

impl Token {
    /// Takes a token; white space around it, such as a file's last line end, does not count.
    ///
    /// # Errors
    /// When it is empty, or could never be sent in a header.
    pub fn new(raw: &[u8]) -> Result<Self, TokenError> {
        let raw = raw.trim_ascii();
        if raw.is_empty() {
            return Err(TokenError::Empty);
        }
        if !raw.iter().all(u8::is_ascii_graphic) {
            return Err(TokenError::Characters);
        }
        Ok(Self(Sha256::digest(raw).into()))
    }

    /// Whether this is it.
    #[must_use]
    pub fn matches(&self, shown: &[u8]) -> bool {
        let shown: [u8; 32] = Sha256::digest(shown).into();
        self.0.ct_eq(&shown).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_token_matches() {
        let token = Token::new(b"s3cret-token\n").unwrap();
        for (shown, fits) in [
            ("s3cret-token", true),
            ("s3cret-toke", false),
            ("s3cret-token ", false),
            ("s3cret-tokenx", false),
            ("S3CRET-TOKEN", false),
            ("", false),
        ] {
            assert_eq!(token.matches(shown.as_bytes()), fits, "{shown:?}");
        }
    }

    #[test]
    fn a_token_is_never_printed() {
        let token = Token::new(b"s3cret").unwrap();
        assert_eq!(format!("{token:?} {:?}", Some(&token)), "*** Some(***)");
    }

    #[test]
    fn what_can_never_be_sent_is_no_token() {
        for (raw, error) in [
            (&b""[..], TokenError::Empty),
            (b" \r\n", TokenError::Empty),
            (b"two words", TokenError::Characters),
            (b"nul\0", TokenError::Characters),
            ("t\u{f6}ken".as_bytes(), TokenError::Characters),
        ] {
            assert_eq!(Token::new(raw).err(), Some(error), "{raw:?}");
        }
    }
}
