//! What holds whatever is said, by whomever, in whatever order.

use proptest::prelude::*;
use proptest::sample::select;

use crate::incident::command::{Confirmation, Report, Settlement};
use crate::incident::story::{Story, alert, plan, seen, time};
use crate::incident::{
    ActionId, Actor, Area, Audience, Board, Command, Disposition, Event, HypothesisId, ImprovementId,
    Incident, IncidentId, Mark, Outcome, Pattern, Progress, Realm, Record, Role, Severity, Text, Time,
    deadlines, decide, warnings,
};

const PLANS: &[&str] = &[
    "isolate a",
    "isolate b",
    "release a",
    "release b",
    "rate-limit a calls_per_minute=10",
    "rate-limit a calls_per_minute=5",
    "lift a",
    "switch-model a level=L1 back level=L0",
    "switch-model a level=L2 back level=L1",
    "switch-model a level=L1 back level=L2",
    "switch-model a level=L0 back level=L1",
    "rollback-config a to=c3 back to=c4",
    "rollback-branch a to=v11 back to=v12",
    "roll-forward a to=v12",
    "restart a",
    "snapshot a",
];

/// A wish, before the story says what its numbers and plans are.
#[derive(Clone, Debug)]
enum Wish {
    Says(Box<Command>),
    Asks(&'static str, bool),
    Approves(u32, bool),
    Reads(u32, Vec<Option<bool>>),
}

fn text() -> impl Strategy<Value = Text> {
    select(vec!["", " ", "because", "ana", "bo", "漢字"]).prop_map(Text::from)
}

fn clock() -> impl Strategy<Value = Time> {
    (-600_i64..600).prop_map(|seconds| time("12:00:00") + chrono::TimeDelta::seconds(seconds))
}

fn number() -> impl Strategy<Value = u32> {
    0..6_u32
}

fn wish() -> impl Strategy<Value = Wish> {
    let says = prop_oneof![flow(), record(), reports()].prop_map(|command| Wish::Says(Box::new(command)));
    let read = prop::option::weighted(0.9, prop::bool::weighted(0.8));
    let reads = (number(), prop::collection::vec(read, 2..4));
    prop_oneof![
        4 => says,
        3 => (select(PLANS), any::<bool>()).prop_map(|(plan, seen)| Wish::Asks(plan, seen)),
        1 => (number(), any::<bool>()).prop_map(|(number, seen)| Wish::Approves(number, seen)),
        4 => reads.prop_map(|(number, read)| Wish::Reads(number, read)),
    ]
}

fn flow() -> impl Strategy<Value = Command> {
    let severity = || select(Severity::ALL.to_vec());
    let role = || select(Role::ALL);
    prop_oneof![
        (text(), severity(), prop::option::of(clock())).prop_map(|(title, severity, detected_at)| {
            let (realm, pattern) = (Realm::Live, None);
            Command::Declare { realm, title, severity, pattern, agents: vec![], detected_at }
        }),
        select(vec!["k1", "k2"]).prop_map(|key| Command::Alert { realm: Realm::Live, alert: alert(key) }),
        (select(vec!["k1", "k3"]), clock())
            .prop_map(|(key, at)| Command::ResolveAlert { key: key.into(), at }),
        Just(Command::AddAgent { agent: "billing-2".parse().unwrap() }),
        Just(Command::Acknowledge),
        (select(Mark::ALL), prop::option::of(clock()), prop::option::of(text()))
            .prop_map(|(mark, at, reason)| Command::SetMark { mark, at, reason }),
        (severity(), prop::option::of(select(Pattern::ALL)), prop::option::of(text()))
            .prop_map(|(severity, pattern, reason)| Command::Classify { severity, pattern, reason }),
        (role(), text()).prop_map(|(role, holder)| Command::Assign { role, holder }),
        role().prop_map(|role| Command::ReleaseRole { role }),
        (0..5_u8, prop::option::of(text())).prop_map(|(level, reason)| Command::Escalate { level, reason }),
        (40..45_u32).prop_map(|id| Command::Absorb { other: IncidentId(id) }),
        (40..45_u32, text()).prop_map(|(id, reason)| Command::Merge { into: IncidentId(id), reason }),
        (text(), prop::option::of(text()))
            .prop_map(|(summary, despite)| Command::Resolve { summary, despite }),
        text().prop_map(|reason| Command::Reopen { reason }),
        Just(Command::Tick),
    ]
}

fn record() -> impl Strategy<Value = Command> {
    prop_oneof![
        (text(), text()).prop_map(|(text, owner)| Command::Suppose { text, owner }),
        (number(), select(Outcome::ALL), text()).prop_map(|(id, outcome, reason)| {
            Command::CloseHypothesis { hypothesis: HypothesisId(id), outcome, reason }
        }),
        (select(Audience::ALL), text(), text(), prop::option::of(clock())).prop_map(
            |(audience, affected, doing, next_at)| Command::Update { audience, affected, doing, next_at }
        ),
        text().prop_map(|text| Command::Note { text }),
        (text(), text(), clock())
            .prop_map(|(text, owner, due)| { Command::Improve { area: Area::Process, text, owner, due } }),
        (number(), select(Progress::ALL), text()).prop_map(|(id, progress, note)| {
            Command::MoveImprovement { improvement: ImprovementId(id), progress, note }
        }),
    ]
}

fn reports() -> impl Strategy<Value = Command> {
    let action = || number().prop_map(ActionId);
    let report = prop_oneof![
        4 => text().prop_map(|answer| Report::Accepted { answer }),
        1 => text().prop_map(|reason| Report::Failed { reason, outdated: false }),
        1 => text().prop_map(|reason| Report::Unknown { reason }),
    ];
    prop_oneof![
        4 => (action(), report).prop_map(|(action, report)| Command::Report { action, report }),
        1 => (action(), text()).prop_map(|(action, reason)| Command::Deny { action, reason }),
        1 => (action(), 0..4_u8, text()).prop_map(|(action, which, reason)| {
            let settlement = match which {
                0 => Settlement::Failed,
                1 => Settlement::Undone,
                _ => Settlement::Witnessed { holds: which == 2 },
            };
            Command::Settle { action, settlement, reason }
        }),
        1 => (action(), text(), text()).prop_map(|(action, owner, reason)| {
            Command::Account { action, disposition: Disposition::Kept { owner, reason } }
        }),
    ]
}

fn actor() -> impl Strategy<Value = Actor> {
    prop_oneof![
        4 => Just(Actor::person("ana")),
        2 => Just(Actor::person("bo")),
        1 => Just(Actor::Ai("triage".into())),
        3 => Just(Actor::Flightdeck),
    ]
}

/// Makes a command of a wish, by what there is.
fn command(story: &Story, wish: &Wish) -> Command {
    let unseen = |sees: &bool, right: Confirmation| if *sees { right } else { seen(&plan("restart nobody")) };
    match wish {
        Wish::Says(command) => (**command).clone(),
        Wish::Asks(words, sees) => {
            let plan = plan(words);
            let confirmation = unseen(sees, seen(&plan));
            Command::Act { plan, confirmation, runner: "host-1".into() }
        }
        Wish::Approves(number, sees) => {
            let right = story.incident.actions.get(&ActionId(*number)).map(|a| seen(&a.plan));
            let confirmation = unseen(sees, right.unwrap_or_else(|| seen(&plan("restart nobody"))));
            Command::Approve { action: ActionId(*number), confirmation, runner: "host-1".into() }
        }
        Wish::Reads(number, read) => {
            let checks = story.incident.actions.get(&ActionId(*number)).map(|a| a.plan.checks.clone());
            let readings = checks.unwrap_or_default().into_iter().zip(read).map(|(check, read)| {
                let value = read.map(|good| if good { check.expected.clone() } else { "else".into() });
                crate::incident::Reading {
                    check,
                    replica: None,
                    source: None,
                    value,
                    why: None,
                    at: story.now,
                }
            });
            Command::Report { action: ActionId(*number), report: Report::Readings(readings.collect()) }
        }
    }
}

/// The lamps only move as the life of an action allows, one step per event.
fn moves_lawfully(before: &Incident, after: &Incident, event: &Event) {
    for (id, action) in &after.actions {
        let Some(was) = before.actions.get(id) else { continue };
        assert!(
            was.lamp == action.lamp || was.lamp.may_become(action.lamp),
            "{id}: {} became {} by {event:?}",
            was.lamp,
            action.lamp
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn whatever_is_said_the_record_stays_lawful(
        words in prop::collection::vec((wish(), actor(), 0..90_i64), 1..60)
    ) {
        let mut story = Story::p0();
        for (wish, actor, later) in words {
            story.now += chrono::TimeDelta::seconds(later);
            let command = command(&story, &wish);
            let decision = decide(&story.incident, &story.policy, &command, &actor, story.now);
            let Ok(events) = decision else { continue };
            let first = story.entries.len();
            for event in events {
                let before = story.incident.clone();
                story = story.records(actor.clone(), event.clone());
                // What was decided can be applied: each event is taken, and moves lamps lawfully.
                prop_assert_eq!(story.incident.seq, before.seq + 1);
                moves_lawfully(&before, &story.incident, &event);
            }
            // Deadlines and warnings are there for any state.
            let all = deadlines(&story.incident, &story.policy, story.now);
            prop_assert!(all.iter().all(|deadline| deadline.share(story.now).is_finite()));
            let _ = warnings(&story.incident, &story.policy, story.now);
            // News does not come twice: an alert or a reading that changed something changes nothing now.
            let is_news = matches!(command, Command::Alert { .. } | Command::Report { .. } | Command::Tick);
            if is_news && story.entries.len() > first {
                let again = decide(&story.incident, &story.policy, &command, &actor, story.now);
                prop_assert_eq!(again, Ok(vec![]), "{:?}", command);
            }
        }
        // Folding the same entries again, some of them heard twice, gives the same record.
        let mut board = Board::default();
        for entry in &story.entries {
            board.apply(entry);
            board.apply(entry);
        }
        let folded: Option<&Record> = board.record(story.incident.id);
        prop_assert_eq!(folded, Some(&story.record()));
    }

    #[test]
    fn nothing_is_resolved_with_a_mitigation_left_behind(
        words in prop::collection::vec((wish(), actor(), 0..90_i64), 1..60)
    ) {
        let mut story = Story::p0();
        for (wish, actor, later) in words {
            story.now += chrono::TimeDelta::seconds(later);
            let command = command(&story, &wish);
            let Ok(events) = decide(&story.incident, &story.policy, &command, &actor, story.now) else { continue };
            let ends = matches!(command, Command::Resolve { .. } | Command::Merge { .. });
            prop_assert!(!ends || story.incident.unaccounted().next().is_none());
            for event in events {
                story = story.records(actor.clone(), event);
            }
        }
    }
}
