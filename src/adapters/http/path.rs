//! A path with placeholders: each value is one segment or one query value, whatever is in it.

use crate::adapters::template::{Template, Values};
use crate::incident::Text;

/// The path.
#[derive(Clone, Debug)]
pub struct PathTemplate(Template);

impl PathTemplate {
    /// Reads a configured path. Where it begins is written out: no value chooses the endpoint.
    ///
    /// # Errors
    /// In words.
    pub fn parse(raw: &str, known: &[&str]) -> Result<Self, String> {
        if !raw.is_empty() && !raw.starts_with('/') {
            return Err("a path begins with /; the host stands in `url`".to_owned());
        }
        if let Some(wrong) = raw.chars().find(|c| c.is_whitespace() || c.is_control() || *c == '#') {
            return Err(format!("a path cannot hold {wrong:?}; write it percent-encoded"));
        }
        Template::parse(raw, known).map(Self)
    }

    /// The names it uses.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.names()
    }

    /// The path with every value put in, percent-encoded.
    ///
    /// # Errors
    /// In words: a value that nobody gave, or one that would climb out of its place.
    pub fn fill(&self, values: &Values) -> Result<String, Text> {
        let mut encoded = Values::new();
        for name in self.0.names() {
            let Some(value) = values.get(name) else { continue }; // told when it is filled
            if matches!(value.as_str(), "." | "..") {
                return Err(Text::line(&format!(
                    "{{{name}}} is '{value}', which leads somewhere else in a path"
                )));
            }
            let segment = percent(value.as_str());
            if segment.len() > Text::LINE_MAX {
                return Err(Text::line(&format!("{{{name}}} is too long for a path")));
            }
            encoded.insert(name.to_owned(), Text::line(&segment));
        }
        self.0.fill(&encoded)
    }
}

/// Everything but letters, digits and `-_.~`, byte for byte.
fn percent(value: &str) -> String {
    let mut out = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(raw: &str, value: &str) -> Result<String, Text> {
        let values = [("agent".to_owned(), Text::line(value))].into();
        PathTemplate::parse(raw, &["agent"]).unwrap().fill(&values)
    }

    #[test]
    fn a_value_stays_one_segment_whatever_is_in_it() {
        for (value, segment) in [
            ("support-1", "support-1"),
            ("team/support", "team%2Fsupport"),
            ("../admin", "..%2Fadmin"),
            ("a?b=c&d#e", "a%3Fb%3Dc%26d%23e"),
            ("a b", "a%20b"),
            ("%2e%2e", "%252e%252e"),
            ("ä", "%C3%A4"),
            ("@evil.example", "%40evil.example"),
        ] {
            assert_eq!(filled("/agents/{agent}/stop", value), Ok(format!("/agents/{segment}/stop")));
        }
        assert!(filled("/agents/{agent}", "..").is_err());
    }

    #[test]
    fn a_path_that_is_none_is_told() {
        for wrong in ["agents", "{agent}", "/a b", "/a#b", "/{agnt}", "/\u{1}"] {
            assert!(PathTemplate::parse(wrong, &["agent"]).is_err(), "{wrong}");
        }
    }
}
