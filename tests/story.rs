//! Whole incidents through the one door: hub, dispatch, probes and the simulated fleet, in paused
//! time.

#![expect(clippy::panic, reason = "a story that does not come true says so")]

use std::sync::Arc;
use std::time::Duration;

use flightdeck::adapters::Ask;
use flightdeck::incident::{
    Actor, Command, Confirmation, Event, Incident, IncidentId, Judged, Lamp, Mark, Naming, Op, Params,
    Pattern, Policy, Realm, Role, Severity, Text, Time, Topic,
};
use flightdeck::runtime::drill::{self, Run, Simulation};
use flightdeck::runtime::first::{self, Questions};
use flightdeck::runtime::{Clock, Hub, dispatch, watch};
use flightdeck::sim::Scenario;
use flightdeck::store::Journal;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A drill under way, as one person sees it.
struct Stage {
    hub: Hub,
    ana: Actor,
    cancel: CancellationToken,
}

const INC: IncidentId = IncidentId(1);

impl Stage {
    fn open(scenario: &str) -> Self {
        let start = Time::from_timestamp(1_763_700_000, 0).expect("a time");
        let scenario = Scenario::named(scenario).expect("a scenario");
        let run = Run { scenario: scenario.name.to_string(), seed: scenario.seed, start, speed: 1.0 };
        let clock = Clock::running(start, run.speed);
        let simulation = Arc::new(Simulation::new(&scenario, &run, clock.clone()));
        let journal = Journal::memory(Realm::Drill).expect("memory");
        let hub = Hub::new(journal, Arc::new(Policy::built_in()), clock, simulation.rig(), false);
        let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
        tokio::spawn(dispatch::run(hub.clone(), cancel.clone(), tasks.clone()));
        tokio::spawn(watch::run(hub.clone(), cancel.clone(), tasks.clone()));
        tokio::spawn(hub.clone().run(cancel.clone()));
        tokio::spawn(drill::run(hub.clone(), simulation, cancel.clone()));
        Self { hub, ana: Actor::person("ana"), cancel }
    }

    fn incident(&self) -> Option<Incident> {
        self.hub.board().incident(INC).cloned()
    }

    /// Lets time pass until the incident is so; panics with its timeline after ten minutes.
    async fn until(&self, what: &str, so: impl Fn(&Incident) -> bool) -> Incident {
        for _ in 0..6_000 {
            if let Some(incident) = self.incident().filter(&so) {
                return incident;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("never: {what}\n{}", self.timeline().join("\n"));
    }

    fn timeline(&self) -> Vec<String> {
        let board = self.hub.board();
        let entries = board.record(INC).map(|r| r.entries.clone()).unwrap_or_default();
        entries.iter().map(|entry| flightdeck::incident::telling::tell(entry, Naming::P)).collect()
    }

    async fn say(&self, command: Command) {
        self.hub.submit(Some(INC), command, &self.ana).await.expect("allowed");
    }

    async fn act(&self, op: Op, target: &str, params: &[(&str, &str)]) {
        let params: Params = params.iter().map(|(k, v)| ((*k).to_owned(), Text::line(v))).collect();
        let ask = Ask { op, target: target.into(), params };
        let plan = self.hub.plan(INC, ask).await.expect("planned");
        let confirmation = Confirmation { digest: plan.digest(), typed: Some(plan.target.clone()) };
        self.say(Command::Act { plan, confirmation, runner: self.hub.runner() }).await;
    }

    async fn lamp(&self, op: Op, lamp: Lamp) -> Incident {
        let so = |i: &Incident| i.actions.values().any(|a| a.plan.op == op && a.lamp == lamp);
        self.until(&format!("{op} {lamp}"), so).await
    }

    async fn take_over(&self) -> Incident {
        let incident = self.until("an alert declares", |i| i.seq > 0).await;
        self.say(Command::Acknowledge).await;
        self.say(Command::Assign { role: Role::Commander, holder: "ana".into() }).await;
        let (severity, pattern) = (incident.severity, Some(Pattern::Boundary));
        self.say(Command::Classify { severity, pattern, reason: None }).await;
        incident
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

#[tokio::test(start_paused = true)]
async fn d11_whoever_drills_for_the_first_time_finds_the_first_checks_answered() {
    for (scenario, expected) in [
        (
            "data-leak",
            &[
                ("simulated: support-1", "1 in the 2h before: configuration support-r41 -> support-r42"),
                (
                    "configuration of support-1",
                    "DRIFT: support-r42 runs, and support-r41 is what was reviewed",
                ),
                ("llm provider", "200 in "),
                ("session cache", "PONG in "),
                ("vitals of the fleet", "1 of 7 agents read out of range at "),
                ("incidents on record", "nothing like it is on record"),
                ("who can be paged here", " at level 1"),
            ][..],
        ),
        ("llm-outage", &[("llm provider", "DOWN: it answers 503, not 200"), ("tool gateway", "200 in ")]),
    ] {
        let stage = Stage::open(scenario);
        let tasks = TaskTracker::new();
        tokio::spawn(first::run(stage.hub.clone(), Questions::default(), stage.cancel.clone(), tasks));
        let topics: Vec<Topic> = Topic::ALL.to_vec();
        let has_all = |i: &Incident| topics.iter().all(|t| i.first.iter().any(|check| check.topic == *t));
        let incident = stage.until("every first check is answered", has_all).await;
        for (source, words) in expected {
            let said = incident.first.iter().find(|check| check.source.as_str() == *source);
            let said = said.map(|check| check.found.to_string()).unwrap_or_default();
            assert!(said.contains(words), "{scenario}, {source}: {said}\n{}", stage.timeline().join("\n"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a3_a_data_leak_is_contained_only_when_probes_say_so_and_then_repaired() {
    let stage = Stage::open("data-leak");
    let incident = stage.take_over().await;
    assert_eq!(incident.severity, Severity::P0);
    let agent = incident.agents[0].to_string();

    stage.act(Op::Isolate, &agent, &[]).await;
    let accepted = stage.lamp(Op::Isolate, Lamp::Accepted).await;
    assert_eq!(accepted.mark(Mark::T3), None, "accepted is not contained");
    let verified = stage.lamp(Op::Isolate, Lamp::Verified).await;
    let action = verified.actions.values().next().expect("one action");
    assert_eq!(verified.mark(Mark::T3), action.verified_at, "T3 is stamped at verified");
    assert_eq!(Judged::all(&action.readings).len(), 3, "A3: three checks");

    stage.act(Op::Snapshot, &agent, &[]).await;
    stage.lamp(Op::Snapshot, Lamp::Verified).await;
    stage.act(Op::RollbackConfig, &agent, &[("to", "backup")]).await;
    // A10: nothing shows that an agent is healthy while it does not run.
    let stopped = stage.lamp(Op::RollbackConfig, Lamp::Unverified).await;
    let rollback = stopped.actions.values().find(|action| action.plan.op == Op::RollbackConfig);
    let rollback = rollback.expect("it was asked for");
    let holds: Vec<bool> = Judged::all(&rollback.readings).iter().map(Judged::holds).collect();
    assert_eq!(holds, [true, false], "{:?}", rollback.readings);
    assert!(rollback.next_step().contains("it does not run"), "{}", rollback.next_step());
    let refusal = stage
        .hub
        .submit(Some(INC), Command::Resolve { summary: "contained".into(), despite: None }, &stage.ana)
        .await
        .expect_err("an isolation is still in force");
    assert!(refusal.to_string().contains("isolate"), "{refusal}");

    stage.act(Op::Release, &agent, &[]).await;
    stage.lamp(Op::Isolate, Lamp::Undone).await;
    let released = stage.lamp(Op::RollbackConfig, Lamp::Verified).await;
    for action in released.unaccounted() {
        let disposition =
            flightdeck::incident::Disposition::Kept { owner: "ben".into(), reason: "until the fix".into() };
        stage.say(Command::Account { action: action.id, disposition }).await;
    }
    // B6: it ends on what is read of the agent, without a word to the contrary.
    stage
        .say(Command::Resolve { summary: "the prompt that leaked was rolled back".into(), despite: None })
        .await;
    let entries = stage.hub.board().record(INC).expect("there").entries.clone();
    let end = entries.iter().rev().find_map(|entry| {
        let Event::Resolved { recovery, despite, .. } = &entry.event else { return None };
        Some((recovery.clone(), despite.clone()))
    });
    let (recovery, despite) = end.expect("it ended");
    let read: Vec<String> = Judged::all(&recovery[0].readings).iter().map(|j| j.check.to_string()).collect();
    assert_eq!(read, ["error_rate < 1", "p95 < 2", "satisfaction > 90"]);
    assert!(recovery[0].readings.iter().all(|r| r.holds()) && despite.is_none(), "{recovery:?}");
    let evidence = stage.incident().expect("there").evidence;
    assert!(evidence.len() >= 3, "A4: logs, state, API history: {evidence:?}");
}

#[tokio::test(start_paused = true)]
async fn b6_a_drill_that_still_burns_is_not_over_for_anybody_s_asking() {
    let stage = Stage::open("data-leak");
    stage.take_over().await;
    let resolve = |despite: Option<&str>| Command::Resolve {
        summary: "nothing to see here".into(),
        despite: despite.map(Text::from),
    };
    let refusal = stage.hub.submit(Some(INC), resolve(None), &stage.ana).await.expect_err("it burns");
    assert!(refusal.to_string().contains("recovery is not proved: support-1"), "{refusal}");
    let read = |entry: &Arc<flightdeck::incident::Entry>| matches!(&entry.event, Event::RecoveryRead { .. });
    assert!(stage.hub.board().record(INC).expect("there").entries.iter().any(read), "on record");
    let ben = Actor::person("ben");
    let refusal = stage.hub.submit(Some(INC), resolve(Some("so")), &ben).await.expect_err("ana commands");
    assert!(refusal.to_string().contains("ask ana, who commands"), "{refusal}");
    stage.say(resolve(Some("the agent is retired with all its customers"))).await;
    assert!(stage.timeline().last().is_some_and(|line| line.contains("recovery is not proved: the agent")));
}

#[tokio::test(start_paused = true)]
async fn nothing_left_behind_an_undo_on_the_way_to_the_end_is_proved_before_the_end() {
    let stage = Stage::open("data-leak");
    let incident = stage.take_over().await;
    let agent = incident.agents[0].to_string();
    stage.act(Op::Isolate, &agent, &[]).await;
    let isolated = stage.lamp(Op::Isolate, Lamp::Verified).await;
    let action = *isolated.actions.keys().next().expect("one action");
    let resolve = || Command::Resolve {
        summary: "contained".into(),
        despite: Some("the release is what is tested".into()),
    };
    let refused = async |words: &str| {
        let refusal = stage.hub.submit(Some(INC), resolve(), &stage.ana).await.expect_err("it is in force");
        assert!(refusal.to_string().contains(words), "{refusal} does not say '{words}'");
    };

    let disposition = flightdeck::incident::Disposition::Undo;
    stage.say(Command::Account { action, disposition }).await;
    refused("undo each, hand it over with a date, or say who keeps it").await;
    stage.act(Op::Release, &agent, &[]).await;
    refused("wait until it is proved undone").await;
    stage.lamp(Op::Release, Lamp::Accepted).await;
    refused("its undo A2 is accepted").await;
    let released = stage.lamp(Op::Isolate, Lamp::Undone).await;
    assert_eq!(released.unaccounted().count(), 0);
    stage.say(resolve()).await;
    assert!(stage.hub.board().in_force(stage.hub.clock().now()).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_second_replica_that_goes_on_working_is_seen_as_leaking() {
    let stage = Stage::open("leaking-isolation");
    let incident = stage.take_over().await;
    let agent = incident.agents[0].to_string();
    stage.act(Op::Isolate, &agent, &[]).await;
    stage.lamp(Op::Isolate, Lamp::Verified).await;
    let leaking = stage.lamp(Op::Isolate, Lamp::Leaking).await;
    assert!(leaking.leaking_since().is_some());
    let action = leaking.actions.values().find(|a| a.lamp == Lamp::Leaking).expect("it leaks");
    let told: Vec<String> = Judged::all(&action.readings).iter().map(Judged::to_string).collect();
    assert!(told[0].contains("replica 2 running; 1 of 2 hold"), "which replica leaks: {told:?}");
    assert!(leaking.mark(Mark::T3).is_some(), "what was stamped stays; control is lost all the same");
    // Isolating again stops it for real.
    stage.act(Op::Isolate, &agent, &[]).await;
    let so =
        |i: &Incident| i.leaking_since().is_none() && i.actions.values().all(|a| a.lamp == Lamp::Verified);
    stage.until("contained for real", so).await;
}

#[tokio::test(start_paused = true)]
async fn b4_what_an_ai_actor_proposes_waits_for_a_person_and_runs_out() {
    let stage = Stage::open("data-leak");
    stage.take_over().await;
    let proposed = |i: &Incident| i.actions.values().any(|a| matches!(a.asked_by, Actor::Ai(_)));
    let incident = stage.until("an AI actor proposes", proposed).await;
    let action = incident.actions.values().find(|a| matches!(a.asked_by, Actor::Ai(_))).expect("proposed");
    assert_eq!(action.lamp, Lamp::Proposed);
    let so = |i: &Incident| i.actions.values().any(|a| a.lamp == Lamp::Expired);
    let expired = stage.until("it runs out", so).await;
    let action = &expired.actions[&action.id];
    assert_eq!((action.changed_at - action.asked_at).num_seconds(), 120, "P0: at most two minutes");
    assert_eq!(action.requested_at, None, "nothing was called");
}

#[tokio::test(start_paused = true)]
async fn b12_the_same_alert_again_makes_no_second_incident() {
    let stage = Stage::open("data-leak");
    stage.take_over().await;
    let alert = stage.incident().expect("there").alerts[0].alert.clone();
    for _ in 0..3 {
        let command = Command::Alert { realm: Realm::Drill, alert: alert.clone() };
        let done = stage.hub.submit(None, command, &Actor::Flightdeck).await.expect("taken");
        assert_eq!(done.incident, INC);
        assert!(done.entries.is_empty());
    }
    assert_eq!(stage.hub.board().incidents().count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_runner_is_gone_is_in_doubt_and_settled_by_the_reading() {
    let stage = Stage::open("data-leak");
    let incident = stage.take_over().await;
    let ask = Ask { op: Op::Isolate, target: incident.agents[0].as_str().into(), params: Params::new() };
    let plan = stage.hub.plan(INC, ask).await.expect("planned");
    let confirmation = Confirmation { digest: plan.digest(), typed: Some(plan.target.clone()) };
    stage.say(Command::Act { plan, confirmation, runner: "deadbeef".into() }).await;
    let doubtful = stage.lamp(Op::Isolate, Lamp::InDoubt).await;
    assert_eq!(doubtful.mark(Mark::T3), None);
    let entries = stage.hub.board().record(INC).expect("there").entries.clone();
    assert!(entries.iter().any(|e| matches!(e.event, Event::ActionInDoubt { .. })));
    assert!(!entries.iter().any(|e| matches!(e.event, Event::ActionAccepted { .. })), "never run again");
}

#[tokio::test(start_paused = true)]
async fn d10_a_delivered_escalation_puts_its_level_on_record() {
    let stage = Stage::open("data-leak");
    stage.take_over().await;
    stage.act(Op::Escalate, "1", &[("reason", "we need database people")]).await;
    let so = |i: &Incident| i.escalations.contains_key(&1);
    stage.until("level 1 was brought in", so).await;
}

#[tokio::test(start_paused = true)]
async fn merging_is_on_record_in_both_incidents_or_in_neither() {
    let stage = Stage::open("data-leak");
    stage.take_over().await;
    let declare = Command::Declare {
        realm: Realm::Drill,
        title: "customers complain about strange mail".into(),
        severity: Severity::P1,
        pattern: None,
        agents: vec![],
        detected_at: None,
    };
    let other = stage.hub.submit(None, declare, &stage.ana).await.expect("declared").incident;
    let merge = |into| Command::Merge { into, reason: "the same leak".into() };
    let nowhere = stage.hub.submit(Some(other), merge(IncidentId(99)), &stage.ana).await;
    assert!(nowhere.is_err(), "there is no INC-99");
    assert!(stage.hub.board().incident(other).expect("there").is_open());
    stage.hub.submit(Some(other), merge(INC), &stage.ana).await.expect("merged");
    let board = stage.hub.board();
    assert_eq!(board.incident(other).expect("there").status, flightdeck::incident::Status::Merged(INC));
    assert_eq!(board.incident(INC).expect("there").absorbed, [other]);
}
