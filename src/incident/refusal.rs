//! Why a command was not carried out, and what would make it allowed.

use std::fmt;

use super::playbook::cited;

/// A refusal: which rule, in words, and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The rule, by its playbook row or its key in the policy.
    pub rule: &'static str,
    /// What is refused, and why.
    pub why: String,
    /// What would make it allowed.
    pub instead: String,
}

impl Refusal {
    /// A refusal.
    #[must_use]
    pub fn new(rule: &'static str, why: impl Into<String>, instead: impl Into<String>) -> Self {
        Self { rule, why: why.into(), instead: instead.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}; {}", self.why, cited(self.rule), self.instead)
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regression_a_rule_in_brackets_looked_like_the_id_of_an_action() {
        let refusal = Refusal::new("A3", "A1 is leaking", "isolate again");
        assert_eq!(refusal.to_string(), "A1 is leaking [rule A3]; isolate again");
    }
}
