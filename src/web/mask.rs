//! What must not be seen, taken out of whatever comes back.
//!
//! Servers quote what they were sent: "invalid key sk-…". An answer becomes an entry, an error, an
//! export; so the secrets that went out are blanked in it first, in every spelling they may have.

use base64::Engine as _;

use crate::secret::Secret;

/// Shorter ones stand in innocent text by chance, and blanking them would make nonsense of it.
const SHORTEST: usize = 6;

/// What is put in their place.
const MASK: &str = "***";

/// The spellings to blank. Never printed.
#[derive(Clone, Default)]
pub struct Mask(Vec<String>);

impl Mask {
    /// Hides a secret too.
    pub fn hide(&mut self, secret: &Secret) {
        self.hide_text(secret.expose());
    }

    /// Hides this text too: as it is, in JSON, in a URL and in base64.
    pub fn hide_text(&mut self, text: &str) {
        if text.len() < SHORTEST {
            return;
        }
        let json = serde_json::Value::from(text).to_string();
        let percent: String = reqwest::Url::parse_with_params("x:", [("", text)])
            .map(|url| url.query().unwrap_or_default().trim_start_matches('=').to_owned())
            .unwrap_or_default();
        let base64 = base64::engine::general_purpose::STANDARD.encode(text);
        for spelling in [text.to_owned(), json.trim_matches('"').to_owned(), percent, base64] {
            if spelling.len() >= SHORTEST && !self.0.contains(&spelling) {
                self.0.push(spelling);
            }
        }
        // The longest first: one may be a part of another.
        self.0.sort_by_key(|spelling| std::cmp::Reverse(spelling.len()));
    }

    /// The text without them.
    pub fn text(&self, text: &str) -> String {
        let masked = self.bytes(text.as_bytes().to_vec());
        String::from_utf8_lossy(&masked).into_owned()
    }

    /// The bytes without them.
    pub fn bytes(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        for spelling in &self.0 {
            let finder = memchr::memmem::Finder::new(spelling.as_bytes());
            if finder.find(&bytes).is_none() {
                continue;
            }
            let mut out = Vec::with_capacity(bytes.len());
            let mut from = 0;
            for at in finder.find_iter(&bytes) {
                out.extend_from_slice(&bytes[from..at]);
                out.extend_from_slice(MASK.as_bytes());
                from = at + spelling.len();
            }
            out.extend_from_slice(&bytes[from..]);
            bytes = out;
        }
        bytes
    }
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mask(not shown)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_blanked_in_every_spelling() {
        let mut mask = Mask::default();
        mask.hide(&Secret::new("sk \"1/2\"&3"));
        for quoted in
            ["bad key sk \"1/2\"&3!", r#"{"e":"sk \"1/2\"&3"}"#, "c2sgIjEvMiImMw==", "sk+%221%2F2%22%263"]
        {
            let masked = mask.text(quoted);
            assert!(masked.contains("***") && !masked.contains("1/2") && !masked.contains("%2F"), "{masked}");
        }
        assert!(!format!("{mask:?}").contains("1/2"));
    }

    #[test]
    fn what_is_too_short_to_tell_from_text_stays() {
        let mut mask = Mask::default();
        mask.hide(&Secret::new("ok"));
        assert_eq!(mask.text("{\"ok\":true}"), "{\"ok\":true}");
    }
}
