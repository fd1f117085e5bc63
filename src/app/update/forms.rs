//! Forms: opened with what is known filled in, submitted as one command.

#![expect(clippy::wildcard_enum_match_arm, reason = "only the intents named here have a form")]

use super::super::effect::{Effect, ReviewDeed};
use super::super::form::{End, Form, Purpose, UNDO_NOW, marks, roles, words};
use super::super::intent::Intent;
use super::super::model::{Modal, Model};
use super::super::msg::Notice;
use super::keeping::settle_from;
use crate::incident::decide::IN_FORCE;
use crate::incident::recovery::RULE as RECOVERY;
use crate::incident::{
    ActionId, AgentId, Area, Command, HypothesisId, ImprovementId, IncidentId, Mark, Outcome, Pattern,
    Progress, Role, Severity, Span, Text, Time, decide,
};

/// Unsent forms that are kept.
const DRAFTS: usize = 16;

/// What a form's fields became, or why they did not.
pub(super) type Built = Result<Command, String>;

impl Model {
    pub(super) fn open_form(&mut self, intent: Intent) -> Vec<Effect> {
        let needs_incident = !matches!(intent, Intent::Declare | Intent::Search);
        if needs_incident && self.incident().is_none() {
            return self.refuse(intent.info().name, self.no_incident());
        }
        match self.foreseen(intent).and_then(|()| self.form(intent)) {
            Ok(form) => {
                let form = self.draft_of(&form).unwrap_or(form);
                self.modals.push(Modal::Form(form));
                self.read_while_closing()
            }
            Err(words) => self.refuse(intent.info().name, words),
        }
    }

    /// What would be refused whatever is typed is refused before anything is.
    fn foreseen(&self, intent: Intent) -> Result<(), String> {
        let anything = || Text::line("anything");
        let command = match intent {
            Intent::Resolve => Command::Resolve { summary: anything(), despite: Some(anything()) },
            Intent::Reopen => Command::Reopen { reason: anything() },
            Intent::Classify => {
                let incident = self.incident().ok_or("no incident is selected")?;
                Command::Classify { severity: incident.severity, pattern: None, reason: Some(anything()) }
            }
            _ => return Ok(()),
        };
        let Some(incident) = self.incident() else { return Ok(()) };
        match decide(incident, &self.policy, &command, &self.actor, self.now()) {
            // What is in force is asked about, and the agents are read anew.
            Err(refusal) if refusal.rule != IN_FORCE && refusal.rule != RECOVERY => Err(refusal.to_string()),
            Err(_) | Ok(_) => Ok(()),
        }
    }

    /// Keeps what was typed into a form that is closed unsent: Esc never loses anything.
    pub(super) fn keep_draft(&mut self, form: Form) {
        let typed = form.entries.iter().any(|e| e.choices.is_empty() && !e.field.as_text().is_blank());
        if !typed || !form.touched {
            return;
        }
        let of = self.selection.incident;
        self.drafts.retain(|(incident, draft)| *incident != of || draft.purpose != form.purpose);
        // A person leaves few forms half-way; the oldest ones are let go of.
        if self.drafts.len() >= DRAFTS {
            self.drafts.remove(0);
        }
        self.drafts.push((of, Form { error: None, ..form }));
    }

    /// The draft that a freshly opened form goes on with.
    pub(super) fn draft_of(&mut self, form: &Form) -> Option<Form> {
        let of = self.selection.incident;
        let at = self.drafts.iter().position(|(i, draft)| *i == of && draft.purpose == form.purpose)?;
        self.take_notice(Notice::info("what you had typed is back; ctrl-u clears a line"));
        Some(self.drafts.remove(at).1)
    }

    fn form(&self, intent: Intent) -> Result<Form, String> {
        let severities = || Severity::ALL.map(|s| s.name(self.policy.naming).to_owned()).to_vec();
        let me = self.actor.as_person().map_or("", Text::as_str);
        let new = |purpose, title: &str| Form::new(purpose, title);
        Ok(match intent {
            Intent::Declare => new(Purpose::Declare, "declare an incident")
                .text("title", "what is happening, in one line", "")
                .choice("severity", severities(), Severity::P1.name(self.policy.naming))
                .choice("pattern", pattern_choices(), UNKNOWN)
                .text("agents", "ids, with spaces between", &self.selection_agent())
                .text("detected", "HH:MM[:SS] UTC, or a span such as 5m ago; empty: now", ""),
            Intent::Classify => {
                let incident = self.incident().ok_or("no incident is selected")?;
                let pattern = incident.pattern.map_or(UNKNOWN, Pattern::word);
                new(Purpose::Classify, "confirm severity and pattern (T2)")
                    .choice("severity", severities(), incident.severity.name(self.policy.naming))
                    .choice("pattern", pattern_choices(), pattern)
                    .text("reason", "needed to lower the severity", "")
            }
            Intent::AssignRole => {
                let role = self.selection.role.unwrap_or(Role::Commander);
                new(Purpose::Assign, "give a role to somebody (an explicit hand-over)")
                    .choice("role", roles(), role.word())
                    .text("holder", "a person; empty lays the role down", me)
            }
            Intent::Update => self.update_form(),
            Intent::SettleMessage => self.message_form()?,
            Intent::SetMark => {
                let next = Mark::ALL.iter().find(|m| self.incident().is_some_and(|i| i.mark(**m).is_none()));
                new(Purpose::SetMark, "set or correct a mark")
                    .choice("mark", marks(), next.unwrap_or(&Mark::T5).word())
                    .text("at", "HH:MM[:SS] UTC, or a span such as 5m ago; empty: now", "")
                    .text("reason", "needed to back-date or correct", "")
            }
            Intent::Resolve => self.end_form(End::Resolve, None)?,
            Intent::Reopen => new(Purpose::Reopen, "it was not over").text("reason", "why", ""),
            Intent::Merge => self.end_form(End::Merge, None)?,
            Intent::Note => new(Purpose::Note, "write something down").text("note", "what", ""),
            Intent::Decide => new(Purpose::Decide, "record a decision")
                .text("decision", "what was decided", "")
                .text("reason", "why", ""),
            Intent::Suppose => new(Purpose::Suppose, "open a hypothesis; its box ends by itself (D5)")
                .text("cause", "what is supposed", "")
                .text("owner", "who follows it", me),
            Intent::CloseHypothesis => {
                let open: Vec<HypothesisId> = self
                    .incident()
                    .map(|i| {
                        i.hypotheses.iter().filter(|(_, h)| h.closed.is_none()).map(|(id, _)| *id).collect()
                    })
                    .unwrap_or_default();
                let first = open.first().ok_or("no hypothesis is open; h opens one")?.to_string();
                new(Purpose::CloseHypothesis, "end a hypothesis (confirmed sets T4)")
                    .choice("hypothesis", words(&open), &first)
                    .choice("outcome", words(Outcome::ALL), Outcome::Confirmed.word())
                    .text("found", "what was found", "")
            }
            Intent::Improve => new(Purpose::Improve, "plan an improvement (A14, D7)")
                .choice("area", words(Area::ALL), Area::Technical.word())
                .text("what", "what is improved", "")
                .text("owner", "who", me)
                .text("due", "a span such as 7d, or YYYY-MM-DD", "7d"),
            Intent::MoveImprovement => {
                let all: Vec<ImprovementId> =
                    self.incident().map(|i| i.improvements.keys().copied().collect()).unwrap_or_default();
                let first = all.first().ok_or("no improvement is planned yet")?.to_string();
                new(Purpose::MoveImprovement, "how far an improvement is (A14)")
                    .choice("improvement", words(&all), &first)
                    .choice("progress", words(Progress::ALL), Progress::Done.word())
                    .text("note", "how it was done or verified", "")
            }
            Intent::Deny => {
                let id = self.proposal().map(|a| a.id).ok_or("nothing waits for approval")?;
                new(Purpose::Deny(id), &format!("deny {}", self.named(id))).text("reason", "why", "")
            }
            Intent::Settle => self.settle_form()?,
            Intent::Keep => self.keep_form()?,
            Intent::KeepLog => self.keep_log_form(),
            Intent::Search => new(Purpose::Search, "search in the review").text("text", "what to find", ""),
            Intent::Export => {
                let name =
                    self.incident().map(|i| format!("{}-{}-review.md", i.realm, i.id)).unwrap_or_default();
                new(Purpose::Export, "write the review to a file").text(
                    "file",
                    "a path; .json for JSON",
                    &name,
                )
            }
            other => return Err(format!("{} has no form", other.info().name)),
        })
    }

    /// `A3 isolate support-1`.
    pub(super) fn named(&self, id: ActionId) -> String {
        let action = self.incident().and_then(|i| i.actions.get(&id));
        action.map_or_else(|| id.to_string(), |action| format!("{id} {}", action.plan.title()))
    }

    fn selection_agent(&self) -> String {
        self.selection.agent.as_ref().map(ToString::to_string).unwrap_or_default()
    }

    /// What a person typed stays below the plan that it leads to: Esc goes back to it. What was only
    /// offered is offered again.
    fn leave_below(&mut self, form: &Form) {
        if !form.touched {
            self.modals.pop();
        }
    }

    /// Submits the foremost form. What cannot be read is said under it, and nothing is lost.
    pub(super) fn submit_form(&mut self) -> Vec<Effect> {
        let Some(Modal::Form(form)) = self.modals.last().cloned() else { return vec![] };
        match &form.purpose {
            Purpose::Rollback => {
                self.leave_below(&form);
                return self.rollback_from(&form);
            }
            Purpose::Ask(op) => {
                let (op, target) = (*op, form.get("target"));
                let params = op.info().params.iter().map(|p| (p.name.to_owned(), form.get(p.name))).collect();
                self.leave_below(&form);
                return self.plan(op, target, params);
            }
            Purpose::Account(id, end) if form.get("it") == UNDO_NOW => {
                let (id, end) = (*id, *end);
                self.modals.pop();
                return self.undo(id, end);
            }
            Purpose::KeepLog => return self.keep_log_from(&form),
            Purpose::Search => return self.await_deed(ReviewDeed::Search(form.get("text"))),
            Purpose::Export => return self.await_deed(ReviewDeed::Export(form.get("file"))),
            Purpose::Declare
            | Purpose::Classify
            | Purpose::Assign
            | Purpose::Update
            | Purpose::SendDraft(_)
            | Purpose::Message
            | Purpose::SetMark
            | Purpose::Resolve
            | Purpose::Reopen
            | Purpose::Merge
            | Purpose::Note
            | Purpose::Decide
            | Purpose::Suppose
            | Purpose::CloseHypothesis
            | Purpose::Improve
            | Purpose::MoveImprovement
            | Purpose::Deny(_)
            | Purpose::Settle(_)
            | Purpose::Account(..) => {}
        }
        let built = self.command_from(&form);
        let incident = if form.purpose == Purpose::Declare { None } else { self.incident().map(|i| i.id) };
        let Some(Modal::Form(shown)) = self.modals.last_mut() else { return vec![] };
        match built {
            Ok(command) => {
                shown.waiting = true;
                shown.error = None;
                let ticket = self.ticket();
                self.submit_as(ticket, incident, command)
            }
            Err(words) => {
                shown.fail(words);
                vec![]
            }
        }
    }

    /// Leaves the foremost form open until the review's editor has answered.
    fn await_deed(&mut self, deed: ReviewDeed) -> Vec<Effect> {
        if let Some(Modal::Form(form)) = self.modals.last_mut() {
            (form.waiting, form.error) = (true, None);
        }
        vec![Effect::Review(deed)]
    }

    fn command_from(&self, form: &Form) -> Built {
        match &form.purpose {
            Purpose::Declare => Ok(Command::Declare {
                realm: self.realm,
                title: form.get("title"),
                severity: form.get("severity").as_str().parse()?,
                pattern: read_pattern(&form.get("pattern"))?,
                agents: read_agents(&form.get("agents"))?,
                detected_at: form.given("detected").map(|t| self.read_time(&t)).transpose()?,
            }),
            Purpose::Classify => Ok(Command::Classify {
                severity: form.get("severity").as_str().parse()?,
                pattern: read_pattern(&form.get("pattern"))?,
                reason: form.given("reason"),
            }),
            Purpose::Assign => {
                let role: Role = form.get("role").as_str().parse()?;
                Ok(match form.given("holder") {
                    Some(holder) => Command::Assign { role, holder },
                    None => Command::ReleaseRole { role },
                })
            }
            Purpose::Update => self.update_from(form),
            Purpose::SendDraft(draft) => self.draft_from(form, *draft),
            Purpose::Message => Self::message_from(form),
            Purpose::SetMark => Ok(Command::SetMark {
                mark: form.get("mark").as_str().parse()?,
                at: form.given("at").map(|t| self.read_time(&t)).transpose()?,
                reason: form.given("reason"),
            }),
            Purpose::Resolve => {
                Ok(Command::Resolve { summary: form.get("summary"), despite: form.given("despite") })
            }
            Purpose::Reopen => Ok(Command::Reopen { reason: form.get("reason") }),
            Purpose::Merge => {
                let into: IncidentId = form.get("into").as_str().parse()?;
                if self.board.incident(into).is_none() {
                    return Err(format!("there is no {into}"));
                }
                Ok(Command::Merge { into, reason: form.get("reason") })
            }
            Purpose::Note => Ok(Command::Note { text: form.get("note") }),
            Purpose::Decide => Ok(Command::Decide { text: form.get("decision"), reason: form.get("reason") }),
            Purpose::Suppose => Ok(Command::Suppose { text: form.get("cause"), owner: form.get("owner") }),
            Purpose::CloseHypothesis => {
                let written = form.get("hypothesis");
                let number =
                    written.as_str().trim_start_matches('H').parse().map_err(|_| "which hypothesis?")?;
                Ok(Command::CloseHypothesis {
                    hypothesis: HypothesisId(number),
                    outcome: form.get("outcome").as_str().parse()?,
                    reason: form.get("found"),
                })
            }
            Purpose::Improve => Ok(Command::Improve {
                area: form.get("area").as_str().parse()?,
                text: form.get("what"),
                owner: form.get("owner"),
                due: self.read_due(&form.get("due"))?,
            }),
            Purpose::MoveImprovement => {
                let written = form.get("improvement");
                let number =
                    written.as_str().trim_start_matches('I').parse().map_err(|_| "which improvement?")?;
                Ok(Command::MoveImprovement {
                    improvement: ImprovementId(number),
                    progress: form.get("progress").as_str().parse()?,
                    note: form.get("note"),
                })
            }
            Purpose::Deny(action) => Ok(Command::Deny { action: *action, reason: form.get("reason") }),
            Purpose::Settle(action) => Ok(settle_from(*action, form)),
            Purpose::Account(action, _) => self.account_from(*action, form),
            Purpose::Ask(_) | Purpose::Rollback | Purpose::KeepLog | Purpose::Search | Purpose::Export => {
                Err("this form is no command".to_owned())
            }
        }
    }

    /// Which moment the field that has the keys stands for, as soon as what is typed is one: it is
    /// read before it is sent.
    #[must_use]
    pub fn moment(&self, form: &Form) -> Option<Time> {
        let entry = form.entries.get(form.focus)?;
        let written = Some(entry.field.as_text()).filter(|text| !text.is_blank())?;
        match entry.label {
            "detected" | "at" => self.read_time(&written).ok(),
            "from" | "to" => match written.as_str().parse::<Mark>() {
                Ok(mark) => self.incident()?.mark(mark),
                Err(_) => self.read_time(&written).ok(),
            },
            "due" | "gone by" => self.read_due(&written).ok(),
            "next in" => written.as_str().parse::<Span>().ok().map(|span| span.after(self.now())),
            _ => None,
        }
    }

    /// Reads `14:05`, `14:05:30` or `5m ago`.
    fn read_time(&self, written: &Text) -> Result<Time, String> {
        read_time(written.as_str(), self.now())
    }

    pub(super) fn read_due(&self, written: &Text) -> Result<Time, String> {
        if let Ok(span) = written.as_str().parse::<Span>() {
            return Ok(span.after(self.now()));
        }
        chrono::NaiveDate::parse_from_str(written.as_str(), "%Y-%m-%d")
            .ok()
            .and_then(|day| day.and_hms_opt(23, 59, 59))
            .map(|at| at.and_utc())
            .ok_or_else(|| format!("'{written}' is no due date; write 7d or 2026-12-01"))
    }
}

/// Reads a time as people write it in a hurry. A clock time is today's, shortly after midnight also
/// yesterday's.
///
/// # Errors
/// In words, with the forms that are read, or when a clock time is still to come.
pub fn read_time(written: &str, now: Time) -> Result<Time, String> {
    let written = written.trim();
    if let Ok(span) = written.trim_end_matches("ago").trim().parse::<Span>() {
        return Ok(now - span.delta());
    }
    if let Ok(full) = chrono::DateTime::parse_from_rfc3339(written) {
        return Ok(full.to_utc());
    }
    let clock = ["%H:%M:%S", "%H:%M"]
        .iter()
        .find_map(|form| chrono::NaiveTime::parse_from_str(written.trim_end_matches('Z'), form).ok());
    let Some(clock) = clock else {
        let shown = Text::line(written);
        return Err(format!("'{shown}' is no time; write 14:05, 14:05:30, 5m ago or 2026-11-21T14:05:00Z"));
    };
    let today = now.date_naive().and_time(clock).and_utc();
    if today <= now {
        return Ok(today);
    }
    let yesterday = today - chrono::TimeDelta::days(1);
    if now - yesterday <= OVERNIGHT {
        return Ok(yesterday);
    }
    Err(format!(
        "{} UTC is still to come, now is {} UTC; of another day write {}",
        today.format("%H:%M:%S"),
        now.format("%H:%M:%S"),
        yesterday.format("%Y-%m-%dT%H:%M:%SZ")
    ))
}

/// How far back a clock time that is still to come today is yesterday's: so far, an incident goes on
/// over midnight. Beyond that it is more likely a slip, or a time of another zone.
const OVERNIGHT: chrono::TimeDelta = chrono::TimeDelta::hours(6);

const UNKNOWN: &str = "unknown";

fn pattern_choices() -> Vec<String> {
    std::iter::once(UNKNOWN.to_owned()).chain(words(Pattern::ALL)).collect()
}

fn read_pattern(written: &Text) -> Result<Option<Pattern>, String> {
    if *written == UNKNOWN { Ok(None) } else { written.as_str().parse().map(Some) }
}

fn read_agents(written: &Text) -> Result<Vec<AgentId>, String> {
    let split = |c: char| c == ',' || c.is_whitespace();
    written.as_str().split(split).filter(|id| !id.is_empty()).map(str::parse).collect()
}
