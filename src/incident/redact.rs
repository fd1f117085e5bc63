//! Secrets are taken out of evidence before it is stored (A4).
//!
//! The rules are data: this module knows what a rule is, and none of them. What is taken out leaves
//! its rule's name behind, and is counted. What is no text is left as it is, and that is said too.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

/// What must hold of what a rule finds, besides its expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Nothing.
    Nothing,
    /// Its digits have the check digit of card numbers.
    Luhn,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    name: String,
    pattern: String,
    proof: Proof,
    /// Built when it is needed: most who start the program store no evidence.
    regex: OnceLock<Option<Regex>>,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.pattern, self.proof) == (&other.name, &other.pattern, other.proof)
    }
}

impl Rule {
    /// The most bytes that a built expression may take.
    const LARGEST: usize = 4 * 1024 * 1024;

    /// A rule that is taken at its word: see [`Rule::check`].
    #[must_use]
    pub fn new(name: &str, pattern: &str, proof: Proof) -> Self {
        Self { name: name.to_owned(), pattern: pattern.to_owned(), proof, regex: OnceLock::new() }
    }

    /// Its name, which stands where something was taken out.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it can be used.
    ///
    /// # Errors
    /// In words: what is wrong with the expression.
    pub fn check(&self) -> Result<(), String> {
        let regex = Self::build(&self.pattern).map_err(|error| {
            if matches!(error, regex::Error::CompiledTooBig(_)) {
                return "the expression is too large".to_owned();
            }
            // Where in it stands in lines of its own before what is wrong.
            let words = error.to_string();
            words.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        })?;
        if regex.is_match(b"") {
            return Err("the expression fits where nothing is, which is everywhere".to_owned());
        }
        Ok(())
    }

    fn build(pattern: &str) -> Result<Regex, regex::Error> {
        RegexBuilder::new(pattern).unicode(false).size_limit(Self::LARGEST).build()
    }

    /// What of a text is to be taken out.
    fn find(&self, text: &[u8], found: &mut Vec<Range<usize>>) {
        let Some(regex) = self.regex.get_or_init(|| Self::build(&self.pattern).ok()) else { return };
        let holds = |range: &Range<usize>| match self.proof {
            Proof::Nothing => !range.is_empty(),
            Proof::Luhn => has_check_digit(&text[range.clone()]),
        };
        if regex.captures_len() == 1 {
            found.extend(regex.find_iter(text).map(|m| m.range()).filter(holds));
            return;
        }
        for captures in regex.captures_iter(text) {
            found.extend(captures.iter().skip(1).flatten().map(|m| m.range()).filter(holds));
        }
    }
}

/// All rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Redactor(Vec<Rule>);

/// A text without its secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redacted {
    /// What is left.
    pub bytes: Vec<u8>,
    /// How many were taken out, by the rule that found them.
    pub found: BTreeMap<String, u64>,
}

impl Redacted {
    /// How many were taken out.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.found.values().sum()
    }
}

impl Redactor {
    /// Of these rules; the first that finds something names it.
    #[must_use]
    pub const fn new(rules: Vec<Rule>) -> Self {
        Self(rules)
    }

    /// Its rules.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.0
    }

    /// Takes secrets out of a text; of what is no text nothing, because a change would break it.
    #[must_use]
    pub fn redact(&self, bytes: &[u8]) -> Option<Redacted> {
        if memchr::memchr(0, bytes).is_some() || is_packed(bytes) {
            return None;
        }
        let mut places: Vec<(Range<usize>, usize)> = Vec::new();
        let mut found = Vec::new();
        for (rule, of) in self.0.iter().enumerate() {
            of.find(bytes, &mut found);
            places.extend(found.drain(..).map(|range| (range, rule)));
        }
        places.sort_by_key(|(range, rule)| (range.start, *rule));
        let mut redacted = Redacted { bytes: Vec::with_capacity(bytes.len()), found: BTreeMap::new() };
        let mut upto = 0;
        for (range, rule) in places {
            // What two rules find is one secret; of two that overlap nothing is left.
            if range.start >= upto {
                let name = self.0[rule].name();
                redacted.bytes.extend_from_slice(&bytes[upto..range.start]);
                redacted.bytes.extend_from_slice(format!("[redacted {name}]").as_bytes());
                *redacted.found.entry(name.to_owned()).or_default() += 1;
            }
            upto = upto.max(range.end);
        }
        redacted.bytes.extend_from_slice(&bytes[upto..]);
        Some(redacted)
    }
}

/// Whether it is packed: what is in it cannot be seen.
fn is_packed(bytes: &[u8]) -> bool {
    [&b"\x1f\x8b"[..], b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"BZh", b"\xfd7zXZ"]
        .iter()
        .any(|begins| bytes.starts_with(begins))
}

/// Whether the digits are a card's: every second one doubled, from the right, makes a sum of tens.
fn has_check_digit(text: &[u8]) -> bool {
    let digits = text.iter().rev().filter(|byte| byte.is_ascii_digit()).map(|byte| u32::from(byte - b'0'));
    let of = |(place, digit): (usize, u32)| match (place % 2, digit * 2) {
        (0, _) => digit,
        (_, twice) if twice > 9 => twice - 9,
        (_, twice) => twice,
    };
    digits.enumerate().map(of).sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn redactor() -> Redactor {
        Redactor::new(vec![
            Rule::new("key", r"key=(\w+)", Proof::Nothing),
            Rule::new("word", r"s3cret\w*", Proof::Nothing),
            Rule::new("card", r"\b\d{4}(?:[ -]?\d{4}){3}\b", Proof::Luhn),
        ])
    }

    #[test]
    fn a4_what_a_rule_finds_is_taken_out_and_counted_once() {
        for (text, left, count) in [
            ("nothing", "nothing", 0),
            ("key=abc and key=def", "key=[redacted key] and key=[redacted key]", 2),
            // Two rules find it, one from within.
            ("key=s3cret1 s3cret2", "key=[redacted key] [redacted word]", 2),
            ("4111 1111 1111 1111", "[redacted card]", 1),
            ("4111-1111-1111-1112", "4111-1111-1111-1112", 0),
            ("", "", 0),
        ] {
            let redacted = redactor().redact(text.as_bytes()).unwrap();
            assert_eq!((String::from_utf8_lossy(&redacted.bytes).as_ref(), redacted.count()), (left, count));
        }
        let redacted = redactor().redact(b"key=a s3cret s3cret").unwrap();
        assert_eq!(redacted.found, BTreeMap::from([("key".to_owned(), 1), ("word".to_owned(), 2)]));
    }

    #[test]
    fn what_is_no_text_is_left_and_that_is_known() {
        for bytes in [&b"key=abc\0"[..], b"\x1f\x8b\x08key=abc", b"PK\x03\x04key=abc"] {
            assert_eq!(redactor().redact(bytes), None);
        }
        let latin = redactor().redact(b"caf\xe9 key=abc \xff").unwrap();
        assert_eq!(latin.bytes, b"caf\xe9 key=[redacted key] \xff");
    }

    #[test]
    fn a_rule_that_cannot_be_used_says_why() {
        for (pattern, why) in
            [("(", "unclosed group"), ("x*", "everywhere"), (r"\w{1000}{1000}", "too large")]
        {
            let error = Rule::new("x", pattern, Proof::Nothing).check().unwrap_err();
            assert!(error.contains(why), "{pattern}: {error}");
        }
        assert_eq!(Rule::new("x", "x+", Proof::Nothing).check(), Ok(()));
    }

    proptest! {
        #[test]
        fn nothing_that_a_rule_finds_is_left(
            text in proptest::collection::vec(prop_oneof![
                Just("key=abcdef".to_owned()), Just("s3cret9".to_owned()), "[ -~]{0,8}",
            ], 0..20),
        ) {
            let redacted = redactor().redact(text.concat().as_bytes()).unwrap();
            let left = String::from_utf8(redacted.bytes).unwrap();
            prop_assert!(!left.contains("s3cret"), "{left}");
        }
    }
}
