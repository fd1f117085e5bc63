//! `[redaction.NAME]`: what is taken out of evidence, besides what is taken out anyway.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::incident::redact::{Proof, Redactor, Rule};

use super::located::Problems;
use super::tree::Tree;
use super::wording;
use super::{File, Settings};

const BUILT_IN: &str = include_str!("../../assets/patterns/redaction.toml");

/// A rule as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pattern: String,
    #[serde(default)]
    check: Check,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Check {
    #[default]
    None,
    Luhn,
}

impl Written {
    fn rule(&self, name: &str) -> Rule {
        let proof = match self.check {
            Check::None => Proof::Nothing,
            Check::Luhn => Proof::Luhn,
        };
        Rule::new(name, &self.pattern, proof)
    }
}

/// What is meant; a rule that cannot be used is a problem, and none.
pub(super) fn meant(written: BTreeMap<String, Written>, tree: &Tree, problems: &mut Problems) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (name, written) in written {
        let rule = written.rule(&name);
        match rule.check() {
            Ok(()) => rules.push(rule),
            Err(why) => {
                let at = ["redaction", &name, "pattern"];
                let problem = tree.problem_at(&at, format!("`redaction.{name}.pattern`: {why}"));
                problems.push(problem.hint(wording::expression(&why)));
            }
        }
    }
    rules
}

/// The rules of these settings: the built-in ones, and a person's own over them.
#[must_use]
pub fn redactor(settings: &Settings) -> Redactor {
    with(&settings.redaction)
}

/// The rules that are built in.
#[must_use]
pub fn built_in() -> Redactor {
    with(&[])
}

fn with(own: &[Rule]) -> Redactor {
    let file = File::embedded("built-in patterns/redaction.toml", BUILT_IN);
    let mut problems = Problems::new();
    let tree = Tree::parse(&file, &mut problems);
    let written: BTreeMap<String, Written> = tree.read(&mut problems).unwrap_or_default();
    let taken = |name: &str| own.iter().any(|rule| rule.name() == name);
    let built_in = written.iter().filter(|(name, _)| !taken(name)).map(|(name, written)| written.rule(name));
    Redactor::new(built_in.chain(own.iter().cloned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(text: &str) -> (String, u64) {
        let redacted = built_in().redact(text.as_bytes()).unwrap();
        (String::from_utf8(redacted.bytes.clone()).unwrap(), redacted.count())
    }

    #[test]
    fn every_built_in_rule_can_be_used() {
        let rules = built_in();
        assert!(rules.rules().len() >= 8);
        for rule in rules.rules() {
            assert_eq!(rule.check(), Ok(()), "{}", rule.name());
        }
    }

    #[test]
    fn a4_secrets_are_taken_out_and_what_is_needed_stays() {
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl";
        for (text, left) in [
            (
                r#"{"authorization":"Bearer abc.def-123456"}"#.to_owned(),
                r#"{"authorization":"Bearer [redacted bearer-token]"}"#,
            ),
            (
                "Authorization: Basic YWxhZGRpbjpvcGVu".to_owned(),
                "Authorization: Basic [redacted basic-login]",
            ),
            ("using sk-proj-abcDEF0123456789abcd now".to_owned(), "using [redacted api-key] now"),
            ("AKIAIOSFODNN7EXAMPLE".to_owned(), "[redacted api-key]"),
            (format!("got {token}"), "got [redacted json-web-token]"),
            (
                r#"{"api_key":"hunter2hunter2","n":1}"#.to_owned(),
                r#"{"api_key":"[redacted named-secret]","n":1}"#,
            ),
            (
                r#"{"body":"{\"password\": \"two words\"}"}"#.to_owned(),
                r#"{"body":"{\"password\": \"[redacted named-secret]\"}"}"#,
            ),
            ("password=correct-horse&user=ana".to_owned(), "password=[redacted named-secret]&user=ana"),
            ("postgres://app:pass0rd@db:5432/x".to_owned(), "postgres://app:[redacted url-login]@db:5432/x"),
            ("mail from ana.b+x@mail.example.com.".to_owned(), "mail from [redacted e-mail]."),
            (
                "card 4111 1111 1111 1111, amex 378282246310005".to_owned(),
                "card [redacted card-number], amex [redacted card-number]",
            ),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\n".to_owned(),
                "[redacted private-key]\n",
            ),
            // None of these is one.
            (
                r#"{"gen_ai.usage.input_tokens":812,"ts":1770091506123456789}"#.to_owned(),
                r#"{"gen_ai.usage.input_tokens":812,"ts":1770091506123456789}"#,
            ),
            ("order 4111 1111 1111 1112".to_owned(), "order 4111 1111 1111 1112"),
            (
                "the bearer of bad news, no password: none".to_owned(),
                "the bearer of bad news, no password: none",
            ),
            (
                "trace 1a149b239d3ba4ec44b97ea3f79e0b97 at 2026-02-03T04:05:06Z".to_owned(),
                "trace 1a149b239d3ba4ec44b97ea3f79e0b97 at 2026-02-03T04:05:06Z",
            ),
            ("user@host said task-force-of-the-agents".to_owned(), "user@host said task-force-of-the-agents"),
        ] {
            assert_eq!(redacted(&text).0, left, "{text}");
        }
    }

    #[test]
    fn a_rule_of_one_s_own_comes_beside_the_others_or_in_the_place_of_one() {
        let own = [
            Rule::new("customer", r"CUST-\d+", Proof::Nothing),
            Rule::new("e-mail", "nobody@nowhere", Proof::Nothing),
        ];
        let redacted = with(&own).redact(b"CUST-12 ana@example.com AKIAIOSFODNN7EXAMPLE").unwrap();
        let left = String::from_utf8(redacted.bytes).unwrap();
        assert_eq!(left, "[redacted customer] ana@example.com [redacted api-key]");
    }
}
