//! Makes the call that was confirmed, and no other.

use std::time::Duration;

use super::HttpAdapter;
use crate::adapters::evidence::span;
use crate::adapters::{CallOutcome, Evidence, Unmade};
use crate::incident::covered::range;
use crate::incident::{Op, Plan, Text};
use crate::web::{Outcome, Request};

impl HttpAdapter {
    fn prepare(&self, key: &str, plan: &Plan) -> Result<(Request, super::judge::Judge), Unmade> {
        let (route, values) = self.book.confirmed(key, plan)?;
        let Some(call) = route.call() else { return Err(Text::line("there is no such undo").into()) };
        let mut request = call.fill(&values)?.limit(Duration::from_secs(plan.limit_s.into())).insisting();
        if let Some(header) = &self.key_header {
            request = request.header(header.as_str(), key);
        }
        let request = if call.idempotent { request.idempotent() } else { request.once() };
        Ok((request, call.judge.clone()))
    }

    pub(super) async fn make_call(&self, key: &str, plan: &Plan) -> CallOutcome {
        let (request, judge) = match self.prepare(key, plan) {
            Ok(prepared) => prepared,
            Err(unmade) => return unmade.into(),
        };
        // What depends on a version that was read is refused where that one is gone.
        let is_pinned = plan.version.is_some();
        let outcome = self.backend.send(&request).await;
        if plan.op != Op::Snapshot {
            return judge.outcome(outcome, is_pinned);
        }
        let body = match &outcome {
            Outcome::Answered(answer) => answer.body.clone(),
            Outcome::NotSent(_) | Outcome::Unknown(_) => Vec::new(),
        };
        match judge.outcome(outcome, is_pinned) {
            CallOutcome::Accepted { .. } => self.brought_home(plan, body),
            other @ (CallOutcome::Failed(_)
            | CallOutcome::Outdated(_)
            | CallOutcome::Refused(_)
            | CallOutcome::Unknown(_)) => other,
        }
    }

    /// What answers a snapshot is the evidence, and not repeated in the answer (A4).
    fn brought_home(&self, plan: &Plan, bytes: Vec<u8>) -> CallOutcome {
        let is_something = !bytes.trim_ascii().is_empty();
        if !is_something {
            self.book.brought.note(plan, &[]);
            let answer = Text::line("it brought no evidence");
            return CallOutcome::Accepted { answer, evidence: Vec::new() };
        }
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        let target: String = plan.target.as_str().chars().map(plain).collect();
        let ending =
            if serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_ok() { "json" } else { "txt" };
        let name = Text::line(&format!("{target}-snapshot.{ending}"));
        let asked = range(&plan.params);
        let (from, to) = span(&bytes, asked).unzip();
        // The backend was asked; whether it gave all of that time, only its lines say.
        let in_part =
            asked.zip(from.zip(to)).is_some_and(|((first, last), (from, to))| to < first || from > last);
        let outside = if in_part { ", NOT of the time asked for" } else { "" };
        let answer = Text::line(&format!("{name} ({} bytes{outside})", bytes.len()));
        let evidence = vec![Evidence { name, bytes, from, to }];
        self.book.brought.note(plan, &evidence);
        CallOutcome::Accepted { answer, evidence }
    }
}
