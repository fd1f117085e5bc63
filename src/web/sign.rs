//! HMAC-SHA-256 (RFC 2104): by which a webhook shows that a message is ours, or theirs.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::secret::Secret;

/// The signature of `message` under a secret.
#[must_use]
pub fn hmac_sha256(secret: &Secret, message: &[u8]) -> [u8; 32] {
    keyed(secret, message).finalize().into_bytes().into()
}

/// Whether this is the signature of `message` under a secret. The time it takes tells nothing of
/// how much of it is right.
#[must_use]
pub fn is_hmac_sha256(secret: &Secret, message: &[u8], signature: &[u8]) -> bool {
    keyed(secret, message).verify_slice(signature).is_ok()
}

fn keyed(secret: &Secret, message: &[u8]) -> Hmac<Sha256> {
    let keyed = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes());
    keyed.expect("a key of any length will do").chain_update(message)
}

/// Bytes as they stand in headers.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes that a header means; none where it is no hexadecimal.
#[must_use]
pub fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.chunks(2).map(|two| Some(digit(two[0])? << 4 | digit(two[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_4231_that_are_text() {
        let long = "Test Using Larger Than Block-Size Key - Hash Key First";
        for (key, message, signature) in [
            (
                "Jefe",
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            ("key", "", "5d5d139563c95b5967b9bd9a8c9b233a9dedb45072794cd232dc1b74832607d0"),
        ] {
            assert_eq!(hex(&hmac_sha256(&Secret::new(key), message.as_bytes())), signature, "{message}");
        }
        // A key longer than a block is hashed first: the same as signing with its digest.
        let secret = "k".repeat(64 + 1);
        assert_ne!(
            hmac_sha256(&Secret::new(&secret), long.as_bytes()),
            hmac_sha256(&Secret::new("k"), long.as_bytes())
        );
    }
}
