//! What messages say: the whole picture for those who are called, and for each audience its own
//! words (C1, D3).

use crate::incident::{Audience, Incident, Lamp, Mark, Policy, Realm, Role, Status, Text, Time};

/// The names that may stand in braces in the texts of updates.
pub const PLACEHOLDERS: &[&str] =
    &["incident", "severity", "title", "affected", "doing", "next", "agents", "since", "state", "by"];

/// The subject and the text of whatever is no status update.
#[must_use]
pub fn alert(incident: &Incident, policy: &Policy, what: &str, now: Time) -> (Text, Text) {
    let name = incident.severity.name(policy.naming);
    let head = format!("{}{name} {}: {}", realm(incident), incident.id, incident.title);
    let subject = Text::line(&format!("{head}: {what}"));
    let mut lines = vec![head, what.to_owned(), String::new()];
    lines.extend(picture(incident, policy, now));
    (subject, Text::block(&lines.join("\n")))
}

/// The subject and the text of the digest of a day: of all incidents, whichever has it on record.
#[must_use]
pub fn digest(incident: &Incident, day: &str, text: &str) -> (Text, Text) {
    (Text::line(&format!("{}still in force, {day}", realm(incident))), Text::block(text))
}

/// The subject and the text of the newest update of an audience, by the policy's words for it.
#[must_use]
pub fn update(incident: &Incident, policy: &Policy, audience: Audience, now: Time) -> (Text, Text) {
    let Some(update) = incident.updates.get(&audience) else { return (Text::default(), Text::default()) };
    let wording = policy.update_texts.get(&audience);
    let next = update.next_at.format("%H:%M UTC").to_string();
    let agents = agents(incident);
    let since = incident.mark(Mark::T0).unwrap_or(now).format("%H:%M UTC").to_string();
    let by = update.by.to_string();
    let value = |name: &str| match name {
        "incident" => incident.id.to_string(),
        "severity" => incident.severity.name(policy.naming).to_owned(),
        "title" => incident.title.to_string(),
        "affected" => update.affected.to_string(),
        "doing" => update.doing.to_string(),
        "next" => next.clone(),
        "agents" => agents.clone(),
        "since" => since.clone(),
        "state" => state(incident).to_owned(),
        "by" => by.clone(),
        other => format!("{{{other}}}"),
    };
    let (subject, text) = match wording {
        Some(wording) => (fill(wording.subject.as_str(), &value), fill(wording.text.as_str(), &value)),
        None => (
            fill("{incident}: update", &value),
            fill("Affected: {affected}\nBeing done: {doing}\nNext update: {next}", &value),
        ),
    };
    let realm = realm(incident);
    (Text::line(&format!("{realm}{subject}")), Text::block(text.trim_end()))
}

/// Puts values where names stand in braces; what is put in is never looked at again.
#[must_use]
pub fn fill(template: &str, value: &dyn Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, braced) = rest.split_at(open);
        out.push_str(before);
        match name_in(braced) {
            Some(name) => {
                out.push_str(&value(name));
                rest = &braced[name.len() + 2..];
            }
            None => {
                out.push('{');
                rest = &braced[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// The names in braces in a text. Braces around anything else are no placeholder.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('{').filter_map(|(at, _)| name_in(&text[at..]))
}

fn name_in(braced: &str) -> Option<&str> {
    let (name, _) = braced.strip_prefix('{')?.split_once('}')?;
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    plain.then_some(name)
}

/// In a drill every word is marked as one, wherever it is read.
const fn realm(incident: &Incident) -> &'static str {
    match incident.realm {
        Realm::Live => "",
        Realm::Drill => "[DRILL] ",
    }
}

/// Where it stands, for people outside.
fn state(incident: &Incident) -> &'static str {
    match incident.status {
        Status::Resolved(_) => "resolved",
        Status::Merged(_) => "continued elsewhere",
        Status::Open if incident.leaking_since().is_some() => "control was lost",
        Status::Open if incident.mark(Mark::T3).is_some() => "under control",
        Status::Open if incident.mark(Mark::T1).is_some() => "being worked on",
        Status::Open => "detected",
    }
}

fn agents(incident: &Incident) -> String {
    match incident.agents.as_slice() {
        [] => "none named yet".to_owned(),
        agents => agents.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// What somebody who is woken up needs to know (C1).
fn picture(incident: &Incident, policy: &Policy, now: Time) -> Vec<String> {
    let clock = |at: Time| at.format("%H:%M:%S UTC").to_string();
    let mut lines = Vec::new();
    let mut say = |label: &str, words: String| lines.push(format!("{label}: {words}"));
    say("state", state(incident).to_owned());
    if let Some(at) = incident.mark(Mark::T0) {
        say("detected", clock(at));
    }
    match incident.marks.get(&Mark::T1).and_then(|words| words.last()) {
        Some(word) => say("acknowledged", format!("{} by {}", clock(word.at), word.actor)),
        None => say("acknowledged", "by nobody yet".to_owned()),
    }
    say("agents", agents(incident));
    if let Some(pattern) = incident.pattern {
        say("pattern", pattern.to_string());
    }
    for role in Role::ALL {
        if let Some(holding) = incident.roles.get(role) {
            say(role.title(), holding.holder.to_string());
        }
    }
    for alert in incident.alerts.iter().take(5) {
        say("alert", format!("{} {}", alert.alert.name, alert.alert.summary));
    }
    for action in incident.actions.values().filter(|a| a.lamp != Lamp::Denied) {
        say("action", format!("{action}"));
    }
    for hypothesis in incident.hypotheses.values().filter(|h| h.closed.is_none()) {
        say("supposed", format!("{} ({})", hypothesis.text, hypothesis.owner));
    }
    if incident.is_open() {
        let all = crate::incident::deadlines(incident, policy, now);
        if let Some(next) = crate::incident::next_deadline(&all) {
            say("due", format!("{} by {}", next.label, clock(next.at)));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_is_never_looked_at_again() {
        let value = |name: &str| if name == "a" { "{b}".to_owned() } else { "gone".to_owned() };
        for (template, filled) in [
            ("{a}", "{b}"),
            ("x {a} y {b}", "x {b} y gone"),
            ("{\"json\": {a}}", "{\"json\": {b}}"),
            ("{ a } {} {A} {", "{ a } {} {A} {"),
            ("{{a}}", "{{b}}"),
        ] {
            assert_eq!(fill(template, &value), filled, "{template}");
        }
        assert_eq!(names("{a} {\"b\": {c_d}} {E}").collect::<Vec<_>>(), ["a", "c_d"]);
    }
}
