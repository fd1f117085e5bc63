//! `[hints.NAME]`: what a line of a log may hint at, besides what is known anyway (B2, B5, E4).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::incident::hint::{Hint, Hints};

use super::located::Problems;
use super::tree::Tree;
use super::wording;
use super::{File, Settings};

const BUILT_IN: &str = include_str!("../../assets/patterns/hints.toml");

/// A hint as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pattern: String,
    #[serde(default)]
    about: String,
    #[serde(default)]
    row: String,
}

impl Written {
    fn hint(self, name: String) -> Hint {
        Hint { name, about: self.about, row: self.row, pattern: self.pattern }
    }
}

/// What is meant; one that cannot be used is a problem, and none.
pub(super) fn meant(written: BTreeMap<String, Written>, tree: &Tree, problems: &mut Problems) -> Vec<Hint> {
    let mut hints = Vec::new();
    for (name, written) in written {
        let hint = written.hint(name);
        match hint.check() {
            Ok(()) => hints.push(hint),
            Err(why) => {
                let at = ["hints", &hint.name, "pattern"];
                let problem = tree.problem_at(&at, format!("`hints.{}.pattern`: {why}", hint.name));
                problems.push(problem.hint(wording::expression(&why)));
            }
        }
    }
    hints
}

/// The hints of these settings: a person's own, and the built-in ones.
#[must_use]
pub fn hints(settings: &Settings) -> Hints {
    with(&settings.hints)
}

fn with(own: &[Hint]) -> Hints {
    let file = File::embedded("built-in patterns/hints.toml", BUILT_IN);
    let mut problems = Problems::new();
    let tree = Tree::parse(&file, &mut problems);
    let written: BTreeMap<String, Written> = tree.read(&mut problems).unwrap_or_default();
    let taken = |name: &String| own.iter().any(|hint| hint.name == *name);
    let built_in = written.into_iter().filter(|(name, _)| !taken(name));
    Hints::new(own.iter().cloned().chain(built_in.map(|(name, written)| written.hint(name))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(hints: &Hints, line: &str) -> Vec<String> {
        hints.given_by(line.as_bytes()).places().map(|place| hints.all()[place].name.clone()).collect()
    }

    #[test]
    fn b2_b5_e4_known_patterns_are_recognised() {
        let hints = with(&[]);
        assert_eq!(hints.all().len(), 8);
        for hint in hints.all() {
            assert_eq!(hint.check(), Ok(()), "{}", hint.name);
            assert!(!hint.about.is_empty() && ["B2", "B5", "E4"].contains(&hint.row.as_str()));
        }
        for (line, wanted) in [
            ("openai.RateLimitError: Error code: 429 - Too Many Requests", "rate-limit"),
            (r#"{"msg":"model call failed","http.response.status_code":429}"#, "rate-limit"),
            (r#"{"error":{"type":"overloaded_error"}}"#, "rate-limit"),
            ("HTTP/1.1 401 Unauthorized", "auth-failure"),
            ("anthropic: invalid x-api-key", "auth-failure"),
            ("json.decoder.JSONDecodeError: Expecting value", "model-output-error"),
            (r#"{"finish_reason":"content_filter"}"#, "model-output-error"),
            ("httpx.ReadTimeout: timed out", "time-out"),
            ("tool export: deadline exceeded after 30s", "time-out"),
            ("error: context_length_exceeded", "context-overflow"),
            (r#"{"gen_ai.response.finish_reasons":["length"]}"#, "context-overflow"),
            ("langgraph.errors.GraphRecursionError: Recursion limit of 25 reached", "loop"),
            ("Agent stopped due to iteration limit or time limit.", "loop"),
            (r#"{"permission_check":{"decision":"deny","target":"tool_call"}}"#, "permission-denied"),
            ("PermissionError: export is not in the scope", "permission-denied"),
            ("Container was OOMKilled", "out-of-memory"),
        ] {
            assert_eq!(of(&hints, line), [wanted], "{line}");
        }
        for line in [
            "started with timeout=30 and rate=5",
            r#"{"ts":1770091506429,"msg":"tick 429","permission_check":"allowed","status":200}"#,
            "12 orders, context length 403 tokens, loop 7 of 9",
        ] {
            assert_eq!(of(&hints, line), [""; 0], "{line}");
        }
    }

    #[test]
    fn one_of_one_s_own_comes_first_or_in_the_place_of_one() {
        let own = |name: &str| Hint {
            name: name.to_owned(),
            about: String::new(),
            row: String::new(),
            pattern: "ledger is locked".to_owned(),
        };
        let hints = with(&[own("ledger"), own("loop")]);
        assert_eq!(of(&hints, "the ledger is locked: call loop"), ["ledger", "loop"]);
        assert_eq!(of(&hints, "call loop"), [""; 0]);
        assert_eq!(hints.all().len(), 9);
    }
}
