//! An entry told in one line: the timeline screen, the review and the command line say it alike.

use super::{AgentReadings, Disposition, Entry, Event, Judged, Naming, Passing, Reading, Time};

/// `14:05:30`; with its date where it is not of the day on which it is told.
#[must_use]
pub fn clock(at: Time, told: Time) -> String {
    let form = if at.date_naive() == told.date_naive() { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
    at.format(form).to_string()
}

/// `12:04:05 ana isolated …`: what happened, without the time and the actor; `told` is that time.
/// Severities are named as the team names them (D1).
#[must_use]
pub fn tell_event(event: &Event, told: Time, naming: Naming) -> String {
    match event {
        Event::Declared { realm, title, severity, pattern, agents, detected_at } => {
            let pattern = pattern.map_or("pattern unknown", super::Pattern::word);
            let agents = join(agents, "no agent named");
            let at = clock(*detected_at, told);
            let severity = severity.name(naming);
            format!("declared ({realm}) {severity}, {pattern}: {title} [{agents}], detected at {at}")
        }
        Event::AlertFired { alert } => {
            format!("alert fired ({}): {} {}", alert.source, alert.name, alert.summary)
        }
        Event::AlertResolved { key, name, at } => {
            let which = if name.is_blank() { key } else { name };
            format!("alert over by its source's word at {}: {which}", clock(*at, told))
        }
        Event::AgentAdded { agent } => format!("agent involved: {agent}"),
        Event::MarkSet { mark, at, reason } => {
            let why = reason.as_ref().map(|r| format!(" ({r})")).unwrap_or_default();
            format!("{mark} {} at {}{why}", mark.meaning(), clock(*at, told))
        }
        Event::Classified { severity, pattern, reason } => {
            let pattern = pattern.map_or("pattern unknown", super::Pattern::word);
            let why = reason.as_ref().map(|r| format!(" ({r})")).unwrap_or_default();
            let severity = severity.name(naming);
            format!("classified {severity}, {pattern}{why}")
        }
        Event::Raised { severity, by } => {
            format!(
                "raised to {} by alert {by}, by itself: no person had confirmed the class",
                severity.name(naming)
            )
        }
        Event::RoleAssigned { role, holder, from: Some(from), passing } => {
            let title = role.title();
            match passing {
                Passing::HandedOver => format!("{title}: handed over from {from} to {holder}"),
                Passing::TakenOver => format!("{title}: {holder} took over from {from}"),
                Passing::Reassigned => format!("{title}: {holder}, in place of {from}"),
            }
        }
        Event::RoleAssigned { role, holder, from: None, .. } => format!("{}: {holder}", role.title()),
        Event::RoleReleased { role } => format!("{}: laid down", role.title()),
        Event::ActionProposed { action, plan, approve_by, .. } => {
            format!("{action} proposed: {}, to be approved by {}", plan.title(), clock(*approve_by, told))
        }
        Event::ActionDenied { action, reason } => format!("{action} denied: {reason}"),
        Event::ActionExpired { action } => format!("{action} expired: nobody approved it in time"),
        Event::ActionRequested { action, plan, approved_by, undoes, .. } => {
            let approved = approved_by.as_ref().map(|by| format!(", approved by {by}")).unwrap_or_default();
            let undoes = undoes.map(|id| format!(", undoing {id}")).unwrap_or_default();
            let already = if plan.already { ", although it read so already" } else { "" };
            format!("{action} requested: {}{undoes}{approved}{already}: {}", plan.title(), plan.call)
        }
        Event::ActionAccepted { action, answer } => format!("{action} accepted: {}", brief(answer.as_str())),
        Event::ActionFailed { action, reason, .. } => format!("{action} failed: {}", brief(reason.as_str())),
        Event::ActionVerified { action, readings } => format!("{action} VERIFIED: {}", values(readings)),
        Event::ActionUnverified { action, readings } => {
            // All of them hold where nothing that they read could prove it.
            let held = readings.iter().all(Reading::holds);
            let why = if held { "what is read proves nothing" } else { "the checks did not hold in time" };
            format!("{action} unverified, {why}: {}", values(readings))
        }
        Event::ActionLeaking { action, readings, logged, .. } => {
            let logged = logged.map(|count| format!("; {}", lines_logged(count))).unwrap_or_default();
            format!("{action} LEAKING: {}{logged}", values(readings))
        }
        Event::ActionInDoubt { action, reason } => {
            format!("{action} in doubt: {}", brief(reason.as_str()))
        }
        Event::ActionRead { action, readings } => {
            format!("{action} read while in doubt, which does not settle it: {}", values(readings))
        }
        Event::ActionWitnessed { action, holds: true, reason } => {
            format!("{action} seen to hold, which nothing else can prove: {reason}")
        }
        Event::ActionWitnessed { action, holds: false, reason } => {
            format!("{action} seen NOT to hold: {reason}")
        }
        Event::ActionUndone { action, by: Some(by), .. } => format!("{action} undone by {by}"),
        Event::ActionUndone { action, by: None, reason } => {
            format!("{action} undone: {}", reason.as_ref().map_or("", super::Text::as_str))
        }
        Event::ActionAccounted { action, disposition, leaking } => match (disposition, leaking) {
            (Disposition::Undo, _) => format!("{action} is to be undone now"),
            (Disposition::HandedOver { .. } | Disposition::Kept { .. }, false) => {
                format!("{action} stays in force, {disposition}")
            }
            (Disposition::HandedOver { .. } | Disposition::Kept { .. }, true) => {
                format!("{action} LEAKS and is left so, {disposition}")
            }
        },
        Event::EvidenceStored { name, bytes, sha256, redacted, .. } => {
            let redacted = redacted.map(|count| format!(", {count} secrets redacted")).unwrap_or_default();
            format!("evidence stored: {name}, {bytes} bytes{redacted}, sha256 {}", short(sha256.as_str()))
        }
        Event::HypothesisOpened { hypothesis, text, owner, until } => {
            format!("{hypothesis} supposed by {owner}, until {}: {text}", clock(*until, told))
        }
        Event::HypothesisClosed { hypothesis, outcome, reason } => {
            format!("{hypothesis} {outcome}: {reason}")
        }
        Event::UpdateSent { audience, affected, doing, next_at } => format!(
            "update to {audience}: affected: {affected}; doing: {doing}; next at {}",
            next_at.format("%H:%M")
        ),
        Event::UpdateDrafted { draft, audience, affected, doing } => {
            format!(
                "{draft} drafted for {audience}, for a person to send: affected: {affected}; doing: {doing}"
            )
        }
        Event::DraftSettled { draft, sent: true, .. } => format!("{draft} sent by a person"),
        Event::DraftSettled { draft, sent: false, reason } => format!("{draft} dropped: {reason}"),
        Event::Noted { text } => format!("note: {text}"),
        Event::Decided { text, reason } => format!("decided: {text}, because {reason}"),
        Event::LinePinned { agent, text, sha256, .. } => {
            format!("pinned from {agent}: {text} (sha256 {})", short(sha256.as_str()))
        }
        Event::Escalated { level, name, trigger } => format!("escalated to level {level}, {name}: {trigger}"),
        Event::Absorbed { other } => format!("{other} turned out to be this one"),
        Event::MergedInto { into, reason } => format!("goes on as {into}: {reason}"),
        Event::Resolved { summary, despite: None, .. } => format!("RESOLVED: {summary}"),
        Event::Resolved { summary, despite: Some(reason), .. } => {
            format!("RESOLVED: {summary}; recovery is not proved: {reason}")
        }
        Event::RecoveryRead { agents } => format!("recovery read: {}", join(&recovery(agents), "nothing")),
        Event::Reopened { reason } => format!("reopened: {reason}"),
        Event::ImprovementAdded { improvement, area, text, owner, due } => {
            format!("{improvement} {area} improvement: {text} ({owner}, due {})", due.format("%Y-%m-%d"))
        }
        Event::ImprovementMoved { improvement, progress, note } => {
            format!("{improvement} {progress}: {note}")
        }
        Event::ReviewSaved { revision, sha256 } => {
            format!("review revision {revision} saved, sha256 {}", short(sha256.as_str()))
        }
        Event::FirstChecked { check } => {
            format!("first check, {} of {}: {}: {}", check.topic, check.source, check.glance, check.found)
        }
        Event::HeardElsewhere { heard } => {
            format!("{} {}: {}", heard.source, heard.called, heard.text)
        }
        Event::DigestMade { day, count, .. } => {
            let what = if *count == 1 { "mitigation" } else { "mitigations" };
            format!("digest of {day}: {count} {what} still in force")
        }
        Event::MessageQueued { message } => {
            format!(
                "{} queued for {} through {}: {}",
                message.id, message.to, message.channel, message.subject
            )
        }
        Event::MessageDelivered { message, answer, .. } => format!("{message} delivered: {answer}"),
        Event::MessageFailed { message, reason, again_at: Some(at), doubt: _ } => {
            format!("{message} failed, again at {}: {reason}", clock(*at, told))
        }
        Event::MessageFailed { message, reason, again_at: None, doubt } => {
            let known = if doubt.of(reason).is_none() { "" } else { " KNOWN TO BE" };
            format!("{message} NOT{known} TOLD, given up: {reason}")
        }
        Event::MessageRetried { message } => format!("{message} is tried again"),
        Event::MessageDropped { message, reason } => format!("{message} dropped: {reason}"),
        Event::Unknown { kind, .. } => {
            format!("'{kind}': an entry that a newer flightdeck wrote; kept as it is")
        }
    }
}

/// A whole entry in one line, with its time (UTC) and actor.
#[must_use]
pub fn tell(entry: &Entry, naming: Naming) -> String {
    let text = tell_event(&entry.event, entry.at, naming).replace('\n', " / ");
    format!("{} {:<12} {text}", entry.at.format("%H:%M:%S"), entry.actor)
}

/// What a line of a table or a pane shows of a text that a program or a backend gave.
const SEEN: usize = 600;

/// A text from outside as far as eyes need it: its beginning, how long it is, and where the rest is.
#[must_use]
pub fn brief(text: &str) -> std::borrow::Cow<'_, str> {
    let Some((end, _)) = text.char_indices().nth(SEEN) else { return text.into() };
    let all = text.chars().count();
    format!("{}.. [{SEEN} of {all} characters; flightdeck timeline --format json has all]", &text[..end])
        .into()
}

fn join<T: ToString>(all: &[T], none: &str) -> String {
    if all.is_empty() { none.to_owned() } else { all.iter().map(T::to_string).collect::<Vec<_>>().join(", ") }
}

fn recovery(agents: &[AgentReadings]) -> Vec<String> {
    let of = |read: &AgentReadings| {
        let trouble = read.trouble.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
        format!("{}: {}{trouble}", read.agent, values(&read.readings))
    };
    agents.iter().map(of).collect()
}

fn values(readings: &[Reading]) -> String {
    join(&Judged::all(readings), "nothing was read")
}

/// `12 log lines since it was proved`.
#[must_use]
pub fn lines_logged(count: u32) -> String {
    // Whoever counts stops somewhere.
    match count {
        0 => "no log line since it was proved".to_owned(),
        1 => "1 log line since it was proved".to_owned(),
        1_000.. => "at least 1000 log lines since it was proved".to_owned(),
        count => format!("{count} log lines since it was proved"),
    }
}

fn short(sha256: &str) -> &str {
    sha256.get(..12).unwrap_or(sha256)
}
