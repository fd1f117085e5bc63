//! Delivers messages: in order per channel and incident, the urgent first, at least once, each always under the same key.
//!
//! A message is an entry before it is sent, and what became of it is one afterwards. Between the
//! two the process may die: then the next one finds the message waiting and sends it again, under
//! the same key. One process at a time delivers for a journal (it holds the lease); the others take
//! over when it goes. Nobody waits for a channel but the channel's own next message.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use futures::FutureExt as _;
use tokio::sync::Notify;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::feed::Feed;
use super::hub::Hub;
use crate::adapters::{Ask, Sample};
use crate::app::msg::Notice;
use crate::channels::Delivery;
use crate::incident::outbox::{Doubt, DueLevel, MAY_HAVE_ARRIVED, TRIES, levels};
use crate::incident::{
    ActionId, Actor, Command, Incident, IncidentId, Message, MessageId, MessageKind, MessageState, Op, Plan,
    Realm, Receipt, Severity, Text, Time,
};

/// How often somebody who does not deliver looks whether the outbox is free.
const TAKE_OVER: Duration = Duration::from_secs(3);

/// The first wait before a message is tried again; each next one is twice as long (E1).
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The longest wait, whatever the other side asks for: then it is stated and left to people.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How long after a receipt could not be recorded it is tried again. Until then the channel rests:
/// sending on would only repeat what nobody remembers.
const RECORD_AGAIN: Duration = Duration::from_secs(2);

/// How long a plan to bring in a level may take: then nobody was told, and that is said.
const PLAN: Duration = Duration::from_secs(30);

/// The notice that a receipt cannot be recorded.
const UNRECORDED: &str = "outbox";

/// Delivers until cancelled.
pub async fn run(hub: Hub, cancel: CancellationToken, tasks: TaskTracker) {
    if hub.is_read_only() || hub.journal().is_read_only() {
        return;
    }
    let mut feed = hub.subscribe();
    if cancel.run_until_cancelled(hub.until_loaded()).await.is_none() {
        return;
    }
    let desk = Desk {
        hub,
        busy: Arc::default(),
        levels: Arc::default(),
        news: Arc::default(),
        cancel: cancel.clone(),
    };
    let mut lease = None;
    loop {
        if lease.is_none() {
            lease = desk.hub.journal().lease_outbox().ok().flatten();
        }
        let wait = match lease {
            Some(_) => desk.look(&tasks).await,
            None => Some(TAKE_OVER),
        };
        let asleep = async {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = cancel.cancelled() => return,
            () = asleep => {}
            () = desk.news.notified() => {}
            () = entries(&mut feed) => {}
        }
    }
}

/// Waits until every message has been tried once, by this process or another one.
pub async fn until_tried(hub: &Hub) {
    if hub.post().is_empty() || hub.is_read_only() {
        return;
    }
    let mut feed = hub.subscribe();
    loop {
        let untried = {
            let board = hub.board();
            board.incidents().any(|incident| incident.outbox.waiting().any(|sent| sent.tries == 0))
        };
        if !untried {
            return;
        }
        entries(&mut feed).await;
    }
}

/// Waits for entries. Whoever lagged finds them on the board.
async fn entries(feed: &mut Receiver<Feed>) {
    loop {
        match feed.recv().await {
            Ok(Feed::Entries(_)) | Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => return std::future::pending().await,
            Ok(_) => {}
        }
    }
}

/// A message that is a channel's next one: the first that may be sent, of those a page before what is
/// told to all, of those the most urgent, of those the oldest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Next {
    /// Now, if it may be sent.
    not_before: Time,
    /// Whether it is told to all: somebody who is to be woken comes first.
    to_all: bool,
    severity: Severity,
    queued_at: Time,
    incident: IncidentId,
    message: MessageId,
}

#[derive(Clone)]
struct Desk {
    hub: Hub,
    /// Channels with a message under way.
    busy: Arc<Mutex<BTreeSet<Text>>>,
    /// Levels that somebody is being looked for.
    levels: Arc<Mutex<BTreeSet<(IncidentId, u8)>>>,
    /// A channel is free again.
    news: Arc<Notify>,
    cancel: CancellationToken,
}

impl Desk {
    /// Starts what is due; says how long to wait, or none when only news can bring something.
    async fn look(&self, tasks: &TaskTracker) -> Option<Duration> {
        let now = self.hub.clock().now();
        let mut soonest: Option<TimeDelta> = None;
        let mut sooner = |left: TimeDelta| soonest = Some(soonest.map_or(left, |s| s.min(left)));
        let (mut due, mut unreached) = (BTreeSet::new(), Vec::new());
        let next = {
            let board = self.hub.board();
            for incident in board.incidents() {
                for level in levels(incident, self.hub.policy(), now) {
                    if level.at > now {
                        sooner(level.at - now);
                    } else if level.plan.is_some() {
                        due.insert(incident.id);
                    } else {
                        unreached.push((incident.id, level));
                    }
                }
            }
            next(board.incidents(), now)
        };
        // In a drill the levels that no table names are for those who drill.
        unreached.retain(|_| self.hub.realm() == Realm::Live);
        for (incident, level) in unreached {
            if self.levels.lock().unwrap_or_else(PoisonError::into_inner).insert((incident, level.level)) {
                tasks.spawn(self.clone().bring_in(incident, level));
            }
        }
        for (channel, next) in next {
            if next.not_before > now {
                sooner(next.not_before - now);
                continue;
            }
            let taken = self.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(channel.clone());
            if taken {
                let busy = Busy { desk: self.clone(), channel };
                tasks.spawn(send(busy, next));
            }
        }
        for incident in due {
            super::dispatch::tell(&self.hub, incident, Command::Tick).await;
        }
        // A clock read a moment too early must not make this turn round and round.
        let least = TimeDelta::milliseconds(5);
        soonest.map(|left| self.hub.clock().real(left.max(least).to_std().unwrap_or(LONGEST_WAIT)))
    }
}

impl Desk {
    /// Brings in a level that no channel reaches, by whatever adapter carries `escalate`. Where there
    /// is none, that goes on record: a level that is due never passes in silence (C2).
    async fn bring_in(self, incident: IncidentId, due: DueLevel) {
        let ask = Ask { op: Op::Escalate, target: due.target(), params: due.params() };
        let planned = tokio::time::timeout(PLAN, self.hub.plan(incident, ask));
        let Some(planned) = self.cancel.run_until_cancelled(planned).await else { return };
        let found = match planned {
            Err(_) => {
                Err(Text::line(&format!("who would be told could not be asked within {} s", PLAN.as_secs())))
            }
            Ok(Err(why)) => Err(why),
            Ok(Ok(plan)) => match self.hub.rig().by_name(plan.adapter.as_str()) {
                Some(adapter) if !adapter.is_read_only() => Ok(Box::new(plan)),
                Some(_) => Err(Text::line(&format!("[adapters.{}] is read_only", plan.adapter))),
                // The duty was taken up in the meantime: the table reaches somebody after all.
                None => Ok(Box::new(plan)),
            },
        };
        let command = Command::BringIn { level: due.level, found, runner: self.hub.runner() };
        let done = self.hub.submit(Some(incident), command, &Actor::Flightdeck).await;
        if let Err(error) = &done {
            let words =
                format!("level {} of {incident} is due and could not be brought in: {error}", due.level);
            self.hub.tell(Feed::Notice(Notice::error(words)));
            let _over = self.cancel.run_until_cancelled(tokio::time::sleep(RECORD_AGAIN)).await;
        }
        self.levels.lock().unwrap_or_else(PoisonError::into_inner).remove(&(incident, due.level));
        self.news.notify_one();
    }
}

/// Each channel's next message. What is told of one incident is told in order; one incident whose
/// message is not taken holds up no other's, no announcement holds up a page, and one that keeps failing
/// holds up nothing urgent (B12): that control is lost is not heard of half an hour later.
fn next<'a>(incidents: impl Iterator<Item = &'a Incident>, now: Time) -> BTreeMap<Text, Next> {
    let mut all: BTreeMap<Text, Next> = BTreeMap::new();
    for incident in incidents {
        // Per channel: whether the first announcement failed, and whether something urgent is under way.
        let (mut paged, mut told) = (BTreeSet::new(), BTreeMap::new());
        for sent in incident.outbox.waiting() {
            let MessageState::Waiting { not_before } = sent.state else { continue };
            let Message { id: message, ref channel, severity, kind, .. } = sent.message;
            let to_all = kind != MessageKind::Page;
            let urgent = matches!(kind, MessageKind::Leaking | MessageKind::InDoubt);
            let is_next = match (to_all, told.get_mut(channel)) {
                (false, _) => paged.insert(channel),
                (true, None) => {
                    told.insert(channel, (sent.tries > 0, urgent));
                    true
                }
                (true, Some((failed, urgent_before))) => {
                    let passes = urgent && *failed && !*urgent_before;
                    *urgent_before |= passes;
                    passes
                }
            };
            if !is_next {
                continue;
            }
            let not_before = not_before.max(now);
            let queued_at = sent.queued_at;
            let this = Next { not_before, to_all, severity, queued_at, incident: incident.id, message };
            let first = all.entry(channel.clone()).or_insert_with(|| this.clone());
            if this < *first {
                *first = this;
            }
        }
    }
    all
}

/// A channel with a message under way; free again when this is gone, however it went.
struct Busy {
    desk: Desk,
    channel: Text,
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.desk.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.channel);
        self.desk.news.notify_one();
    }
}

/// Sends a message once, and does not let the channel go before that is on record.
async fn send(busy: Busy, next: Next) {
    let hub = &busy.desk.hub;
    let found = {
        let board = hub.board();
        let incident = board.incident(next.incident).cloned();
        incident.and_then(|incident| {
            let sent = incident.outbox.get(next.message).filter(|sent| sent.is_waiting())?.clone();
            Some((incident, sent))
        })
    };
    // Somebody dropped it in the meantime.
    let Some((incident, sent)) = found else { return };
    let delivery = deliver(hub, &sent.message, &incident).await;
    let until = sent.tried_until(hub.policy());
    let receipt = receipt(delivery, sent.tries + 1, until, hub.clock().now());
    let mut told = false;
    loop {
        let command = Command::Deliver { message: next.message, receipt: receipt.clone() };
        match hub.submit(Some(next.incident), command, &Actor::Flightdeck).await {
            Ok(_) => break,
            Err(error) => {
                told = true;
                let words =
                    format!("what became of {} {} is not on record: {error}", next.incident, next.message);
                hub.tell(Feed::Notice(Notice::lasting(UNRECORDED, words)));
            }
        }
        if busy.desk.cancel.run_until_cancelled(tokio::time::sleep(RECORD_AGAIN)).await.is_none() {
            return;
        }
    }
    if told {
        hub.tell(Feed::Notice(Notice::clear(UNRECORDED)));
    }
}

async fn deliver(hub: &Hub, message: &Message, incident: &Incident) -> Delivery {
    let Some(channel) = hub.post().by_name(message.channel.as_str()) else {
        let why = format!("there is no channel '{}' in this configuration", message.channel);
        return Delivery::Refused(Text::line(&why));
    };
    let key = key(hub, incident.id, message.id);
    let limit = channel.limit();
    // A bug in one channel counts as one of its tries: it neither ends the others nor spins.
    let sending = AssertUnwindSafe(channel.send(&key, message, incident)).catch_unwind();
    match tokio::time::timeout(limit, sending).await {
        Ok(Ok(delivery)) => delivery,
        Ok(Err(_)) => Delivery::Unknown(Text::line("the channel itself failed")),
        Err(_) => Delivery::Unknown(Text::line(&format!("no answer within {} s", limit.as_secs()))),
    }
}

/// The idempotency key of a message: the same for ever, unlike that of any other journal's.
#[must_use]
pub fn key(hub: &Hub, incident: IncidentId, message: MessageId) -> String {
    format!("{}-{message}", alert(hub, incident))
}

/// The key of an incident itself, which those of its messages begin with.
#[must_use]
pub fn alert(hub: &Hub, incident: IncidentId) -> String {
    format!("{}-{incident}", hub.journal().id())
}

/// What is put on record of a try, the `tries`th. Nobody is given up before `until`
/// (B12).
fn receipt(delivery: Delivery, tries: u32, until: Time, now: Time) -> Receipt {
    let again = |asked: Option<Duration>| {
        let wait = wait(tries, fastrand::f64()).max(asked.unwrap_or_default()).min(LONGEST_WAIT);
        let goes_on = tries < TRIES || now < until;
        goes_on.then(|| now + TimeDelta::from_std(wait).unwrap_or_else(|_| TimeDelta::seconds(60)))
    };
    let may_have = |why: Text| Text::line(&format!("{MAY_HAVE_ARRIVED}: {why}"));
    let failed = |reason, again_at, doubt| Receipt::Failed { reason, again_at, doubt };
    match delivery {
        Delivery::Delivered { answer, reference } => Receipt::Delivered { answer, reference },
        Delivery::Failed { why, retry_after } => failed(why, again(retry_after), Doubt::None),
        Delivery::Refused(why) => failed(why, None, Doubt::None),
        Delivery::Unknown(why) => failed(may_have(why), again(None), Doubt::Lost),
        Delivery::Repeated(why) => failed(may_have(why), again(None), Doubt::Repeated),
        Delivery::Unknowable(why) => failed(may_have(why), None, Doubt::Repeated),
    }
}

/// E1: 1, 2, 4, 8 … 60 s, each spread from half to one and a half of itself.
fn wait(tries: u32, chance: f64) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1 << tries.saturating_sub(1).min(6));
    doubled.mul_f64(0.5 + chance).min(LONGEST_WAIT)
}

/// What a page or an escalation through the outbox reads of itself: whether it was delivered.
pub(super) fn read(hub: &Hub, incident: IncidentId, action: ActionId, plan: &Plan) -> Vec<Sample> {
    let board = hub.board();
    let Some(incident) = board.incident(incident) else { return vec![] };
    let mut messages = incident
        .outbox
        .of_action(action)
        .filter(|m| m.message.about == requested(incident, action))
        .peekable();
    let delivered = messages.peek().is_some() && messages.all(|m| matches!(m.state, MessageState::Delivered));
    let value = Some(Text::line(if delivered { "yes" } else { "no" }));
    let samples = plan.checks.iter().enumerate().filter(|(_, check)| check.name.as_str() == "delivered");
    samples.map(|(check, _)| Sample::whole(check, value.clone())).collect()
}

/// The entry by which an action was requested: its own messages are about that one.
fn requested(incident: &Incident, action: ActionId) -> u64 {
    let messages = incident.outbox.of_action(action);
    messages.map(|m| m.message.about).min().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::Route;
    use crate::incident::story::{Story, WORKING, time};

    /// That control was lost waited behind an announcement that kept failing, up to half an hour (B12).
    #[test]
    fn b12_what_is_urgent_waits_behind_nothing_that_keeps_failing() {
        let chat = |policy: &mut crate::incident::Policy| policy.routes = vec![Route::everything("chat")];
        let audience = crate::incident::Audience::Engineering;
        let update = Command::Update { audience, affected: "mails".into(), doing: "x".into(), next_at: None };
        let isolated = Story::isolated().under(chat).says(update.clone()).says(update);
        let next_of = |story: &Story| {
            let at = next([&story.incident].into_iter(), story.now);
            at[&Text::line("chat")].message.0
        };
        assert_eq!(next_of(&isolated), 1);
        let leaks = |story: Story| {
            let story = story.at("12:05:00").reads(1, WORKING);
            let kind = story.incident.outbox.get(MessageId(3)).map(|sent| sent.message.kind);
            assert_eq!(kind, Some(MessageKind::Leaking));
            story
        };
        assert_eq!(next_of(&leaks(isolated.clone())), 1, "in order, where nothing fails");
        let again_at = Some(time("12:30:00"));
        let fails = |story: Story, message, at: &str| {
            let failed = Receipt::Failed { reason: "503".into(), again_at, doubt: Doubt::None };
            story.at(at).says(Command::Deliver { message: MessageId(message), receipt: failed })
        };
        let failing = fails(isolated, 1, "12:04:00");
        let board = next([&failing.incident].into_iter(), failing.now);
        assert_eq!(board[&Text::line("chat")].not_before, time("12:30:00"), "the second update waits for it");
        let leaking = leaks(failing);
        assert_eq!(next_of(&leaking), 3);
        let both = fails(leaking, 3, "12:05:01");
        assert!(next([&both.incident].into_iter(), both.now)[&Text::line("chat")].not_before > both.now);
    }
}
