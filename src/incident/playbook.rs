//! The playbook's rows that rules, warnings and refusals name in brackets: `[rule A3]`. Without
//! the word it would look like the third action.
//!
//! One table, from which help and README say what such a row means. What a row makes the program do
//! is in the policy and in `decide`, not here.

/// One row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub id: &'static str,
    /// What it says, in one sentence.
    pub about: &'static str,
}

const fn row(id: &'static str, about: &'static str) -> Row {
    Row { id, about }
}

/// All rows that are named anywhere, in order.
pub const ROWS: &[Row] = &[
    row("A1", "four severities, each with a window to respond and one to control, from detection"),
    row("A2", "the flow: detect, acknowledge, classify, control, find the cause, review; marks T0 to T5"),
    row("A3", "isolate at once; an isolation is proved by readings, never assumed"),
    row("A4", "store logs, state and API history before they are gone"),
    row("A5", "repair by restoring what was known to work, and prove it before release"),
    row("A6", "limit the blast radius: rate limit, narrowed scope, calls checked beforehand"),
    row("A8", "a review within 24 hours, with times against their windows"),
    row("A9", "what is watched of an agent, and the ranges in which it is healthy"),
    row("A10", "the rollback ladder: configuration, version, system, each with a named backup"),
    row("A11", "four roles, the commander first"),
    row("A14", "improvements are tracked and verified, with owner and due date"),
    row("B1", "how soon a fault is detected and repaired, and how much people take part, by severity"),
    row("B2", "four patterns: tool failure, model failure, orchestration, configuration boundary"),
    row("B3", "the first class is automatic, from what the alert says; a person confirms it"),
    row(
        "B4",
        "contain by restarting one agent, or the child before its parent; a proposal waits for minutes",
    ),
    row("B5", "the root cause is looked for within 45 minutes"),
    row("B6", "recovery is verified: error rate, latency and satisfaction back in range, or roll back"),
    row("B7", "what a report holds: basics, description, root cause, actions, improvements"),
    row("B12", "people are told by severity, and never twice of the same alert"),
    row("B13", "after a failed repair, roll back: must at P0, should at P1, may below"),
    row("C1", "whoever is woken up finds the context waiting"),
    row("C2", "what AI actors may do by themselves, and what only people decide"),
    row("D1", "a severity is never skipped or lowered without a reason: it drives escalation"),
    row("D2", "roles are given before anybody troubleshoots"),
    row("D3", "each audience hears something at a fixed cadence, even when nothing has changed"),
    row("D4", "the record is the source of truth, not memory"),
    row("D5", "a hypothesis has 15 minutes; then it is confirmed, or moved on from"),
    row("D7", "follow-up items within 48 hours, each with an owner and a due date"),
    row("D10", "not acknowledged in time, the next person is brought in"),
    row("E2", "agents go back to their last consistent checkpoint"),
    row("E3", "the degradation ladder: primary model, fallback, local, cached answers, friendly error"),
    row("E6", "a configuration that is not the reviewed one is rolled back"),
    row("E9", "commands as they are typed in a chat"),
    row("E10", "the ranges in which an agent's resources are healthy"),
];

/// A rule as it is named behind what follows from it: a row, or a key of the policy.
#[must_use]
pub fn cited(rule: &str) -> String {
    format!("[rule {rule}]")
}

/// What a row says.
#[must_use]
pub fn about(id: &str) -> Option<&'static str> {
    ROWS.iter().find(|row| row.id == id).map(|row| row.about)
}

#[cfg(test)]
mod tests {
    use super::super::{OPS, VITALS};
    use super::*;

    #[test]
    fn every_row_of_an_operation_or_a_vital_sign_is_explained() {
        let named = OPS.iter().map(|op| op.row).chain(VITALS.iter().map(|vital| vital.row));
        for id in named.filter(|id| !id.is_empty()) {
            assert!(about(id).is_some(), "{id}");
        }
    }

    #[test]
    fn rows_stand_in_order_and_once() {
        let place = |row: &Row| (row.id.as_bytes()[0], row.id[1..].parse::<u8>().unwrap());
        assert!(ROWS.windows(2).all(|pair| place(&pair[0]) < place(&pair[1])));
    }
}
