//! HMAC-SHA-256 (RFC 2104): by which a webhook shows that a message is ours, or theirs.

use sha2::{Digest as _, Sha256};

use crate::secret::Secret;

/// Bytes of a block of SHA-256.
const BLOCK: usize = 64;

/// The signature of `message` under a secret.
#[must_use]
pub fn hmac_sha256(secret: &Secret, message: &[u8]) -> [u8; 32] {
    let secret = secret.expose().as_bytes();
    let mut key = [0; BLOCK];
    if secret.len() > BLOCK {
        key[..32].copy_from_slice(&Sha256::digest(secret));
    } else {
        key[..secret.len()].copy_from_slice(secret);
    }
    let inner = Sha256::new().chain_update(key.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(key.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

/// Bytes as they stand in headers.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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
        let secret = "k".repeat(BLOCK + 1);
        assert_ne!(
            hmac_sha256(&Secret::new(&secret), long.as_bytes()),
            hmac_sha256(&Secret::new("k"), long.as_bytes())
        );
    }
}
