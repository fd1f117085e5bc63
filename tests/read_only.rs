//! Read-only: nothing that anybody says to a hub that only reads is called, and nobody is told of it;
//! of a backend that only reads every operation is refused. Every operation and every command is
//! tried: one that is added later has to be judged here.

#![expect(clippy::unwrap_used, reason = "a test's own data is right")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use flightdeck::adapters::{Adapter, Ask, CallOutcome, Live, LiveAdapter, Mounted, Pending, Rig, Sample};
use flightdeck::channels::{Channel, Delivery, LiveChannel};
use flightdeck::incident::decide;
use flightdeck::incident::policy::{Approval, Confirm};
use flightdeck::incident::rota::Turns;
use flightdeck::incident::{
    ActionId, Actor, AgentReadings, Alert, Area, Audience, Command, Confirmation, Disposition, DraftId,
    Elsewhere, Event, FirstCheck, Glance, HypothesisId, ImprovementId, Incident, IncidentId, Inverse, Lamp,
    Mark, Message, Op, Outcome, Plan, Policy, Progress, Realm, Receipt, Report, Role, Route, Settlement,
    Severity, Text, Time, Topic,
};
use flightdeck::runtime::{Clock, Hub, HubError, dispatch, outbox};
use flightdeck::store::Journal;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const INC: IncidentId = IncidentId(1);
const OTHER: IncidentId = IncidentId(2);

/// Counts what is called.
struct Backend {
    name: Text,
    calls: Arc<AtomicU32>,
}

impl Adapter for Backend {
    fn name(&self) -> &Text {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "fake"
    }

    fn carries(&self) -> Vec<Op> {
        Op::ALL.to_vec()
    }

    fn offers(&self, _: Op, _: &str) -> bool {
        true
    }

    fn plan<'a>(&'a self, ask: &'a Ask) -> Pending<'a, Result<Plan, Text>> {
        Box::pin(async { Ok(plan(&self.name, ask)) })
    }

    fn call<'a>(&'a self, _: &'a str, _: &'a Plan) -> Pending<'a, CallOutcome> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { CallOutcome::Accepted { answer: "done".into(), evidence: vec![] } })
    }

    fn probe<'a>(&'a self, _: &'a Plan) -> Pending<'a, Vec<Sample>> {
        Box::pin(async { vec![] })
    }
}

impl LiveAdapter for Backend {}

fn plan(adapter: &Text, ask: &Ask) -> Plan {
    let Ask { op, target, params } = ask.clone();
    let back = |op| Inverse { op, params: params.clone(), call: "back".into() };
    Plan {
        op,
        target,
        inverse: op.info().inverse.map(back),
        params,
        adapter: adapter.clone(),
        call: "it".into(),
        version: None,
        checks: vec![],
        cautions: vec![],
        limit_s: 5,
        verify_s: 5,
        already: false,
        blind: false,
        destroys_evidence: false,
    }
}

/// Counts what is sent.
struct Wire {
    name: Text,
    sent: Arc<AtomicU32>,
}

impl Channel for Wire {
    fn name(&self) -> &Text {
        &self.name
    }

    fn send<'a>(
        &'a self,
        _: &'a str,
        _: &'a Message,
        _: &'a Incident,
    ) -> flightdeck::channels::Pending<'a, Delivery> {
        self.sent.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Delivery::Delivered { answer: "ok".into(), reference: None } })
    }
}

impl LiveChannel for Wire {}

/// Everybody may do everything; everything is told.
fn policy() -> Policy {
    let mut policy = Policy::built_in();
    let everything = |channel| Route { audiences: Audience::ALL.to_vec(), ..Route::everything(channel) };
    policy.routes = vec![everything("ops"), everything("silent")];
    let turns = |channel: &str| Turns { people: vec!["ana".into()], channel: channel.into() };
    policy.rota.levels = [(0, turns("ops")), (1, turns("ops")), (2, turns("silent"))].into();
    for rule in policy.actions.values_mut() {
        rule.approval = Approval::None;
        rule.confirm = Confirm::Key;
    }
    policy
}

struct Process {
    hub: Hub,
    calls: Arc<AtomicU32>,
    sent: Arc<AtomicU32>,
    cancel: CancellationToken,
}

impl Drop for Process {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

fn process(journal: &Journal, read_only: bool, backend_only_reads: bool) -> Process {
    let (calls, sent) = (Arc::<AtomicU32>::default(), Arc::<AtomicU32>::default());
    let backend = Backend { name: "fake".into(), calls: calls.clone() };
    let mounted = Mounted::new(Box::new(backend), Default::default(), backend_only_reads);
    let rig = Rig::Live(Live::new(vec![Box::new(mounted)]));
    let channels: Vec<Box<dyn LiveChannel>> = vec![Box::new(Wire { name: "ops".into(), sent: sent.clone() })];
    let policy = Arc::new(policy());
    let hub = Hub::with_channels(journal.clone(), policy, Clock::wall(), rig, channels, read_only);
    let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
    tokio::spawn(dispatch::run(hub.clone(), cancel.clone(), tasks.clone()));
    tokio::spawn(outbox::run(hub.clone(), cancel.clone(), tasks));
    tokio::spawn(hub.clone().run(cancel.clone()));
    Process { hub, calls, sent, cancel }
}

fn ana() -> Actor {
    Actor::person("ana")
}

fn target(op: Op) -> Text {
    use flightdeck::incident::Aim;
    match op.info().aim {
        Aim::Agent => "support-1".into(),
        Aim::Level => "1".into(),
        Aim::Alert => "Leak".into(),
        Aim::Person => "ana".into(),
    }
}

fn ask(op: Op) -> Ask {
    let params = op.info().params.iter();
    let default = |raw: &str| if raw.is_empty() { "5".to_owned() } else { raw.to_owned() };
    let params = params.map(|p| (p.name.to_owned(), Text::line(&default(p.default)))).collect();
    Ask { op, target: target(op), params }
}

fn act(adapter: &str, op: Op) -> Command {
    let plan = plan(&adapter.into(), &ask(op));
    let confirmation = Confirmation { digest: plan.digest(), typed: Some(plan.target.clone()) };
    Command::Act { plan, confirmation, runner: "host".into() }
}

fn declare(title: &str) -> Command {
    Command::Declare {
        realm: Realm::Live,
        title: title.into(),
        severity: Severity::P0,
        pattern: None,
        agents: vec!["support-1".parse().unwrap()],
        detected_at: None,
    }
}

/// An incident with something of each kind, made by a process that may write and by an AI actor.
async fn seeded(journal: &Journal) {
    let process = process(journal, false, false);
    let hub = &process.hub;
    hub.until_loaded().await;
    let say = |incident: IncidentId, command: Command, actor: Actor| async move {
        hub.submit(Some(incident), command, &actor).await.unwrap_or_else(|why| {
            unreachable!("the seed is refused: {why}");
        })
    };
    hub.submit(None, declare("one"), &ana()).await.unwrap();
    hub.submit(None, declare("two"), &ana()).await.unwrap();
    say(INC, Command::Assign { role: Role::Commander, holder: "ana".into() }, ana()).await;
    say(INC, act("fake", Op::Isolate), Actor::Ai("helper".into())).await;
    say(INC, Command::Suppose { text: "the prompt".into(), owner: "ana".into() }, ana()).await;
    let update = Command::Update {
        audience: Audience::Customers,
        affected: "mail".into(),
        doing: "we look".into(),
        next_at: None,
    };
    say(INC, update, Actor::Ai("helper".into())).await;
    let (area, text, due) = (Area::ALL[0], Text::line("test it"), later());
    say(INC, Command::Improve { area, text, owner: "ana".into(), due }, ana()).await;
    let board = hub.board();
    let incident = board.incident(INC).unwrap();
    assert_eq!(incident.actions[&ActionId(1)].lamp, Lamp::Proposed, "an AI actor proposes");
    assert!(!incident.outbox.is_empty());
}

fn later() -> Time {
    chrono::Utc::now() + chrono::TimeDelta::days(3)
}

/// One command of each kind, as a person would say it.
fn commands(board: &Incident) -> Vec<Command> {
    let action = ActionId(1);
    let digest = board.actions[&action].plan.digest();
    let reason = || Text::line("because");
    let message = board.outbox.all().next().unwrap().message.id;
    let (affected, doing) = (Text::line("mail"), Text::line("we look"));
    let now = chrono::Utc::now();
    let check =
        FirstCheck { topic: Topic::Drift, source: "x".into(), glance: Glance::Quiet, found: "y".into() };
    let heard = Elsewhere {
        source: "pagerduty".into(),
        id: "01ABC".into(),
        called: "Q1".into(),
        by: None,
        acknowledges: false,
        text: "annotated".into(),
        at: now,
    };
    let alert = Alert {
        key: "k9".into(),
        group: "g".into(),
        source: "test".into(),
        name: "Leak".into(),
        summary: "it leaks".into(),
        criticality: "CRITICAL".into(),
        category: "".into(),
        severity: None,
        agent: None,
        starts_at: Some(now),
        labels: vec![],
    };
    let recovered = AgentReadings { agent: "support-1".parse().unwrap(), readings: vec![], trouble: None };
    let confirmation = Confirmation { digest, typed: Some("support-1".into()) };
    vec![
        declare("three"),
        Command::Alert { realm: Realm::Live, alert },
        Command::ResolveAlert { key: "k1".into(), at: now },
        Command::AddAgent { agent: "support-2".parse().unwrap() },
        Command::Acknowledge,
        Command::SetMark { mark: Mark::T4, at: None, reason: Some(reason()) },
        Command::Classify { severity: Severity::P1, pattern: None, reason: Some(reason()) },
        Command::Assign { role: Role::Scribe, holder: "bo".into() },
        Command::ReleaseRole { role: Role::Scribe },
        act("fake", Op::Isolate),
        Command::Approve { action, confirmation, runner: "host".into() },
        Command::Report { action, report: Report::Unknown { reason: reason() } },
        Command::Settle { action, settlement: Settlement::Undone, reason: reason() },
        Command::Account { action, disposition: Disposition::Undo },
        Command::StoreEvidence {
            action: None,
            name: "log".into(),
            bytes: 1,
            sha256: "0".repeat(64).as_str().into(),
            from: None,
            to: None,
            redacted: None,
        },
        Command::Suppose { text: "the model".into(), owner: "bo".into() },
        Command::CloseHypothesis { hypothesis: HypothesisId(1), outcome: Outcome::ALL[0], reason: reason() },
        Command::Update {
            audience: Audience::Engineering,
            affected: affected.clone(),
            doing: doing.clone(),
            next_at: None,
        },
        Command::SendDraft { draft: DraftId(1), affected, doing, next_at: None },
        Command::DropDraft { draft: DraftId(1), reason: reason() },
        Command::Deliver { message, receipt: Receipt::Delivered { answer: reason(), reference: None } },
        Command::RetryMessage { message },
        Command::DropMessage { message, reason: reason() },
        Command::Note { text: reason() },
        Command::Decide { text: "we wait".into(), reason: reason() },
        Command::PinLine {
            agent: "support-1".into(),
            source: "x".into(),
            offset: 0,
            sha256: "0".repeat(64).as_str().into(),
            logged_at: None,
            text: "line".into(),
        },
        Command::Escalate { level: 1, reason: Some(reason()) },
        Command::BringIn { level: 1, found: Err(reason()), runner: "host".into() },
        Command::Absorb { other: OTHER },
        Command::Recover { agents: vec![recovered] },
        Command::Improve { area: Area::ALL[0], text: "more".into(), owner: "bo".into(), due: later() },
        Command::MoveImprovement {
            improvement: ImprovementId(1),
            progress: Progress::ALL[0],
            note: reason(),
        },
        Command::SaveReview { revision: 1, sha256: "0".repeat(64).as_str().into() },
        Command::Digest { day: now.date_naive(), count: 1, text: reason() },
        Command::FirstCheck { check },
        Command::Hear { heard },
        Command::Tick,
        Command::Deny { action, reason: reason() },
        Command::Merge { into: OTHER, reason: reason() },
        Command::Resolve { summary: reason(), despite: Some(reason()) },
        Command::Reopen { reason: reason() },
    ]
}

/// What would reach the world.
fn leaves(event: &Event) -> bool {
    matches!(
        event,
        Event::ActionRequested { .. } | Event::MessageQueued { .. } | Event::MessageRetried { .. }
    )
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_only_reads_refuses_every_command_that_would_lead_to_a_call_or_a_message() {
    let journal = Journal::memory(Realm::Live).unwrap();
    seeded(&journal).await;
    let before = journal.position().await.unwrap();
    let process = process(&journal, true, false);
    let hub = &process.hub;
    hub.until_loaded().await;
    let all = commands(hub.board().incident(INC).unwrap());
    let words: BTreeSet<&str> = all.iter().map(Command::word).collect();
    assert_eq!(words, Command::WORDS.iter().copied().collect(), "every command is tried");
    let mut refused = BTreeSet::new();
    for command in all {
        let target =
            if matches!(command, Command::Declare { .. } | Command::Alert { .. }) { None } else { Some(INC) };
        let incident = hub.board().incident(INC).cloned().unwrap();
        let of = target.map_or(Incident::blank(IncidentId(9)), |_| incident);
        let would = decide(&of, hub.policy(), &command, &ana(), hub.clock().now());
        let said = hub.submit(target, command.clone(), &ana()).await;
        // An act needs a plan of this very policy to be allowed; it is refused before it is decided.
        let acts = matches!(command, Command::Act { .. } | Command::Approve { .. });
        if acts || would.is_ok_and(|events| events.iter().any(leaves)) {
            let Err(HubError::Refused(refusal)) = said else {
                unreachable!("{command:?} was taken: {said:?}")
            };
            assert_eq!(refusal.rule, "--read-only", "{command:?}: {refusal}");
            refused.insert(command.word());
        }
    }
    for must in ["act", "declare", "update", "escalate", "send-draft"] {
        assert!(refused.contains(must), "{must} is not in {refused:?}");
    }
    for (_, entry) in journal.read_all_after(before, 10_000).await.unwrap() {
        assert!(!leaves(&entry.event), "{:?}", entry.event);
    }
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    assert_eq!((process.calls.load(Ordering::SeqCst), process.sent.load(Ordering::SeqCst)), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn every_operation_and_every_approval_is_refused_by_a_hub_and_by_a_backend_that_only_reads() {
    let journal = Journal::memory(Realm::Live).unwrap();
    seeded(&journal).await;
    for (read_only, backend_only_reads, rule) in [(true, false, "--read-only"), (false, true, "read_only")] {
        let process = process(&journal, read_only, backend_only_reads);
        let hub = &process.hub;
        hub.until_loaded().await;
        let digest = hub.board().incident(INC).unwrap().actions[&ActionId(1)].plan.digest();
        let confirmation = Confirmation { digest, typed: Some("support-1".into()) };
        let approve = Command::Approve { action: ActionId(1), confirmation, runner: "host".into() };
        // Undoing, silencing, escalating: each is an operation of its own here.
        let all = Op::ALL.iter().map(|op| act("fake", *op)).chain([approve]);
        for command in all {
            let said = hub.submit(Some(INC), command.clone(), &ana()).await;
            let Err(HubError::Refused(refusal)) = said else { unreachable!("{command:?} was taken") };
            assert_eq!(refusal.rule, rule, "{command:?}: {refusal}");
        }
        // Whoever comes past the hub finds the adapter itself shut.
        if backend_only_reads {
            let plan = plan(&"fake".into(), &ask(Op::Isolate));
            let called = hub.rig().by_name("fake").unwrap().call("k", &plan).await;
            assert!(matches!(called, CallOutcome::Failed(_)), "{called:?}");
        }
        assert_eq!(process.calls.load(Ordering::SeqCst), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_paged_through_a_channel_that_may_not_send() {
    let journal = Journal::memory(Realm::Live).unwrap();
    seeded(&journal).await;
    let process = process(&journal, false, false);
    let hub = &process.hub;
    hub.until_loaded().await;
    let escalate = |level: &str| {
        let Ask { op, params, .. } = ask(Op::Escalate);
        let plan =
            flightdeck::incident::outbox::plan(hub.policy(), op, &level.into(), &params, hub.clock().now())
                .unwrap();
        let confirmation = Confirmation { digest: plan.digest(), typed: Some(plan.target.clone()) };
        Command::Act { plan, confirmation, runner: "host".into() }
    };
    let said = hub.submit(Some(INC), escalate("2"), &ana()).await;
    let Err(HubError::Refused(refusal)) = said else { unreachable!("taken") };
    assert_eq!(refusal.rule, "read_only", "{refusal}");
    assert!(refusal.to_string().contains("nobody is paged through 'silent'"), "{refusal}");
    hub.submit(Some(INC), escalate("1"), &ana()).await.unwrap();
}
