//! An entry in full: what it says in one line, and then everything it holds, each part under its
//! name. Bodies of programs and backends are shown from their beginning; the rest is on record.

use crate::incident::{
    AgentReadings, Alert, Disposition, Entry, Event, Judged, Message, Naming, Plan, Reading, Text, Time,
    telling,
};

/// Cells of a name, with the gap behind it.
const NAME: usize = 12;

/// The lines, for reading.
#[must_use]
pub fn in_full(entry: &Entry, naming: Naming) -> Vec<String> {
    let mut lines = vec![telling::tell_event(&entry.event, entry.at, naming), String::new()];
    let mut parts = Parts(Vec::new());
    parts.say("recorded", time(entry.at));
    parts.say("by", &entry.actor);
    parts.event(&entry.event, naming);
    lines.extend(parts.0);
    lines
}

fn time(at: Time) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

struct Parts(Vec<String>);

impl Parts {
    /// A name and what is known by it; what is not known is left out.
    fn say(&mut self, name: &str, what: impl ToString) {
        let what = what.to_string();
        for (index, line) in what.lines().enumerate() {
            let name = if index == 0 { name } else { "" };
            self.0.push(format!("{name:<NAME$}{line}"));
        }
    }

    fn may(&mut self, name: &str, what: Option<impl ToString>) {
        if let Some(what) = what {
            self.say(name, what);
        }
    }

    fn all(&mut self, name: &str, what: &[impl ToString]) {
        let words = what.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        self.say(name, if words.is_empty() { "none" } else { &words });
    }

    fn readings(&mut self, readings: &[Reading]) {
        if readings.is_empty() {
            self.say("read", "nothing was read");
        }
        for judged in Judged::all(readings) {
            let holds = if judged.holds() { "holds" } else { "DOES NOT HOLD" };
            self.say("check", format!("{judged}: {holds}"));
        }
        for reading in readings {
            let replica = reading.replica.as_ref().map_or("the whole", Text::as_str);
            let value = reading.value.as_ref().map_or("nothing", Text::as_str);
            let at = reading.at.format("%H:%M:%S");
            self.say("read", format!("{} of {replica}: {value}, at {at}", reading.check));
        }
    }

    fn agents(&mut self, agents: &[AgentReadings]) {
        for read in agents {
            self.say("agent", &read.agent);
            self.may("trouble", read.trouble.as_ref());
            self.readings(&read.readings);
        }
    }

    fn plan(&mut self, plan: &Plan) {
        self.say("action", plan.op);
        self.say("target", &plan.target);
        for (name, value) in &plan.params {
            self.say("with", format!("{name} = {value}"));
        }
        self.say("through", &plan.adapter);
        self.say("call", &plan.call);
        self.say("version", plan.version.as_ref().map_or("not read", Text::as_str));
        self.say(
            "undone by",
            plan.inverse
                .as_ref()
                .map_or_else(|| "nothing: it has no inverse".to_owned(), |i| format!("{}: {}", i.op, i.call)),
        );
        for check in &plan.checks {
            self.say("check", check);
        }
        for (label, words) in plan.cautions() {
            self.say(label, words);
        }
        self.say("limits", format!("{} s for the call, {} s to be proved", plan.limit_s, plan.verify_s));
    }

    fn alert(&mut self, alert: &Alert) {
        self.say("alert", &alert.name);
        self.say("says", &alert.summary);
        self.say("source", &alert.source);
        self.may("began", alert.starts_at.map(time));
        self.say("critical", &alert.criticality);
        self.say("category", &alert.category);
        self.may("agent", alert.agent.as_ref());
        self.say("key", &alert.key);
        self.say("group", &alert.group);
        for (name, value) in &alert.labels {
            self.say("label", format!("{name} = {value}"));
        }
    }

    fn message(&mut self, message: &Message) {
        self.say("message", message.id);
        self.say("to", &message.to);
        self.say("through", &message.channel);
        self.say("kind", message.kind);
        self.say("about", format!("entry {}", message.about));
        self.may("action", message.action);
        self.say("told by", time(message.tell_by));
        self.say("subject", &message.subject);
        self.say("text", &message.text);
    }

    fn fate(&mut self, disposition: &Disposition) {
        self.say("becomes", disposition.word());
        self.may("owner", disposition.owner());
        self.may("gone by", disposition.due().map(time));
        self.may("reason", disposition.reason());
    }

    fn event(&mut self, event: &Event, naming: Naming) {
        match event {
            Event::Declared { realm, title, severity, pattern, agents, detected_at } => {
                self.say("realm", realm);
                self.say("title", title);
                self.say("severity", severity.name(naming));
                self.may("pattern", *pattern);
                self.all("agents", agents);
                self.say("detected", time(*detected_at));
            }
            Event::AlertFired { alert } => self.alert(alert),
            Event::AlertResolved { key, name, at } => {
                if !name.is_blank() {
                    self.say("alert", name);
                }
                self.say("key", key);
                self.say("over since", time(*at));
                self.say("proves", "nothing: it is its source's word, not a reading");
            }
            Event::AgentAdded { agent } => self.say("agent", agent),
            Event::MarkSet { mark, at, reason } => {
                self.say("mark", format!("{mark}, {}", mark.meaning()));
                self.say("at", time(*at));
                self.may("reason", reason.as_ref());
            }
            Event::Classified { severity, pattern, reason } => {
                self.say("severity", severity.name(naming));
                self.may("pattern", *pattern);
                self.may("reason", reason.as_ref());
            }
            Event::Raised { severity, by } => {
                self.say("severity", severity.name(naming));
                self.say("by alert", by);
            }
            Event::RoleAssigned { role, holder, from, passing: _ } => {
                self.say("role", role.title());
                self.say("holder", holder);
                self.say("before", from.as_ref().map_or("nobody", Text::as_str));
            }
            Event::RoleReleased { role } => self.say("role", role.title()),
            Event::ActionProposed { action, plan, approve_by, undoes } => {
                self.say("number", action);
                self.say("approve by", time(*approve_by));
                self.may("undoes", *undoes);
                self.plan(plan);
            }
            Event::ActionDenied { action, reason }
            | Event::ActionFailed { action, reason, outdated: _ }
            | Event::ActionInDoubt { action, reason } => {
                self.say("number", action);
                self.say("why", reason);
            }
            Event::ActionExpired { action } => self.say("number", action),
            Event::ActionRequested { action, plan, runner, approved_by, undoes } => {
                self.say("number", action);
                self.may("approved by", approved_by.as_ref());
                self.may("undoes", *undoes);
                self.say("run by", runner);
                self.plan(plan);
            }
            Event::ActionAccepted { action, answer } => {
                self.say("number", action);
                self.say("answer", answer);
            }
            Event::ActionVerified { action, readings }
            | Event::ActionUnverified { action, readings }
            | Event::ActionRead { action, readings } => {
                self.say("number", action);
                self.readings(readings);
            }
            Event::ActionLeaking { action, readings, logged, held_until } => {
                self.say("number", action);
                self.readings(readings);
                self.may("held until", held_until.map(time));
                self.may("logged", logged.map(|count| format!("{count} lines since it began")));
            }
            Event::ActionWitnessed { action, holds, reason } => {
                self.say("number", action);
                self.say("seen", if *holds { "to hold" } else { "NOT to hold" });
                self.say("what", reason);
            }
            Event::ActionUndone { action, by, reason } => {
                self.say("number", action);
                self.may("undone by", *by);
                self.may("reason", reason.as_ref());
            }
            Event::ActionAccounted { action, disposition, leaking } => {
                self.say("number", action);
                if *leaking {
                    self.say("lamp", "leaking: its effect did not hold when this was said");
                }
                self.fate(disposition);
            }
            Event::EvidenceStored { action, name, bytes, sha256, from, to, redacted } => {
                self.may("action", *action);
                self.say("file", name);
                self.say("bytes", bytes);
                self.say("sha256", sha256);
                match redacted {
                    Some(count) => self.say("redacted", format!("{count} secrets")),
                    None => self.say("redacted", "not searched for secrets"),
                }
                self.may("covers", from.map(time));
                self.may("to", to.map(time));
                self.say("get it", format!("flightdeck evidence {sha256}"));
            }
            Event::HypothesisOpened { hypothesis, text, owner, until } => {
                self.say("hypothesis", hypothesis);
                self.say("supposes", text);
                self.say("owner", owner);
                self.say("box ends", time(*until));
            }
            Event::HypothesisClosed { hypothesis, outcome, reason } => {
                self.say("hypothesis", hypothesis);
                self.say("outcome", outcome);
                self.say("found", reason);
            }
            Event::UpdateDrafted { draft, audience, affected, doing } => {
                self.say("draft", draft);
                self.say("audience", audience);
                self.say("affected", affected);
                self.say("doing", doing);
            }
            Event::DraftSettled { draft, sent, reason } => {
                self.say("draft", draft);
                self.say("became", if *sent { "sent by a person" } else { "dropped" });
                self.say("reason", reason);
            }
            Event::UpdateSent { audience, affected, doing, next_at } => {
                self.say("audience", audience);
                self.say("affected", affected);
                self.say("doing", doing);
                self.say("next at", time(*next_at));
            }
            Event::Noted { text } => self.say("note", text),
            Event::Decided { text, reason } => {
                self.say("decision", text);
                self.say("reason", reason);
            }
            Event::LinePinned { agent, source, offset, sha256, logged_at, text } => {
                self.say("agent", agent);
                self.say("source", source);
                // A simulated line stands in no file.
                self.may("at byte", source.as_str().contains('/').then_some(offset));
                self.may("logged", logged_at.map(time));
                self.say("sha256", sha256);
                self.say("line", text);
            }
            Event::Escalated { level, name, trigger } => {
                self.say("level", format!("{level}, {name}"));
                self.say("trigger", trigger);
            }
            Event::Absorbed { other } => self.say("duplicate", other),
            Event::MergedInto { into, reason } => {
                self.say("goes on as", into);
                self.say("reason", reason);
            }
            Event::Resolved { summary, recovery, despite } => {
                self.say("summary", summary);
                self.may("despite", despite.as_ref());
                self.agents(recovery);
            }
            Event::RecoveryRead { agents } => self.agents(agents),
            Event::Reopened { reason } => self.say("reason", reason),
            Event::ImprovementAdded { improvement, area, text, owner, due } => {
                self.say("number", improvement);
                self.say("area", area);
                self.say("what", text);
                self.say("owner", owner);
                self.say("due", time(*due));
            }
            Event::ImprovementMoved { improvement, progress, note } => {
                self.say("number", improvement);
                self.say("progress", progress);
                self.say("note", note);
            }
            Event::ReviewSaved { revision, sha256 } => {
                self.say("revision", revision);
                self.say("sha256", sha256);
            }
            Event::DigestMade { day, count, text } => {
                self.say("day", day);
                self.say("in force", count);
                self.say("text", text);
            }
            Event::MessageQueued { message } => self.message(message),
            Event::MessageDelivered { message, answer, reference } => {
                self.say("message", message);
                self.say("answer", answer);
                self.may("known as", reference.as_ref());
            }
            Event::MessageFailed { message, reason, again_at, doubt } => {
                self.say("message", message);
                if !doubt.of(reason).is_none() {
                    self.say("arrived", "nobody knows");
                }
                self.say("why", reason);
                self.say("again", again_at.map_or_else(|| "no: given up".to_owned(), time));
            }
            Event::MessageRetried { message } => self.say("message", message),
            Event::MessageDropped { message, reason } => {
                self.say("message", message);
                self.say("reason", reason);
            }
            Event::FirstChecked { check } => {
                self.say("asked", check.topic);
                self.say("source", &check.source);
                self.say("amounts to", check.glance);
                self.say("found", &check.found);
            }
            Event::HeardElsewhere { heard } => {
                self.say("from", &heard.source);
                self.say("called there", &heard.called);
                self.say("number", &heard.id);
                self.say("at", time(heard.at));
                self.may("by", heard.by.as_ref());
                self.may("shows", heard.acknowledges.then_some("an acknowledgement (T1)"));
                self.say("what", &heard.text);
            }
            Event::Unknown { kind, stored } => {
                self.say("kind", kind);
                self.say("stored", stored);
            }
        }
    }
}
