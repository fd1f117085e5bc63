//! The head of an incident: where its stream ends, and what the list of incidents shows of it
//! before its entries are loaded.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params};

use crate::incident::{Entry, Event, IncidentId, Naming, Realm, Severity, Status, Text, Time};

use super::codec::time;

/// The columns of a head, in the order of [`read`].
pub(super) const COLUMNS: &str = "incident, seq, hash, title, severity, status, resolved_at, merged_into, \
                                  realm, declared_at, changed_at";

/// One line of the list of incidents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Which incident.
    pub incident: IncidentId,
    /// How many entries it has.
    pub seq: u64,
    /// One line.
    pub title: Text,
    /// How bad, by the newest word.
    pub severity: Severity,
    /// Where it stands.
    pub status: Status,
    /// Live or drill.
    pub realm: Realm,
    /// When the record began.
    pub declared_at: Time,
    /// When the newest entry was made.
    pub changed_at: Time,
}

impl Head {
    /// Before the first entry.
    pub(super) fn blank(incident: IncidentId, realm: Realm) -> Self {
        Self {
            incident,
            seq: 0,
            title: Text::default(),
            severity: Severity::P3,
            status: Status::Open,
            realm,
            declared_at: Time::default(),
            changed_at: Time::default(),
        }
    }

    /// Folds one entry in: of all an incident is, only what the list shows.
    pub(super) fn apply(&mut self, entry: &Entry) {
        self.seq = entry.seq;
        self.changed_at = entry.at;
        match &entry.event {
            Event::Declared { realm, title, severity, .. } => {
                self.realm = *realm;
                self.title = title.clone();
                self.severity = *severity;
                self.declared_at = entry.at;
            }
            Event::Classified { severity, .. } | Event::Raised { severity, .. } => self.severity = *severity,
            Event::Resolved { .. } => self.status = Status::Resolved(entry.at),
            Event::Reopened { .. } => self.status = Status::Open,
            Event::MergedInto { into, .. } => self.status = Status::Merged(*into),
            Event::AlertFired { .. }
            | Event::AlertResolved { .. }
            | Event::AgentAdded { .. }
            | Event::MarkSet { .. }
            | Event::RoleAssigned { .. }
            | Event::RoleReleased { .. }
            | Event::ActionProposed { .. }
            | Event::ActionDenied { .. }
            | Event::ActionExpired { .. }
            | Event::ActionRequested { .. }
            | Event::ActionAccepted { .. }
            | Event::ActionFailed { .. }
            | Event::ActionVerified { .. }
            | Event::ActionUnverified { .. }
            | Event::ActionLeaking { .. }
            | Event::ActionInDoubt { .. }
            | Event::ActionUndone { .. }
            | Event::ActionAccounted { .. }
            | Event::ActionRead { .. }
            | Event::ActionWitnessed { .. }
            | Event::EvidenceStored { .. }
            | Event::RecoveryRead { .. }
            | Event::HypothesisOpened { .. }
            | Event::HypothesisClosed { .. }
            | Event::UpdateDrafted { .. }
            | Event::DraftSettled { .. }
            | Event::MessageQueued { .. }
            | Event::MessageDelivered { .. }
            | Event::MessageFailed { .. }
            | Event::MessageRetried { .. }
            | Event::MessageDropped { .. }
            | Event::UpdateSent { .. }
            | Event::Noted { .. }
            | Event::Decided { .. }
            | Event::LinePinned { .. }
            | Event::Escalated { .. }
            | Event::Absorbed { .. }
            | Event::ImprovementAdded { .. }
            | Event::ImprovementMoved { .. }
            | Event::ReviewSaved { .. }
            | Event::DigestMade { .. }
            | Event::FirstChecked { .. }
            | Event::HeardElsewhere { .. }
            | Event::Unknown { .. } => {}
        }
    }
}

/// The head of one incident and the hash of its newest entry, if it has any.
pub(super) fn find(conn: &Connection, incident: IncidentId) -> rusqlite::Result<Option<(Head, Vec<u8>)>> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM head WHERE incident = ?1"))?
        .query_row([incident.0], read)
        .optional()
}

/// All heads, by number.
pub(super) fn all(conn: &Connection) -> rusqlite::Result<Vec<(Head, Vec<u8>)>> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM head ORDER BY incident"))?
        .query_map([], read)?
        .collect()
}

/// The number after the last one.
pub(super) fn next_incident(conn: &Connection) -> rusqlite::Result<IncidentId> {
    conn.prepare_cached("SELECT coalesce(max(incident), 0) + 1 FROM head")?
        .query_row([], |row| row.get(0).map(IncidentId))
}

/// Writes a head.
pub(super) fn save(conn: &Connection, head: &Head, hash: &[u8; 32]) -> rusqlite::Result<()> {
    let (status, resolved_at, merged_into) = match head.status {
        Status::Open => ("open", None, None),
        Status::Resolved(at) => ("resolved", Some(at.timestamp_micros()), None),
        Status::Merged(into) => ("merged", None, Some(into.0)),
    };
    conn.prepare_cached(&format!(
        "REPLACE INTO head ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
    ))?
    .execute(params![
        head.incident.0,
        signed(head.seq),
        hash,
        head.title.as_str(),
        head.severity.name(Naming::P),
        status,
        resolved_at,
        merged_into,
        head.realm.word(),
        head.declared_at.timestamp_micros(),
        head.changed_at.timestamp_micros(),
    ])?;
    Ok(())
}

fn read(row: &SqlRow<'_>) -> rusqlite::Result<(Head, Vec<u8>)> {
    let severity: String = row.get(4)?;
    let status: String = row.get(5)?;
    let realm: String = row.get(8)?;
    let status = match status.as_str() {
        "open" => Status::Open,
        "resolved" => Status::Resolved(time(row.get(6)?)),
        "merged" => Status::Merged(IncidentId(row.get(7)?)),
        other => return Err(odd(5, format!("'{other}' is no status"))),
    };
    let realm = match realm.as_str() {
        "live" => Realm::Live,
        "drill" => Realm::Drill,
        other => return Err(odd(8, format!("'{other}' is no realm"))),
    };
    let head = Head {
        incident: IncidentId(row.get(0)?),
        seq: unsigned(row.get(1)?),
        title: Text::from(row.get::<_, String>(3)?),
        severity: severity.parse().map_err(|why| odd(4, why))?,
        status,
        realm,
        declared_at: time(row.get(9)?),
        changed_at: time(row.get(10)?),
    };
    Ok((head, row.get(2)?))
}

fn odd(column: usize, why: String) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, why.into())
}

/// A count as SQLite keeps it. Counts never come near the difference.
pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count as SQLite kept it.
pub(super) fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
