//! The outbox at work, in paused time: channels that fail, hang, answer late or never, and
//! processes that die between sending and remembering.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test's own data is right, and what never comes is told"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flightdeck::adapters::{Adapter, Ask, CallOutcome, Live, LiveAdapter, Rig, Sample};
use flightdeck::channels::{Channel, Delivery, LiveChannel, Pending};
use flightdeck::incident::outbox::ChannelStanding;
use flightdeck::incident::policy::PerSeverity;
use flightdeck::incident::rota::Turns;
use flightdeck::incident::{
    Actor, Audience, Command, Incident, IncidentId, Lamp, Message, MessageId, MessageKind, MessageState,
    Naming, Op, Plan, Policy, Realm, Route, Severity, Text, Time, warnings,
};
use flightdeck::runtime::{Clock, Hub, dispatch, outbox, watch};
use flightdeck::store::{Journal, Opening};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const INC: IncidentId = IncidentId(1);

/// What a channel does with its next messages, one after the other; then it delivers.
#[derive(Clone, Copy, Debug)]
enum Mood {
    Fail,
    Refuse,
    /// Takes it, and nobody hears of it.
    Half,
    /// Asks to be left alone for so long.
    Later(u64),
    Panic,
}

/// What arrived, by channel: the key, and what it says.
type Arrived = Arc<Mutex<BTreeMap<Text, Vec<(String, String)>>>>;

struct Fake {
    name: Text,
    moods: Mutex<Vec<Mood>>,
    arrived: Arrived,
}

impl Fake {
    fn take(&self, key: &str, message: &Message) {
        let mut arrived = self.arrived.lock().unwrap();
        arrived.entry(self.name.clone()).or_default().push((key.to_owned(), message.subject.to_string()));
    }
}

impl Channel for Fake {
    fn name(&self) -> &Text {
        &self.name
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn send<'a>(&'a self, key: &'a str, message: &'a Message, _: &'a Incident) -> Pending<'a, Delivery> {
        Box::pin(async move {
            let mood = {
                let mut moods = self.moods.lock().unwrap();
                (!moods.is_empty()).then(|| moods.remove(0))
            };
            match mood {
                None => {
                    self.take(key, message);
                    Delivery::Delivered { answer: "200 OK".into(), reference: Some("thread-1".into()) }
                }
                Some(Mood::Fail) => Delivery::Failed { why: "503".into(), retry_after: None },
                Some(Mood::Refuse) => Delivery::Refused("404 no such channel".into()),
                Some(Mood::Half) => {
                    self.take(key, message);
                    std::future::pending().await
                }
                Some(Mood::Later(seconds)) => {
                    let retry_after = Some(Duration::from_secs(seconds));
                    Delivery::Failed { why: "429".into(), retry_after }
                }
                Some(Mood::Panic) => panic!("a channel's own bug"),
            }
        })
    }
}

impl LiveChannel for Fake {}

/// A process that delivers.
struct Post {
    hub: Hub,
    cancel: CancellationToken,
    tasks: TaskTracker,
    arrived: Arrived,
}

impl Drop for Post {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

fn policy() -> Policy {
    let mut policy = Policy::built_in();
    policy.routes = vec![Route::everything("chat"), Route::everything("pager")];
    policy
}

fn declare(title: &str, severity: Severity) -> Command {
    Command::Declare {
        realm: Realm::Live,
        title: title.into(),
        severity,
        pattern: None,
        agents: vec![],
        detected_at: None,
    }
}

fn journal(path: Option<&Path>) -> Journal {
    match path {
        Some(path) => Journal::open(path, &Opening::write(Realm::Live)).unwrap(),
        None => Journal::memory(Realm::Live).unwrap(),
    }
}

fn start(journal: Journal, policy: Policy, moods: &[(&str, &[Mood])], read_only: bool) -> Post {
    let arrived = Arrived::default();
    let channel = |name: &str| -> Box<dyn LiveChannel> {
        let moods =
            moods.iter().find(|(n, _)| *n == name).map(|(_, moods)| moods.to_vec()).unwrap_or_default();
        Box::new(Fake { name: name.into(), moods: Mutex::new(moods), arrived: arrived.clone() })
    };
    let channels = ["chat", "pager"].map(channel).into();
    let clock = Clock::running(Time::from_timestamp(1_763_700_000, 0).unwrap(), 1.0);
    let hub = Hub::with_channels(
        journal,
        Arc::new(policy),
        clock,
        Rig::Live(Live::new(vec![])),
        channels,
        read_only,
    );
    let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
    tokio::spawn(outbox::run(hub.clone(), cancel.clone(), tasks.clone()));
    tokio::spawn(watch::run(hub.clone(), cancel.clone(), tasks.clone()));
    tokio::spawn(hub.clone().run(cancel.clone()));
    Post { hub, cancel, tasks, arrived }
}

impl Post {
    fn open(moods: &[(&str, &[Mood])]) -> Self {
        start(journal(None), policy(), moods, false)
    }

    async fn says(&self, command: Command) {
        self.hub.submit(Some(INC), command, &Actor::person("ana")).await.unwrap();
    }

    async fn declares(&self) {
        self.declares_a(Severity::P0).await;
    }

    async fn declares_a(&self, severity: Severity) {
        self.hub.submit(None, declare("mails leave", severity), &Actor::person("ana")).await.unwrap();
    }

    async fn updates(&self, words: &str) {
        let audience = Audience::Engineering;
        let (affected, doing) = ("mails".into(), words.into());
        self.says(Command::Update { audience, affected, doing, next_at: None }).await;
    }

    async fn until(&self, what: &str, so: impl Fn(&Incident) -> bool) -> Incident {
        for _ in 0..6_000 {
            let found = self.hub.board().incident(INC).filter(|incident| so(incident)).cloned();
            if let Some(incident) = found {
                return incident;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let board = self.hub.board();
        let entries = &board.record(INC).unwrap().entries;
        let told: Vec<String> =
            entries.iter().map(|entry| flightdeck::incident::telling::tell(entry, Naming::P)).collect();
        panic!("never: {what}\n{}", told.join("\n"));
    }

    async fn all_settled(&self) -> Incident {
        self.until("nothing waits", |i| i.outbox.waiting().count() == 0).await
    }

    fn keys(&self, channel: &str) -> Vec<String> {
        let arrived = self.arrived.lock().unwrap();
        arrived.get(&Text::line(channel)).into_iter().flatten().map(|(key, _)| key.clone()).collect()
    }
}

fn state(incident: &Incident, number: u32) -> &MessageState {
    &incident.outbox.get(MessageId(number)).unwrap().state
}

#[tokio::test(start_paused = true)]
async fn messages_arrive_in_order_per_channel_and_one_that_fails_holds_up_no_other_channel() {
    let post = Post::open(&[("chat", &[Mood::Fail, Mood::Fail, Mood::Fail])]);
    post.declares().await;
    for words in ["one", "two", "three"] {
        post.updates(words).await;
    }
    let so = |i: &Incident| *state(i, 8) == MessageState::Delivered;
    let now = post.until("the pager has everything", so).await;
    assert_eq!(now.outbox.waiting().count(), 4, "the chat has nothing yet");
    let done = post.all_settled().await;
    let journal = post.hub.journal().id().to_string();
    let keys = |numbers: [u32; 4]| numbers.map(|n| format!("{journal}-INC-1-M{n}")).to_vec();
    assert_eq!(post.keys("chat"), keys([1, 3, 5, 7]), "declared, then the updates as they were written");
    assert_eq!(post.keys("pager"), keys([2, 4, 6, 8]));
    assert_eq!(done.outbox.get(MessageId(1)).unwrap().tries, 3);
    assert_eq!(done.outbox.reference("chat").unwrap(), "thread-1");
}

#[tokio::test(start_paused = true)]
async fn e1_tries_with_growing_waits_and_then_it_is_stated_that_nobody_was_told() {
    let mut hasty = policy();
    let [p0, ..] = Severity::ALL.map(|severity| hasty.notify_within.of(severity));
    hasty.notify_within = PerSeverity { p0, p1: p0, p2: p0, p3: p0 };
    let post = start(journal(None), hasty, &[("chat", &[Mood::Fail; 9])], false);
    post.declares().await;
    let began = tokio::time::Instant::now();
    let done = post.all_settled().await;
    let took = began.elapsed().as_secs_f64();
    // 1 + 2 + 4 + 8 … s, each spread from half to one and a half of itself, past the 30 s of a P0.
    assert!((30.0..90.0).contains(&took), "{took}");
    let sent = done.outbox.get(MessageId(1)).unwrap();
    assert!((5..=9).contains(&sent.tries), "{}", sent.tries);
    assert_eq!(sent.standing(), format!("NOT TOLD, given up after {} tries: 503", sent.tries));
    assert!(post.keys("chat").is_empty());
    // By hand it is tried anew, as the same message; the next message of the channel went its way.
    post.updates("next").await;
    post.says(Command::RetryMessage { message: MessageId(1) }).await;
    let done = post.all_settled().await;
    assert_eq!(*state(&done, 1), MessageState::Delivered);
    assert_eq!(post.keys("chat").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_for_good_is_not_tried_again_and_the_next_one_is() {
    let post = Post::open(&[("chat", &[Mood::Refuse])]);
    post.declares().await;
    post.updates("next").await;
    let done = post.all_settled().await;
    let sent = done.outbox.get(MessageId(1)).unwrap();
    assert_eq!(sent.standing(), "NOT TOLD, given up after 1 try: 404 no such channel");
    assert_eq!(*state(&done, 3), MessageState::Delivered);
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_takes_it_and_never_answers_gets_the_same_key_again() {
    let post = Post::open(&[("chat", &[Mood::Half, Mood::Half])]);
    post.declares().await;
    let so = |i: &Incident| i.outbox.get(MessageId(1)).unwrap().tries == 1;
    let failing = post.until("the first try is over", so).await;
    let words = failing.outbox.get(MessageId(1)).unwrap().standing();
    assert_eq!(words, "waiting, 1 try failed: it may have arrived: no answer within 10 s");
    post.all_settled().await;
    let keys = post.keys("chat");
    assert!(keys.len() == 3 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured_and_bounded() {
    for (asked, least, most) in [(30, 30.0, 31.0), (86_400, 60.0, 61.0)] {
        let post = Post::open(&[("chat", &[Mood::Later(asked)])]);
        post.declares().await;
        let began = tokio::time::Instant::now();
        post.all_settled().await;
        let took = began.elapsed().as_secs_f64();
        assert!((least..most).contains(&took), "{asked}: {took}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_panics_takes_nothing_else_with_it() {
    let post = Post::open(&[("chat", &[Mood::Panic])]);
    post.declares().await;
    post.all_settled().await;
    assert_eq!((post.keys("chat").len(), post.keys("pager").len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_a_process_left_behind_the_next_one_sends_under_the_same_key() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let first =
        start(journal(Some(&path)), policy(), &[("chat", &[Mood::Half]), ("pager", &[Mood::Half])], false);
    first.declares().await;
    // Sent, and it dies before anything is on record.
    while first.keys("chat").is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let before = first.keys("chat");
    first.cancel.cancel();
    first.tasks.close();
    drop(first);
    let second = start(journal(Some(&path)), policy(), &[], false);
    second.until("it is on record", |i| *state(i, 1) == MessageState::Delivered).await;
    assert_eq!(second.keys("chat"), before);
}

/// A hub that had not read the journal yet took every new incident for the first one: the person
/// on call was paged for another.
#[tokio::test(start_paused = true)]
async fn what_is_told_of_a_new_incident_names_it_though_the_journal_was_not_read_yet() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    for title in ["first", "second"] {
        let clock = Clock::running(Time::from_timestamp(1_763_700_000, 0).unwrap(), 1.0);
        let rig = Rig::Live(Live::new(vec![]));
        let hub = Hub::new(journal(Some(&path)), Arc::new(policy()), clock, rig, false);
        let done = hub.submit(None, declare(title, Severity::P1), &Actor::person("ana")).await.unwrap();
        let board = hub.board();
        let incident = board.incident(done.incident).unwrap();
        let subject = &incident.outbox.get(MessageId(1)).unwrap().message.subject;
        assert!(subject.as_str().contains(&format!("{}: {title}", done.incident)), "{subject}");
    }
}

/// The time by which a P0 must be told is the shortest, and was how long it was tried: what is worst
/// was given up first, and a page of "within 5m" after half a minute.
#[tokio::test(start_paused = true)]
async fn b12_a_p0_and_its_pages_are_tried_no_shorter_than_a_p3_and_it_is_said_that_they_are_late() {
    // 1 + 2 + 4 … 60 s, and so on: down for about ten minutes.
    let post = start(journal(None), all_by_chat(), &[("chat", &[Mood::Fail; 28])], false);
    post.declares().await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let late =
        post.until("both were tried", |i| i.outbox.waiting().filter(|m| m.tries > 3).count() >= 2).await;
    let now = post.hub.clock().now();
    let said: Vec<_> = warnings(&late, post.hub.policy(), now).into_iter().map(|w| w.text).collect();
    let is_said = said.iter().filter(|text| text.contains("NOT TOLD YET through chat")).count();
    assert_eq!(is_said, 2, "{said:?}");
    let done = post.all_settled().await;
    let chat: Vec<_> = done.outbox.all().filter(|m| m.message.channel == *"chat").collect();
    assert!(chat.iter().all(|m| m.state == MessageState::Delivered), "{chat:?}");
    assert!(chat.iter().any(|m| m.message.kind == MessageKind::Page && m.tries > 8), "{chat:?}");
}

/// A channel that was down for half a minute lost the message until somebody looked.
#[tokio::test(start_paused = true)]
async fn b12_nobody_is_given_up_before_the_time_by_which_they_must_be_told() {
    let post = Post::open(&[("chat", &[Mood::Fail; 7])]);
    post.declares_a(Severity::P1).await;
    let done = post.all_settled().await;
    let sent = done.outbox.get(MessageId(1)).unwrap();
    assert_eq!((&sent.state, sent.tries), (&MessageState::Delivered, 7));
}

#[tokio::test(start_paused = true)]
async fn one_process_at_a_time_delivers_and_the_other_takes_over() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let [first, second] = [0, 1].map(|_| start(journal(Some(&path)), policy(), &[], false));
    first.declares().await;
    let settled = |i: &Incident| i.seq > 0 && i.outbox.waiting().count() == 0;
    second.until("everything is delivered", settled).await;
    assert_eq!(first.keys("chat").len() + second.keys("chat").len(), 1, "once, by either");
    first.cancel.cancel();
    drop(first);
    let before = second.keys("chat").len();
    second.updates("next").await;
    second.all_settled().await;
    assert_eq!(second.keys("chat").len(), before + 1);
}

/// Only the process that delivers told that a channel fails: a cockpit beside it looked as if pages
/// went out.
#[tokio::test(start_paused = true)]
async fn e1_that_a_channel_takes_nothing_is_known_in_every_process_on_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.db");
    let serve = start(journal(Some(&path)), policy(), &[("pager", &[Mood::Fail; 6])], false);
    serve.declares_a(Severity::P3).await;
    let beside = start(journal(Some(&path)), policy(), &[], false);
    // The board is held while this looks.
    let failing = |incident: &Incident| ChannelStanding::failing(std::iter::once(incident));
    let seen = beside.until("it fails", |incident| !failing(incident).is_empty()).await;
    assert!(beside.arrived.lock().unwrap().is_empty(), "it is not the one that delivers");
    let standing = &failing(&seen)[0];
    assert_eq!((standing.channel.as_str(), standing.waiting), ("pager", 1));
    assert_eq!(standing.oldest.map(|oldest| oldest.message), Some(MessageId(2)));
    assert!(standing.words().contains("tries failed, the last at") && standing.words().contains("503"));
    assert!(seen.outbox.get(MessageId(2)).unwrap().tries >= 3);
    beside.until("it takes them again", |incident| failing(incident).is_empty()).await;
    assert_eq!(serve.keys("pager").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_may_only_look_sends_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let looking = start(journal(Some(&path)), policy(), &[], true);
    let declare = || declare("mails leave", Severity::P0);
    let refused = looking.hub.submit(None, declare(), &Actor::person("ana")).await.unwrap_err();
    assert!(refused.to_string().contains("read-only"), "{refused}");
    // What it hears of itself goes on record, and whoever may tell people of it does.
    looking.hub.submit(None, declare(), &Actor::Flightdeck).await.unwrap();
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert!(looking.keys("chat").is_empty());
    let waiting = looking.until("it waits for somebody else", |i| i.outbox.waiting().count() == 2).await;
    assert!(waiting.outbox.all().all(|m| m.tries == 0));
    let other = start(journal(Some(&path)), policy(), &[], false);
    other.until("another process sends it", |i| i.seq > 0 && i.outbox.waiting().count() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_was_dropped_is_not_sent() {
    let post = Post::open(&[("chat", &[Mood::Fail])]);
    post.declares().await;
    post.until("it failed once", |i| i.outbox.get(MessageId(1)).unwrap().tries == 1).await;
    post.says(Command::DropMessage { message: MessageId(1), reason: "told by phone".into() }).await;
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert!(post.keys("chat").is_empty());
}

#[tokio::test(start_paused = true)]
async fn d10_an_unacknowledged_incident_pages_the_primary_and_then_the_secondary() {
    let mut policy = policy();
    let turns = |name: &str| Turns { people: vec![Text::line(name)], channel: "pager".into() };
    policy.rota.levels = [(0, turns("ana")), (1, turns("bo"))].into();
    let post = start(journal(None), policy, &[("pager", &[])], false);
    post.declares().await;
    let so = |i: &Incident| i.escalations.contains_key(&1);
    let began = tokio::time::Instant::now();
    let done = loop {
        let found = post.hub.board().incident(INC).filter(|i| so(i)).cloned();
        if let Some(found) = found {
            break found;
        }
        assert!(began.elapsed() < Duration::from_secs(1_200), "never escalated");
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    let waited = began.elapsed().as_secs();
    assert!((900..910).contains(&waited), "{waited}: after 15 minutes, and when it was delivered");
    let action = done.actions.values().next().unwrap();
    assert_eq!((action.lamp, &action.asked_by), (Lamp::Verified, &Actor::Flightdeck));
    let paged: Vec<_> = done.outbox.all().filter(|m| m.message.channel == *"pager").collect();
    let to: Vec<String> = paged.iter().map(|m| m.message.to.to_string()).collect();
    assert_eq!(to, ["engineering", "ana", "bo", "engineering"]);
}

/// An adapter that brings in levels, and counts how often it did.
struct Duty(Text, Arc<std::sync::atomic::AtomicUsize>);

impl Adapter for Duty {
    fn name(&self) -> &Text {
        &self.0
    }

    fn kind(&self) -> &'static str {
        "fake"
    }

    fn carries(&self) -> Vec<Op> {
        vec![Op::Escalate]
    }

    // Level 2 is nobody's.
    fn offers(&self, op: Op, target: &str) -> bool {
        op == Op::Escalate && target == "1"
    }

    fn plan<'a>(&'a self, ask: &'a Ask) -> flightdeck::adapters::Pending<'a, Result<Plan, Text>> {
        Box::pin(async {
            Ok(Plan {
                op: ask.op,
                target: ask.target.clone(),
                params: ask.params.clone(),
                adapter: self.0.clone(),
                call: "PUT /incidents/P1".into(),
                version: None,
                inverse: None,
                checks: vec![],
                cautions: vec![],
                already: false,
                blind: false,
                destroys_evidence: false,
                limit_s: 10,
                verify_s: 10,
            })
        })
    }

    fn call<'a>(&'a self, _: &'a str, _: &'a Plan) -> flightdeck::adapters::Pending<'a, CallOutcome> {
        self.1.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Box::pin(async { CallOutcome::Accepted { answer: "200".into(), evidence: vec![] } })
    }

    fn probe<'a>(&'a self, _: &'a Plan) -> flightdeck::adapters::Pending<'a, Vec<Sample>> {
        Box::pin(async { vec![] })
    }
}

impl LiveAdapter for Duty {}

#[tokio::test(start_paused = true)]
async fn c2_a_level_without_an_on_call_table_goes_through_the_adapter_that_carries_it_and_never_in_silence() {
    let calls = Arc::<std::sync::atomic::AtomicUsize>::default();
    let duty = Duty("duty".into(), calls.clone());
    let clock = Clock::running(Time::from_timestamp(1_763_700_000, 0).unwrap(), 1.0);
    // No table, and not even a channel.
    let policy = Arc::new(Policy::built_in());
    let hub = Hub::new(journal(None), policy, clock, Rig::Live(Live::new(vec![Box::new(duty)])), false);
    let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
    tokio::spawn(outbox::run(hub.clone(), cancel.clone(), tasks.clone()));
    tokio::spawn(dispatch::run(hub.clone(), cancel.clone(), tasks.clone()));
    tokio::spawn(hub.clone().run(cancel.clone()));
    let post = Post { hub, cancel, tasks, arrived: Arrived::default() };
    post.declares().await;
    let of = |incident: &Incident, level: &str| {
        incident.actions.values().find(|a| a.plan.target.as_str() == level).cloned()
    };
    tokio::time::sleep(Duration::from_secs(1_900)).await;
    let so = |i: &Incident| of(i, "1").is_some_and(|a| a.lamp == Lamp::Accepted) && of(i, "2").is_some();
    let incident = post.until("both levels are on record", so).await;
    let first = of(&incident, "1").unwrap();
    assert_eq!((first.plan.adapter.as_str(), &first.asked_by), ("duty", &Actor::Flightdeck));
    assert_eq!(calls.load(std::sync::atomic::Ordering::SeqCst), 1, "once");
    let second = of(&incident, "2").unwrap();
    assert_eq!(second.lamp, Lamp::Failed);
    let why = second.answer.as_str();
    assert!(why.starts_with("level 2 is due and nobody can be told:"), "{why}");
    assert!(why.contains("[oncall.levels] 2 =") && why.contains("[adapters.mine.actions.escalate]"), "{why}");
    let count = incident.actions.len();
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(post.hub.board().incident(INC).unwrap().actions.len(), count, "it is said once");
}

/// A person who escalated woke whoever an adapter had, and the same level woke another by the table when it
/// was due by itself.
#[tokio::test(start_paused = true)]
async fn d10_a_person_who_escalates_reaches_whom_the_level_reaches_by_itself() {
    for (in_table, adapter, also) in [
        (1, "outbox", "also 'duty' carries it too and is not asked: the on-call table goes first"),
        (2, "duty", "also by 'duty', not by the on-call table, which does not say who has level 1"),
    ] {
        let duty = Rig::Live(Live::new(vec![Box::new(Duty("duty".into(), Arc::default()))]));
        let clock = Clock::running(Time::from_timestamp(1_763_700_000, 0).unwrap(), 1.0);
        let mut policy = policy();
        let turns = Turns { people: vec!["cy".into()], channel: "chat".into() };
        policy.rota.levels = [(in_table, turns)].into();
        let hub = Hub::new(journal(None), Arc::new(policy), clock, duty, false);
        let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
        let post = Post { hub, cancel, tasks, arrived: Arrived::default() };
        post.declares().await;
        let incident = post.hub.board().incident(INC).cloned().unwrap();
        let late = incident.declared_at + chrono::TimeDelta::hours(2);
        let mut due = flightdeck::incident::outbox::levels(&incident, post.hub.policy(), late).into_iter();
        let due = due.find(|due| due.level == 1).unwrap();
        let ask = Ask { op: Op::Escalate, target: due.target(), params: due.params() };
        let asked = post.hub.plan(INC, ask).await.unwrap();
        let words: Vec<_> = asked.cautions().map(|(label, words)| format!("{label} {words}")).collect();
        assert_eq!((asked.adapter.as_str(), &words[..]), (adapter, &[also.to_owned()][..]));
        // What the table does not reach is planned just so when it comes due.
        let by_itself = due.plan.map_or(asked.call.clone(), |plan| plan.call);
        assert_eq!(asked.call, by_itself);
    }
}

/// Everybody is reached through the chat.
fn all_by_chat() -> Policy {
    let mut policy = policy();
    policy.rota.levels = [(0, Turns { people: vec!["ana".into()], channel: "chat".into() })].into();
    policy
}

#[tokio::test(start_paused = true)]
async fn whoever_is_to_be_woken_comes_before_what_is_told_to_all_through_the_same_channel() {
    let post = start(journal(None), all_by_chat(), &[], false);
    post.declares().await;
    drop(post.all_settled().await);
    let said: Vec<_> =
        post.arrived.lock().unwrap()[&Text::line("chat")].iter().map(|m| m.1.clone()).collect();
    assert!(said.len() == 2 && said[0].contains("you are on call"), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn an_announcement_that_is_tried_again_holds_up_no_page_through_the_same_channel() {
    // The first of both is the page; the second try is the announcement's, and comes back in a minute.
    let post = start(journal(None), all_by_chat(), &[("chat", &[Mood::Fail, Mood::Later(60)])], false);
    post.declares().await;
    let of = |i: &Incident, kind| i.outbox.all().find(|m| m.message.kind == kind).cloned().unwrap();
    let told = |i: &Incident| !of(i, MessageKind::Page).is_waiting();
    let now = post.until("the page is delivered", told).await;
    let declared = now.outbox.all().find(|m| m.message.channel == *"chat").unwrap();
    assert!(declared.is_waiting() && declared.tries == 1, "{}", declared.standing());
    drop(post.all_settled().await);
}

#[tokio::test(start_paused = true)]
async fn a_drill_wakes_nobody_whatever_channels_there_are() {
    use flightdeck::runtime::drill::{Run, Simulation};
    use flightdeck::sim::Scenario;
    let start = Time::from_timestamp(1_763_700_000, 0).unwrap();
    let scenario = Scenario::named("data-leak").unwrap();
    let run = Run { scenario: scenario.name.to_string(), seed: 1, start, speed: 1.0 };
    let clock = Clock::running(start, 1.0);
    let simulation = Arc::new(Simulation::new(&scenario, &run, clock.clone()));
    let arrived = Arrived::default();
    let fake = Fake { name: "chat".into(), moods: Mutex::default(), arrived: arrived.clone() };
    let hub = Hub::with_channels(
        Journal::memory(Realm::Drill).unwrap(),
        Arc::new(policy()),
        clock,
        simulation.rig(),
        vec![Box::new(fake)],
        false,
    );
    let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
    tokio::spawn(outbox::run(hub.clone(), cancel.clone(), tasks.clone()));
    tokio::spawn(hub.clone().run(cancel.clone()));
    let post = Post { hub, cancel, tasks, arrived };
    let declare = Command::Declare {
        realm: Realm::Drill,
        title: "mails leave".into(),
        severity: Severity::P0,
        pattern: None,
        agents: vec![],
        detected_at: None,
    };
    post.hub.submit(None, declare, &Actor::person("ana")).await.unwrap();
    let done = post.all_settled().await;
    let sent = done.outbox.get(MessageId(1)).unwrap();
    assert_eq!(sent.answer, *"simulated: nothing left for chat");
    assert!(sent.message.subject.as_str().starts_with("[DRILL] "));
    assert!(post.keys("chat").is_empty(), "the channel that reaches people was never in its hands");
}
