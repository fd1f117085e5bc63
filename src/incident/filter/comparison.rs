//! The signs between a field and what it is compared with.

use std::cmp::Ordering;

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `=`
    Is,
    /// `!=`
    IsNot,
    /// `>=`
    AtLeast,
    /// `>`
    More,
}

impl Comparison {
    /// The signs, longer ones first so that `>=` is not read as `>`.
    const SIGNS: [(&str, Self); 6] = [
        (">=", Self::AtLeast),
        ("<=", Self::AtMost),
        ("!=", Self::IsNot),
        ("=", Self::Is),
        (">", Self::More),
        ("<", Self::Less),
    ];

    /// Splits `level>=warn`.
    #[must_use]
    pub fn split(word: &str) -> Option<(&str, Self, &str)> {
        let sign = word.find(['=', '!', '<', '>'])?;
        let (text, comparison) = Self::SIGNS.into_iter().find(|(text, _)| word[sign..].starts_with(text))?;
        Some((&word[..sign], comparison, &word[sign + text.len()..]))
    }

    /// Whether it holds for a value that stands so to the wanted one; nothing for no value.
    #[must_use]
    pub fn admits(self, stands: Option<Ordering>) -> bool {
        match self {
            Self::Less => stands.is_some_and(Ordering::is_lt),
            Self::AtMost => stands.is_some_and(Ordering::is_le),
            Self::Is => stands.is_some_and(Ordering::is_eq),
            Self::IsNot => !stands.is_some_and(Ordering::is_eq),
            Self::AtLeast => stands.is_some_and(Ordering::is_ge),
            Self::More => stands.is_some_and(Ordering::is_gt),
        }
    }
}
