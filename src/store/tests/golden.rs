//! The stored form does not change by accident: one entry of every kind, as version 1 stores it.
//!
//! Lines are only ever added to the golden file. `FLIGHTDECK_WRITE_GOLDEN=1` writes it anew, for a
//! new kind; a changed line means that files in the field are read differently.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::*;
use crate::incident::{
    ActionId, AgentReadings, Alert, Area, Audience, Check, Compare, Disposition, Doubt, DraftId,
    HypothesisId, ImprovementId, Inverse, Mark, Message, MessageId, MessageKind, Op, Outcome, Passing,
    Pattern, Plan, Progress, Reading, Recipient, Role,
};
use crate::store::chain::{self, hex};
use crate::store::codec::{Draft, Row};
use crate::store::migrate::Meta;

const GOLDEN: &str = "tests/golden/entries-v1.jsonl";

#[test]
fn every_kind_of_entry_is_stored_as_it_always_was() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN);
    let now: Vec<String> = rows().iter().map(|(row, hash)| line(row, hash)).collect();
    if std::env::var_os("FLIGHTDECK_WRITE_GOLDEN").is_some() {
        std::fs::write(&path, now.join("\n") + "\n").unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    for (now, golden) in now.iter().zip(golden.lines()) {
        assert_eq!(now, golden);
    }
    assert_eq!(now.len(), golden.lines().count());
}

#[test]
fn what_was_stored_is_read_back() {
    let golden = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN)).unwrap();
    for (line, (actor, event)) in golden.lines().zip(samples()) {
        let row = parse(line);
        let entry = row.entry();
        assert_eq!((entry.actor, entry.event), (actor, event));
    }
}

#[test]
fn no_kind_is_forgotten() {
    // Serde names all kinds it knows when it is asked for one it does not.
    let error = serde_json::from_str::<Event>(r#"{"kind":"?","data":{}}"#).unwrap_err().to_string();
    let known: BTreeSet<&str> = error.split('`').skip(3).step_by(2).collect();
    let rows = rows();
    let stored: BTreeSet<&str> = rows.iter().map(|(row, _)| row.kind.as_str()).collect();
    assert!(known.len() > 30, "{error}");
    assert_eq!(known, stored);
}

#[test]
fn what_a_newer_flightdeck_wrote_is_kept_and_shown_as_such() {
    let row = |version, kind: &str, data: &str| Row {
        version,
        kind: kind.into(),
        data: data.into(),
        ..rows().remove(0).0
    };
    for (row, stored) in [
        (row(1, "teleported", r#"{"to":1}"#), r#"{"v":1,"kind":"teleported","data":{"to":1}}"#),
        (row(2, "noted", r#"{"text":"x"}"#), r#"{"v":2,"kind":"noted","data":{"text":"x"}}"#),
        (row(1, "noted", r#"{"words":"x"}"#), r#"{"v":1,"kind":"noted","data":{"words":"x"}}"#),
        (row(1, "no\",\"ted", "{}"), r#"{"v":1,"kind":"no\",\"ted","data":{}}"#),
    ] {
        let kind = Text::line(&row.kind);
        let event = row.entry().event;
        assert_eq!(event, Event::Unknown { kind, stored: stored.into() });
        assert!(Draft::new(at(0), Actor::Flightdeck, event).is_err(), "it is not written again");
    }
    let stranger =
        Row { actor: r#"{"kind":"oracle","name":"x"}"#.into(), ..row(1, "noted", r#"{"text":"x"}"#) };
    assert!(matches!(stranger.entry().actor, Actor::Ai(_)));
}

/// The samples as rows of one incident, with their hashes.
fn rows() -> Vec<(Row, [u8; 32])> {
    let meta = Meta { id: "0123abcd".into(), realm: Realm::Live };
    let mut hash = chain::genesis(&meta, IncidentId(42));
    let number = |n: usize| i64::try_from(n).unwrap() + 1;
    let rows = samples().into_iter().enumerate().map(|(n, (actor, event))| {
        let row = Draft::new(at(number(n)), actor, event).unwrap().row(100 + number(n), 42, number(n));
        hash = chain::link(&hash, &row);
        (row, hash)
    });
    rows.collect()
}

fn line(row: &Row, hash: &[u8; 32]) -> String {
    let quoted = |text: &str| Value::from(text).to_string();
    format!(
        r#"{{"position":{},"incident":{},"seq":{},"at":{},"actor":{},"kind":{},"v":{},"data":{},"hash":"{}"}}"#,
        row.position,
        row.incident,
        row.seq,
        row.at,
        row.actor,
        quoted(&row.kind),
        row.version,
        row.data,
        hex(hash),
    )
}

/// Reads a line; the order of fields within does not matter to the reader.
fn parse(line: &str) -> Row {
    let value: BTreeMap<String, Value> = serde_json::from_str(line).unwrap();
    let number = |key: &str| value[key].as_i64().unwrap();
    Row {
        position: number("position"),
        incident: number("incident"),
        seq: number("seq"),
        at: number("at"),
        actor: value["actor"].to_string(),
        kind: value["kind"].as_str().unwrap().to_owned(),
        version: number("v"),
        data: value["data"].to_string(),
    }
}

fn plan() -> Plan {
    Plan {
        op: Op::Isolate,
        target: "support-1".into(),
        params: [("grace".to_owned(), Text::line("0"))].into(),
        adapter: "process".into(),
        call: "isolate --agent support-1".into(),
        version: Some("v7".into()),
        inverse: Some(Inverse { op: Op::Release, params: [].into(), call: "release support-1".into() }),
        checks: vec![check()],
        cautions: vec![crate::incident::Caution::Fights("a second replica".into())],
        limit_s: 30,
        verify_s: 60,
        already: false,
        blind: false,
        destroys_evidence: false,
    }
}

fn check() -> Check {
    Check { name: "agent_status".into(), compare: Compare::Equal, expected: "stopped".into() }
}

fn alert() -> Alert {
    Alert {
        key: "k1".into(),
        group: "g1".into(),
        source: "alertmanager".into(),
        name: "DataLeak".into(),
        summary: "customer data in answers".into(),
        criticality: "critical".into(),
        category: "model".into(),
        severity: Some(Severity::P0),
        agent: Some("support-1".parse().unwrap()),
        starts_at: Some(at(0)),
        labels: vec![("job".into(), "agents".into())],
    }
}

/// One event of every kind, each optional field given at least once.
fn samples() -> Vec<(Actor, Event)> {
    let reading = || Reading {
        check: check(),
        replica: None,
        source: None,
        value: Some("stopped".into()),
        why: None,
        at: at(3),
    };
    let readings = || vec![reading()];
    let recovery = || {
        let trouble = Some(Text::line("no answer within 10 s"));
        vec![AgentReadings { agent: "support-1".parse().unwrap(), readings: readings(), trouble }]
    };
    let (action, hypothesis, improvement) = (ActionId(1), HypothesisId(1), ImprovementId(1));
    let agent = || "support-1".parse().unwrap();
    let sha256 = || Text::line("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    let (ada, ai, fd) = (Actor::person("ada"), Actor::Ai("helper".into()), Actor::Flightdeck);
    vec![
        (
            fd.clone(),
            Event::Declared {
                realm: Realm::Live,
                title: "data leak 資料外洩".into(),
                severity: Severity::P0,
                pattern: Some(Pattern::Boundary),
                agents: vec![agent()],
                detected_at: at(0),
            },
        ),
        (fd.clone(), Event::AlertFired { alert: alert().into() }),
        (fd.clone(), Event::AlertResolved { key: "k1".into(), name: Text::default(), at: at(60) }),
        (ada.clone(), Event::AgentAdded { agent: agent() }),
        (ada.clone(), Event::MarkSet { mark: Mark::T1, at: at(1), reason: Some("late".into()) }),
        (
            ada.clone(),
            Event::Classified { severity: Severity::P1, pattern: None, reason: Some("smaller".into()) },
        ),
        (
            ada.clone(),
            Event::RoleAssigned {
                role: Role::Commander,
                holder: "ada".into(),
                from: Some("bob".into()),
                passing: Passing::HandedOver,
            },
        ),
        (ada.clone(), Event::RoleReleased { role: Role::TechLead }),
        (
            ai.clone(),
            Event::ActionProposed { action, plan: plan().into(), approve_by: at(120), undoes: None },
        ),
        (ada.clone(), Event::ActionDenied { action, reason: "not now".into() }),
        (fd.clone(), Event::ActionExpired { action }),
        (
            ai,
            Event::ActionRequested {
                action,
                plan: plan().into(),
                runner: "00ff".into(),
                approved_by: Some(ada.clone()),
                undoes: Some(ActionId(3)),
            },
        ),
        (fd.clone(), Event::ActionAccepted { action, answer: "202\nqueued".into() }),
        (fd.clone(), Event::ActionFailed { action, reason: "403".into(), outdated: false }),
        (fd.clone(), Event::ActionVerified { action, readings: readings() }),
        (fd.clone(), Event::ActionUnverified { action, readings: vec![] }),
        (fd.clone(), Event::ActionLeaking { action, readings: readings(), logged: None, held_until: None }),
        (fd.clone(), Event::ActionInDoubt { action, reason: "its runner is gone".into() }),
        (fd.clone(), Event::ActionUndone { action, by: Some(ActionId(2)), reason: Some("by hand".into()) }),
        (
            ada.clone(),
            Event::ActionAccounted {
                action,
                disposition: Disposition::Kept { owner: "bob".into(), reason: "until Monday".into() },
                leaking: false,
            },
        ),
        (
            fd.clone(),
            Event::EvidenceStored {
                action: Some(action),
                name: "logs.json".into(),
                bytes: 12,
                sha256: sha256(),
                from: Some(at(0)),
                to: Some(at(9)),
                redacted: None,
            },
        ),
        (
            ada.clone(),
            Event::HypothesisOpened {
                hypothesis,
                text: "the prompt".into(),
                owner: "ada".into(),
                until: at(900),
            },
        ),
        (
            ada.clone(),
            Event::HypothesisClosed { hypothesis, outcome: Outcome::MovedOn, reason: "no answer".into() },
        ),
        (
            ada.clone(),
            Event::UpdateSent {
                audience: Audience::Executives,
                affected: "support".into(),
                doing: "isolating".into(),
                next_at: at(1_800),
            },
        ),
        (ada.clone(), Event::Noted { text: "two\nlines \"quoted\"".into() }),
        (ada.clone(), Event::Decided { text: "roll back".into(), reason: "fastest".into() }),
        (
            ada.clone(),
            Event::LinePinned {
                agent: "support-1".into(),
                source: "/var/log/a.log".into(),
                offset: 4_096,
                sha256: sha256(),
                logged_at: Some(at(5)),
                text: "{\"level\":\"error\"}".into(),
            },
        ),
        (fd.clone(), Event::Escalated { level: 2, name: "manager".into(), trigger: "30 min".into() }),
        (ada.clone(), Event::Absorbed { other: IncidentId(43) }),
        (ada.clone(), Event::MergedInto { into: IncidentId(41), reason: "the same".into() }),
        (ada.clone(), Event::Resolved { summary: "rolled back".into(), recovery: vec![], despite: None }),
        (ada.clone(), Event::Reopened { reason: "again".into() }),
        (
            ada.clone(),
            Event::ImprovementAdded {
                improvement,
                area: Area::Process,
                text: "a checklist".into(),
                owner: "bob".into(),
                due: at(86_400),
            },
        ),
        (
            ada.clone(),
            Event::ImprovementMoved { improvement, progress: Progress::Verified, note: "drilled".into() },
        ),
        (ada.clone(), Event::ReviewSaved { revision: 3, sha256: sha256() }),
        // Kinds that came later, and kinds that learned more: the lines above stay as they were.
        (
            fd.clone(),
            Event::ActionLeaking {
                action,
                readings: vec![
                    reading(),
                    Reading { replica: Some("pod-7".into()), value: None, ..reading() },
                ],
                logged: None,
                held_until: None,
            },
        ),
        (ada.clone(), Event::ActionAccounted { action, disposition: Disposition::Undo, leaking: false }),
        (
            ada.clone(),
            Event::ActionAccounted {
                action,
                disposition: Disposition::HandedOver {
                    owner: "bob".into(),
                    due: at(86_400),
                    reason: "until v13".into(),
                },
                leaking: false,
            },
        ),
        (
            fd.clone(),
            Event::DigestMade {
                day: chrono::NaiveDate::from_ymd_opt(2026, 5, 4).unwrap(),
                count: 2,
                text: "two\nlines".into(),
            },
        ),
        (
            Actor::Ai("triage".into()),
            Event::UpdateDrafted {
                draft: DraftId(1),
                audience: Audience::Customers,
                affected: "answers by mail".into(),
                doing: "isolating".into(),
            },
        ),
        (
            ada.clone(),
            Event::DraftSettled { draft: DraftId(1), sent: false, reason: "too much of the inside".into() },
        ),
        (
            fd.clone(),
            Event::MessageQueued { message: message(Recipient::Audience(Audience::Engineering)).into() },
        ),
        (fd.clone(), Event::MessageQueued { message: message(Recipient::Person("ana".into())).into() }),
        (fd.clone(), Event::MessageQueued { message: message(Recipient::Level(2)).into() }),
        (
            fd.clone(),
            Event::MessageFailed {
                message: MessageId(1),
                reason: "503 Service Unavailable".into(),
                again_at: Some(at(62)),
                doubt: Doubt::None,
            },
        ),
        (
            fd.clone(),
            Event::MessageDelivered {
                message: MessageId(1),
                answer: "200 OK".into(),
                reference: Some("1763720000.000100".into()),
            },
        ),
        (ada.clone(), Event::MessageRetried { message: MessageId(2) }),
        (ada.clone(), Event::MessageDropped { message: MessageId(3), reason: "told by phone".into() }),
        (fd, Event::RecoveryRead { agents: recovery() }),
        (
            ada,
            Event::Resolved {
                summary: "rolled back".into(),
                recovery: recovery(),
                despite: Some("seen by hand".into()),
            },
        ),
        (Actor::Flightdeck, Event::ActionRead { action, readings: readings() }),
        (
            Actor::Flightdeck,
            Event::FirstChecked {
                check: crate::incident::FirstCheck {
                    topic: crate::incident::Topic::Dependency,
                    source: "redis".into(),
                    glance: crate::incident::Glance::Alarm,
                    found: "DOWN: refused".into(),
                },
            },
        ),
        (
            Actor::Person("ana".into()),
            Event::ActionWitnessed { action, holds: true, reason: "its console says stopped".into() },
        ),
        (
            Actor::person("bob"),
            Event::RoleAssigned {
                role: Role::Commander,
                holder: "bob".into(),
                from: Some("ada".into()),
                passing: Passing::TakenOver,
            },
        ),
        (Actor::Flightdeck, Event::Raised { severity: Severity::P0, by: "DataLeak".into() }),
        (
            Actor::Flightdeck,
            Event::HeardElsewhere {
                heard: Box::new(crate::incident::Elsewhere {
                    source: "pagerduty".into(),
                    id: "5ac64822-4adc-4fda-ade0-410becf0de4f".into(),
                    called: "PGR0VU2".into(),
                    by: Some("Ana Lee".into()),
                    acknowledges: true,
                    text: "acknowledged by Ana Lee".into(),
                    at: at(91),
                }),
            },
        ),
        (
            Actor::person("ada"),
            Event::ActionAccounted {
                action,
                disposition: Disposition::Kept {
                    owner: "bob".into(),
                    reason: "the gateway blocks it".into(),
                },
                leaking: true,
            },
        ),
        (
            Actor::Flightdeck,
            Event::MessageFailed {
                message: MessageId(3),
                reason: "it may have arrived: no answer".into(),
                again_at: None,
                doubt: Doubt::Repeated,
            },
        ),
    ]
}

fn message(to: Recipient) -> Message {
    Message {
        id: MessageId(1),
        channel: "pager".into(),
        action: matches!(to, Recipient::Level(_)).then_some(ActionId(4)),
        to,
        kind: MessageKind::InDoubt,
        about: 12,
        severity: Severity::P0,
        topic: "A3".into(),
        state: "in doubt".into(),
        subject: "P0 INC-42: mails: A3 is in doubt".into(),
        text: "two\nlines".into(),
        tell_by: at(90),
    }
}
