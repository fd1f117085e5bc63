//! A part of the log as evidence: asked for in a form, brought by the runtime (A4).

use std::collections::VecDeque;

use super::super::effect::{Effect, LogRange};
use super::super::form::{Form, Purpose};
use super::super::model::{Modal, Model};
use super::super::msg::Notice;
use super::forms::read_time;
use crate::incident::{Mark, Params, Text, covered};

/// The lines that the playbook asks for (A4).
const LINES: usize = 1_000;
/// More than that is no part of a log but a log: an adapter's `snapshot` brings whole files.
const LINES_MAX: usize = 50_000;

impl Model {
    /// What is known is filled in: whose line is selected, T0 to T1.
    pub(super) fn keep_log_form(&self) -> Form {
        let selected = self.log.selected().map(|line| line.agent.to_string());
        let of_incident = || self.incident()?.agents.first().map(ToString::to_string);
        let agent = selected.or_else(of_incident).unwrap_or_default();
        Form::new(Purpose::KeepLog, "store a part of the log as evidence, without the secrets in it (A4)")
            .text("agent", "whose log", &agent)
            .text("from", "T0 to T5, HH:MM[:SS] UTC, 5m ago; T0 reaches ten minutes further back", "T0")
            .text("to", "the same, or now; T1 is now while nobody has acknowledged", "T1")
            .text("lines", "at most, the newest ones", &LINES.to_string())
    }

    pub(super) fn keep_log_from(&mut self, form: &Form) -> Vec<Effect> {
        match self.log_range(form) {
            Ok(range) => {
                let Some(incident) = self.incident().map(|incident| incident.id) else { return vec![] };
                self.modals.pop();
                self.take_notice(Notice::info(format!("reading the log of {}", range.agent)));
                let shown = self.shown_of(&range);
                vec![Effect::KeepLog { incident, range, shown }]
            }
            Err(words) => {
                if let Some(Modal::Form(shown)) = self.modals.last_mut() {
                    shown.fail(words);
                }
                vec![]
            }
        }
    }

    fn log_range(&self, form: &Form) -> Result<LogRange, String> {
        let incident = self.incident().ok_or("no incident is selected")?;
        let agent = form.given("agent").ok_or("whose log? write an agent's id")?;
        let limit = form.given("lines").map_or(Ok(LINES), |lines| lines.as_str().trim().parse());
        let limit = limit.ok().filter(|limit| (1..=LINES_MAX).contains(limit));
        let limit = limit.ok_or_else(|| format!("lines is a number from 1 to {LINES_MAX}"))?;
        let mut params = Params::new();
        for name in ["from", "to"] {
            let Some(word) = form.given(name) else { continue };
            let is_named = word.as_str().eq_ignore_ascii_case("now") || word.as_str().parse::<Mark>().is_ok();
            let word = if is_named {
                word
            } else {
                let time =
                    read_time(word.as_str(), self.now()).map_err(|words| format!("{name}: {words}"))?;
                Text::line(&time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
            };
            params.insert(name.to_owned(), word);
        }
        let params = incident.covered(&params, self.now()).map_err(|words| words.to_string())?;
        let (from, to) = covered::range(&params).ok_or("it has no time")?;
        Ok(LogRange { agent, from, to, limit })
    }

    fn shown_of(&self, range: &LogRange) -> Vec<crate::incident::LogLine> {
        let mut shown = VecDeque::new();
        for line in self.log.lines_of(&range.agent, range.from..=range.to) {
            shown.push_back(line);
            if shown.len() > range.limit {
                shown.pop_front();
            }
        }
        shown.into()
    }
}
