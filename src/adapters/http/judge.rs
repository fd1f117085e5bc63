//! What an answer says of the call: yes, no, or nothing that can be trusted.

use serde_json::Value;

use super::pointer::Pointer;
use super::spec::CallSpec;
use crate::adapters::CallOutcome;
use crate::adapters::book::Problems;
use crate::adapters::template::Values;
use crate::incident::Text;
use crate::web::{Answer, Outcome};

/// The usual places of an error in an answer that says 200.
const REFUSED: &[&str] = &["/error", "/errors"];

/// The usual places of a no in an answer that says 200.
const DENIED: &[&str] = &["/ok", "/success"];

/// What is answered where something is at another version than the call is for.
const OUTDATED: &[u16] = &[409, 412];

/// Characters of an answer that are kept for a person.
const SHOWN: usize = 2_000;

/// Why an answer is no yes.
enum No {
    /// It says so.
    Clear(String),
    /// It says yes, and not what a yes must say.
    Unexpected(String),
}

/// What an answer must be.
#[derive(Clone, Debug)]
pub struct Judge {
    status: Vec<u16>,
    expect: Vec<(String, Pointer, Value)>,
    refuse: Vec<(String, Pointer)>,
    /// Whether the usual places of a no are looked at too.
    usual: bool,
}

impl Judge {
    /// Checks what is configured of an answer.
    pub fn build(spec: &CallSpec, key: &str, problems: &mut Problems) -> Option<Self> {
        let mut expect = Vec::new();
        for (place, value) in &spec.expect {
            let pointer = problems.take(&format!("{key}.expect"), Pointer::parse(place, &[]));
            expect.push((place.clone(), pointer?, value.clone()));
        }
        let usual: Vec<String> = REFUSED.iter().map(|place| (*place).to_owned()).collect();
        let mut refuse = Vec::new();
        for place in spec.refuse.as_ref().unwrap_or(&usual) {
            let pointer = problems.take(&format!("{key}.refuse"), Pointer::parse(place, &[]));
            refuse.push((place.clone(), pointer?));
        }
        for status in spec.status.iter().filter(|status| !(100..600).contains(*status)) {
            problems.tell(&format!("{key}.status"), format!("{status} is no status code"));
        }
        Some(Self { status: spec.status.clone(), expect, refuse, usual: spec.refuse.is_none() })
    }

    /// The outcome of a call that ended so; `pinned`: it was confirmed for a version that was read.
    pub fn outcome(&self, outcome: Outcome, pinned: bool) -> CallOutcome {
        let answer = match outcome {
            Outcome::NotSent(why) => {
                return CallOutcome::Failed(Text::line(&format!("nothing was called: {why}")));
            }
            Outcome::Unknown(why) => {
                return CallOutcome::Unknown(Text::line(&format!(
                    "nobody knows whether it took effect: {why}"
                )));
            }
            Outcome::Answered(answer) => answer,
        };
        match self.refused(&answer) {
            None => CallOutcome::Accepted { answer: said(&answer), evidence: Vec::new() },
            // A try before this one may have done it; a gateway may have given up too early, and what
            // broke may have broken behind the effect.
            Some(No::Clear(why) | No::Unexpected(why)) if answer.after_doubt || answer.may_have_acted() => {
                CallOutcome::Unknown(with(
                    &format!("{why}, and nobody knows whether it took effect"),
                    &answer,
                ))
            }
            Some(No::Unexpected(why)) => {
                CallOutcome::Unknown(with(&format!("{why}: nobody knows whether it took effect"), &answer))
            }
            Some(No::Clear(why)) if pinned && OUTDATED.contains(&answer.status) => CallOutcome::Outdated(
                with(&format!("{why}: it is not as it was when this was confirmed"), &answer),
            ),
            Some(No::Clear(why)) => CallOutcome::Refused(with(&why, &answer)),
        }
    }

    /// Why the answer is no yes.
    fn refused(&self, answer: &Answer) -> Option<No> {
        let Answer { status, .. } = answer;
        let is_yes = if self.status.is_empty() { answer.is_success() } else { self.status.contains(status) };
        if !is_yes {
            let to = answer.header("location").filter(|_| (300..400).contains(status));
            let to = to.map(|to| format!(" to {to}, which is not followed")).unwrap_or_default();
            let why = format!("it answered {status}{to}");
            return Some(if answer.is_success() { No::Unexpected(why) } else { No::Clear(why) });
        }
        let body = answer.json();
        let nothing = Values::new();
        let found = |pointer: &Pointer| body.as_ref().and_then(|body| pointer.find(&nothing, body));
        for (place, pointer, wanted) in &self.expect {
            match found(pointer) {
                Some(value) if value == *wanted => {}
                Some(value) => {
                    let why = format!("it answered {status}, but {place} is {value} and not {wanted}");
                    return Some(No::Unexpected(why));
                }
                None => {
                    return Some(No::Unexpected(format!("it answered {status}, but without {place}")));
                }
            }
        }
        for (place, pointer) in &self.refuse {
            if let Some(value) = found(pointer).filter(|value| !is_empty(value)) {
                return Some(No::Clear(format!("it answered {status}, but {place} is {value}")));
            }
        }
        let usual = if self.usual { DENIED } else { &[] };
        let denied = usual
            .iter()
            .find(|place| body.as_ref().and_then(|b| b.pointer(place)) == Some(&Value::Bool(false)));
        denied.map(|place| No::Clear(format!("it answered {status}, but {place} is false")))
    }
}

/// What says nothing of an error.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

/// `200 after 2 tries: {"ok":true}`.
fn said(answer: &Answer) -> Text {
    Text::block(&format!("{}{}", answer.status, rest(answer)))
}

/// ` after 2 tries: {"ok":true}`.
fn rest(answer: &Answer) -> String {
    let body: String = answer.text().as_str().chars().take(SHOWN).collect();
    let tries = if answer.tries > 1 { format!(" after {} tries", answer.tries) } else { String::new() };
    let colon = if body.is_empty() { "" } else { ": " };
    format!("{tries}{colon}{body}")
}

/// `it answered 403: {"error":"no"}`: why it is a no names the status already.
fn with(why: &str, answer: &Answer) -> Text {
    Text::block(&format!("{why}{}", rest(answer)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answered(status: u16, body: &str) -> Outcome {
        let body = body.as_bytes().to_vec();
        Outcome::Answered(Answer { status, headers: vec![], body, tries: 1, after_doubt: false })
    }

    fn judged(spec: &CallSpec, outcome: Outcome) -> &'static str {
        let mut problems = Problems::new("t");
        let judge = Judge::build(spec, "", &mut problems).unwrap();
        match judge.outcome(outcome, false) {
            CallOutcome::Accepted { .. } => "accepted",
            CallOutcome::Failed(_) => "failed",
            CallOutcome::Outdated(_) => "outdated",
            CallOutcome::Refused(_) => "refused",
            CallOutcome::Unknown(_) => "unknown",
        }
    }

    #[test]
    fn a_yes_with_an_error_in_it_is_a_no() {
        let usual = CallSpec::default();
        for (status, body, says) in [
            (200, "", "accepted"),
            (202, "queued", "accepted"),
            (200, r#"{"ok":true}"#, "accepted"),
            (200, r#"{"error":null,"errors":[]}"#, "accepted"),
            (200, r#"{"error":"no such key"}"#, "refused"),
            (200, r#"{"errors":[{"message":"x"}]}"#, "refused"),
            (200, r#"{"ok":false}"#, "refused"),
            (200, r#"{"success":false}"#, "refused"),
            (302, "", "refused"),
            (404, "", "refused"),
            // Regression: it had taken effect, and was called failed with nothing in force.
            (500, "", "unknown"),
            (503, "", "unknown"),
            (408, "", "unknown"),
            (502, "", "unknown"),
            (504, "", "unknown"),
        ] {
            assert_eq!(judged(&usual, answered(status, body)), says, "{status} {body}");
        }
    }

    /// The status was said as the reason and then again with the body.
    #[test]
    fn a_no_says_its_status_once() {
        let judge = Judge::build(&CallSpec::default(), "", &mut Problems::new("t")).unwrap();
        let CallOutcome::Refused(why) = judge.outcome(answered(403, r#"{"error":"not yours"}"#), false)
        else {
            unreachable!("a 403 is a no")
        };
        assert_eq!(why.as_str(), r#"it answered 403: {"error":"not yours"}"#);
    }

    #[test]
    fn what_is_expected_must_be_there() {
        let expect = [("/state".to_owned(), json!("stopped"))].into();
        let spec = CallSpec { expect, status: vec![200], refuse: Some(vec![]), ..CallSpec::default() };
        for (status, body, says) in [
            (200, r#"{"state":"stopped"}"#, "accepted"),
            (200, r#"{"state":"stopped","error":"a field of its own"}"#, "accepted"),
            (200, r#"{"state":"stopping"}"#, "unknown"),
            (200, "<html>welcome</html>", "unknown"),
            (202, r#"{"state":"stopped"}"#, "unknown"),
        ] {
            assert_eq!(judged(&spec, answered(status, body)), says, "{status} {body}");
        }
    }

    #[test]
    fn what_was_not_sent_failed_and_what_was_not_answered_is_unknown() {
        let usual = CallSpec::default();
        assert_eq!(judged(&usual, Outcome::NotSent(Text::line("refused"))), "failed");
        assert_eq!(judged(&usual, Outcome::Unknown(Text::line("time"))), "unknown");
        let Outcome::Answered(no) = answered(409, "") else { unreachable!() };
        assert_eq!(judged(&usual, Outcome::Answered(Answer { after_doubt: true, ..no })), "unknown");
    }
}
