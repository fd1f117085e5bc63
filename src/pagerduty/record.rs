//! What the API says, as far as it is needed: ids that may go into paths, names that may be shown.

use serde_json::Value;

use crate::incident::{Text, Time};

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Its id.
    pub id: Text,
    /// Its name.
    pub name: Text,
}

/// Somebody who was asked to respond.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Who.
    pub user: Text,
    /// What they said: `pending`, `joined`, `declined`.
    pub state: Text,
}

/// An incident there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Its id, letters and digits only.
    pub id: String,
    /// `triggered`, `acknowledged`, `resolved`.
    pub status: Text,
    /// The id of its escalation policy, where it is told.
    pub policy: Option<String>,
    /// Whom it is assigned to.
    pub assigned: Vec<Text>,
    /// Who was asked to respond.
    pub calls: Vec<Call>,
}

/// Somebody's duty by a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnCall {
    /// At which level, counted from 1.
    pub level: u64,
    /// Who.
    pub person: Person,
    /// Until when; without an end it is for ever.
    pub until: Option<Time>,
}

/// One line of what happened to an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Its id.
    pub id: Text,
    /// `escalate_log_entry`, `assign_log_entry` …
    pub kind: Text,
    /// Whom it names as assigned.
    pub assigned: Vec<Text>,
}

impl Incident {
    /// Reads one; none where it names none.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let calls = value["incidents_responders"].as_array().into_iter().flatten();
        Some(Self {
            id: plain_id(&value["id"])?,
            status: text(&value["status"]),
            policy: plain_id(&value["escalation_policy"]["id"]),
            assigned: value["assignments"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|one| text(&one["assignee"]["id"]))
                .collect(),
            calls: calls
                .map(|one| Call { user: text(&one["user"]["id"]), state: text(&one["state"]) })
                .collect(),
        })
    }

    /// Whether it is assigned to somebody.
    #[must_use]
    pub fn is_assigned_to(&self, user: &Text) -> bool {
        self.assigned.contains(user)
    }

    /// What somebody who was asked to respond said, if they were asked.
    #[must_use]
    pub fn call_of(&self, user: &str) -> Option<&Text> {
        self.calls.iter().find(|call| call.user == *user).map(|call| &call.state)
    }
}

impl OnCall {
    pub(super) fn read(value: &Value) -> Option<Self> {
        let user = &value["user"];
        let person = Person { id: text(&user["id"]), name: text(&user["summary"]) };
        let until = value["end"].as_str().and_then(|end| end.parse().ok());
        Some(Self { level: value["escalation_level"].as_u64()?, person, until })
    }
}

impl LogEntry {
    pub(super) fn read(value: &Value) -> Option<Self> {
        let assigned = value["assignees"].as_array().into_iter().flatten();
        Some(Self {
            id: Text::line(value["id"].as_str()?),
            kind: text(&value["type"]),
            assigned: assigned.map(|one| text(&one["id"])).collect(),
        })
    }
}

fn text(value: &Value) -> Text {
    Text::line(value.as_str().unwrap_or_default())
}

/// An id that may go into a path.
fn plain_id(value: &Value) -> Option<String> {
    let id = value.as_str()?;
    (!id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric())).then(|| id.to_owned())
}

/// Whether an id stands anywhere in what was answered.
pub(super) fn holds_id(value: &Value, id: &str) -> bool {
    match value {
        Value::Array(all) => all.iter().any(|inner| holds_id(inner, id)),
        Value::Object(fields) => {
            fields.get("id").is_some_and(|found| found == id)
                || fields.values().any(|inner| holds_id(inner, id))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_id_that_would_leave_its_path_names_nothing() {
        for id in ["../users", "P1?x=1", "P1/notes", "", "P 1", "\u{202e}P1"] {
            assert_eq!(Incident::read(&json!({"id": id})), None, "{id}");
        }
        assert_eq!(Incident::read(&json!({"id": "PT4KHLK"})).map(|i| i.id), Some("PT4KHLK".to_owned()));
        assert_eq!(Incident::read(&json!([])), None);
    }

    #[test]
    fn who_was_asked_and_what_they_said() {
        let incident = Incident::read(&json!({
            "id": "P1", "assignments": [{"assignee": {"id": "U1"}}],
            "incidents_responders": [{"state": "declined", "user": {"id": "U2"}}],
        }))
        .unwrap();
        assert!(incident.is_assigned_to(&Text::line("U1")) && !incident.is_assigned_to(&Text::line("U2")));
        assert_eq!(incident.call_of("U2").map(Text::as_str), Some("declined"));
        assert_eq!(incident.call_of("U1"), None);
    }
}
