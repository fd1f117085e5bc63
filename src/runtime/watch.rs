//! Probes and clocks: reads what is in force, lets proposals run out, finds what was left behind
//! by a process that died.
//!
//! One process at a time watches a journal (it holds the lease); the others take over when it goes.

mod logged;
mod rounds;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::backends::tell_circuits;
use super::dispatch::tell;
use super::feed::Feed;
use super::hub::Hub;
use super::outbox;
use crate::adapters::{Readings, Sample};
use crate::incident::outbox::OUTBOX;
use crate::incident::{
    ActionId, Check, Command, Entry, IncidentId, Judged, Lamp, Plan, Reading, Report, Text, Time, Verdict,
    with_vanished,
};

use crate::store::{Journal, ReadLast};

use logged::Logged;
use rounds::{Due, Key, Rounds};

/// How often it is looked whether the process that makes a call still lives: no entry tells of its
/// end.
const ALIVE: Duration = Duration::from_secs(1);

/// How often somebody who does not watch looks whether the watch is free.
const TAKE_OVER: Duration = Duration::from_secs(3);

/// How long one reading may take, whatever its adapter promises: it takes the turn of others.
const READ_WITHIN: Duration = Duration::from_secs(60);

/// How long a call whose answer was no, or none, waits for a look at the world.
const ONCE_WITHIN: Duration = Duration::from_secs(10);

/// Readings that are done and not taken in yet; more than run at a time.
const DONE: usize = 256;

/// How often what was read is left for other processes at most.
const LEAVE_EVERY: Duration = Duration::from_secs(3);

/// What was read of each action, for the processes that do not watch.
#[derive(Default)]
struct Known {
    all: BTreeMap<Key, ReadLast>,
    left_at: Option<tokio::time::Instant>,
    is_new: bool,
}

impl Known {
    fn of(journal: &Journal) -> Self {
        let left = journal.readings_left().into_iter();
        Self { all: left.map(|read| ((read.incident, read.action), read)).collect(), ..Self::default() }
    }

    /// When all checks of an action were read and held last.
    fn held_at(&self, key: Key) -> Option<Time> {
        let read = self.all.get(&key)?;
        let held = |readings: &[Reading]| {
            let holds = !readings.is_empty() && Judged::all(readings).iter().all(Judged::holds);
            holds.then(|| readings.iter().map(|reading| reading.at).max()).flatten()
        };
        held(&read.now).or_else(|| held(&read.before))
    }

    fn read(&mut self, key: Key, readings: &[Reading]) {
        let (incident, action) = key;
        let blank = || ReadLast { incident, action, now: vec![], before: vec![] };
        let read = self.all.entry(key).or_insert_with(blank);
        let is_whole = |all: &[Reading]| {
            !all.is_empty() && Judged::all(all).iter().all(|judged| judged.verdict() != Verdict::Unread)
        };
        let before = std::mem::replace(&mut read.now, readings.to_vec());
        if is_whole(readings) {
            read.before.clear();
        } else if is_whole(&before) {
            read.before = before;
        }
        self.is_new = true;
    }

    /// Leaves it where others find it, if there is news and it is time.
    fn leave(&mut self, hub: &Hub, rounds: &Rounds) {
        if !self.is_new || self.left_at.is_some_and(|at| at.elapsed() < LEAVE_EVERY) {
            return;
        }
        self.all.retain(|key, _| rounds.is_probed(*key));
        (self.left_at, self.is_new) = (Some(tokio::time::Instant::now()), false);
        let (journal, all) = (hub.journal().clone(), self.all.values().cloned().collect::<Vec<_>>());
        // Whoever finds nothing says that another flightdeck reads it: no reason to stop.
        tokio::task::spawn_blocking(move || drop(journal.leave_readings(&all)));
    }

    /// Tells this process's sessions what another one left.
    fn hear(&mut self, hub: &Hub) {
        for read in hub.journal().readings_left() {
            let key = (read.incident, read.action);
            if self.all.get(&key) == Some(&read) {
                continue;
            }
            for readings in [&read.before, &read.now].into_iter().filter(|readings| !readings.is_empty()) {
                hub.tell(Feed::Readings(read.incident, read.action, readings.clone().into()));
            }
            self.all.insert(key, read);
        }
    }
}

/// What whoever watches knows besides what is read.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// When all checks held last.
    held_at: Option<Time>,
    /// How many lines the agent logged since the effect was proved last.
    logged: Option<u32>,
}

/// A reading that is done.
struct Done {
    key: Key,
    readings: Vec<Reading>,
    at: Time,
    hanging: Ways,
}

/// Ways to read one action that are under way. One that hangs is not begun again beside itself, and
/// holds up no other.
#[derive(Default)]
struct Ways {
    tasks: JoinSet<(usize, Vec<Sample>)>,
    under_way: BTreeSet<usize>,
}

impl Ways {
    /// Begins every way that is not under way.
    fn begin(&mut self, hub: &Hub, plan: &Arc<Plan>, from: Time) {
        if plan.adapter.as_str() == OUTBOX {
            return;
        }
        let Some(adapter) = hub.rig().by_name(plan.adapter.as_str()) else {
            let why =
                format!("the flightdeck that watches knows no adapter '{}': start it anew", plan.adapter);
            let none = unread(plan, &why);
            if self.under_way.insert(0) {
                self.tasks.spawn(async move { (0, none) });
            }
            return;
        };
        let since = hub.clock().real((hub.clock().now() - from).to_std().unwrap_or_default());
        for way in (0..adapter.ways(plan)).filter(|way| !self.under_way.contains(way)).collect::<Vec<_>>() {
            let (hub, plan) = (hub.clone(), plan.clone());
            self.under_way.insert(way);
            self.tasks.spawn(async move {
                let Some(adapter) = hub.rig().by_name(plan.adapter.as_str()) else { return (way, vec![]) };
                let read = tokio::time::timeout(READ_WITHIN, adapter.probe_by(way, &plan, Some(since))).await;
                (way, read.unwrap_or_else(|_| unread(&plan, "it gave no answer within 60 s")))
            });
        }
    }

    /// What the next one read; none when none is under way.
    async fn next(&mut self) -> Option<Vec<Sample>> {
        match self.tasks.join_next().await? {
            Ok((way, samples)) => {
                self.under_way.remove(&way);
                Some(samples)
            }
            // It panicked, and nobody knows which: the rest is begun anew.
            Err(_) => {
                self.tasks.abort_all();
                self.under_way.clear();
                Some(vec![])
            }
        }
    }
}

/// Watches until cancelled.
pub async fn run(hub: Hub, cancel: CancellationToken, tasks: TaskTracker) {
    // A process that leaves at once must not wait here for what it never needed.
    if cancel.run_until_cancelled(hub.until_loaded()).await.is_none() {
        return;
    }
    let mut feed = hub.subscribe();
    let (done, mut dones) = mpsc::channel(DONE);
    let (mut rounds, mut logged) = (Rounds::default(), Logged::default());
    let mut hanging = BTreeMap::new();
    let mut known = Known::default();
    let mut lease = None;
    loop {
        if lease.is_none() && !hub.journal().is_read_only() {
            lease = hub.journal().lease_watch().ok().flatten();
            if lease.is_some() {
                rounds.index_all(&hub.board(), hub.clock().now());
                known = Known::of(hub.journal());
            }
        }
        let wait = if lease.is_some() {
            known.leave(&hub, &rounds);
            look(&hub, &mut rounds, (&known, &logged), &mut hanging, &done, &tasks).await
        } else {
            known.hear(&hub);
            Some(TAKE_OVER)
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
            Some(Done { key, readings, at, hanging: ways }) = dones.recv() => {
                let hangs = !ways.under_way.is_empty();
                known.read(key, &readings);
                rounds.read(key, readings, at, &hub.policy().probing);
                // What nobody probes any more needs no answer either.
                hanging.retain(|key, _| rounds.is_probed(*key));
                if hangs && rounds.is_probed(key) {
                    hanging.insert(key, ways);
                }
            }
            news = feed.recv() => match news {
                Ok(Feed::Lines(lines, _)) => logged.take(&lines),
                Ok(Feed::Entries(entries)) if lease.is_some() => heed(&hub, &mut rounds, &entries),
                // What was missed is on the board.
                Err(RecvError::Lagged(_)) if lease.is_some() => {
                    rounds.index_all(&hub.board(), hub.clock().now());
                }
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
        }
    }
}

/// Looks again at the incidents that entries are about, and at no other.
fn heed(hub: &Hub, rounds: &mut Rounds, entries: &[Arc<Entry>]) {
    let now = hub.clock().now();
    let board = hub.board();
    let incidents: BTreeSet<IncidentId> = entries.iter().map(|entry| entry.incident).collect();
    incidents
        .into_iter()
        .filter_map(|id| board.incident(id))
        .for_each(|incident| rounds.index(incident, now));
}

/// Starts what is due; says how long to wait, or none when only news can bring something.
async fn look(
    hub: &Hub,
    rounds: &mut Rounds,
    (known, logged): (&Known, &Logged),
    hanging: &mut BTreeMap<Key, Ways>,
    done: &mpsc::Sender<Done>,
    tasks: &TaskTracker,
) -> Option<Duration> {
    tell_circuits(hub);
    let now = hub.clock().now();
    let turn = rounds.turn(now, &hub.policy().probing);
    let mut next = turn.next.map(|wait| hub.clock().real(wait));
    for due in turn.reads {
        let ways = hanging.remove(&due.key).unwrap_or_default();
        let seen = Seen { held_at: known.held_at(due.key), logged: lines_since_proved(hub, &due, logged) };
        tasks.spawn(read(hub.clone(), due, seen, ways, done.clone()));
    }
    for incident in turn.ticks {
        tell(hub, incident, Command::Tick).await;
    }
    let mine = hub.runner();
    let (alive, orphans): (Vec<_>, Vec<_>) =
        rounds.requested().partition(|(_, runner)| hub.journal().runner_is_alive(runner.as_str()));
    if alive.iter().any(|(_, runner)| **runner != mine) {
        next = Some(next.map_or(ALIVE, |next| next.min(ALIVE)));
    }
    for key in orphans.into_iter().map(|(key, _)| key).collect::<Vec<_>>() {
        orphaned(hub, key).await;
    }
    next
}

/// Says that nobody waits for the answer of a call any more.
async fn orphaned(hub: &Hub, (incident, action): Key) {
    let reason = Text::line("the process that made the call is gone; whether it took effect is not known");
    tell(hub, incident, Command::Report { action, report: Report::Unknown { reason } }).await;
}

/// Puts in doubt what an incident's actions were requested by processes that are gone. Whoever asks
/// for something new must not be told to wait for them, and need not wait for whoever watches.
pub async fn find_orphans(hub: &Hub, incident: IncidentId) {
    if hub.journal().is_read_only() {
        return;
    }
    let requested: Vec<(Key, Text)> = {
        let board = hub.board();
        let actions = board.incident(incident).into_iter().flat_map(|incident| incident.actions.values());
        let requested = actions.filter(|action| action.lamp == Lamp::Requested);
        requested.map(|action| ((incident, action.id), action.runner.clone())).collect()
    };
    for (key, runner) in requested {
        if !hub.journal().runner_is_alive(runner.as_str()) {
            orphaned(hub, key).await;
        }
    }
}

/// Reads an action's checks at once, because somebody asks: whether its incident is over or not, and
/// whoever watches. What was read; empty when there is no such action, or nothing to read of it.
pub async fn read_now(hub: Hub, incident: IncidentId, action: ActionId) -> Vec<Reading> {
    let asked = hub
        .board()
        .incident(incident)
        .and_then(|i| i.actions.get(&action))
        .filter(|a| a.lamp.is_probed() && !a.plan.checks.is_empty())
        .map(|a| (a.plan.clone(), a.counts_from()));
    let Some((plan, from)) = asked else { return Vec::new() };
    let due = Due { key: (incident, action), plan: plan.into(), before: vec![], from, pace: READ_WITHIN };
    read_checks(&hub, &due, Seen::default(), &mut Ways::default()).await
}

/// Reads the checks of a plan once, for whoever made its call. What was measured before `from` counts
/// for nothing.
pub(super) async fn read_once(hub: &Hub, plan: &Arc<Plan>, from: Time) -> Vec<Reading> {
    let mut ways = Ways::default();
    let mut samples = Vec::new();
    ways.begin(hub, plan, from);
    let all = async {
        while let Some(read) = ways.next().await {
            samples.extend(read);
        }
    };
    drop(tokio::time::timeout(ONCE_WITHIN, all).await);
    readings(hub, &samples, plan, &[])
}

/// How many lines an agent logged since the effect that is read was proved last.
fn lines_since_proved(hub: &Hub, due: &Due, logged: &Logged) -> Option<u32> {
    let (incident, action) = due.key;
    let since = hub.board().incident(incident)?.actions.get(&action)?.held_since?;
    logged.since(&due.plan.target, since)
}

async fn read(hub: Hub, due: Due, seen: Seen, mut ways: Ways, done: mpsc::Sender<Done>) {
    let readings = read_checks(&hub, &due, seen, &mut ways).await;
    let at = hub.clock().now();
    // Nobody takes it in when the watch has ended.
    drop(done.send(Done { key: due.key, readings, at, hanging: ways }).await);
}

/// Probes, tells every session, and reports: what they prove is decided by the hub. One check that
/// fails is enough to raise the alarm; that all hold is known when all have been read.
async fn read_checks(hub: &Hub, due: &Due, seen: Seen, ways: &mut Ways) -> Vec<Reading> {
    let Due { key: (incident, action), plan, before, from, pace } = due;
    let mut samples = Vec::new();
    if plan.adapter.as_str() == OUTBOX {
        samples = outbox::read(hub, *incident, *action, plan);
    }
    ways.begin(hub, plan, *from);
    let patience = tokio::time::sleep(hub.clock().real(*pace));
    tokio::pin!(patience);
    let mut is_told = false;
    loop {
        tokio::select! {
            read = ways.next() => match read {
                Some(read) => samples.extend(read),
                None => break,
            },
            () = &mut patience => break,
        }
        if !is_told && !ways.under_way.is_empty() {
            let some = readings(hub, &samples, plan, &[]);
            if some.iter().any(|reading| reading.value.is_some() && !reading.holds()) {
                is_told = true;
                hub.tell(Feed::Readings(*incident, *action, so_far(&samples, due, hub.clock().now()).into()));
                report(hub, due.key, some, seen).await;
            }
        }
    }
    tell_circuits(hub);
    let is_whole = ways.under_way.is_empty();
    let fresh = readings(hub, &samples, plan, before);
    let readings = if is_whole { fresh.clone() } else { so_far(&samples, due, hub.clock().now()) };
    hub.tell(Feed::Readings(*incident, *action, readings.clone().into()));
    // What was read before is shown as long as it is being read again, and reported of nothing.
    let mut known = fresh;
    if !is_whole {
        known = so_far_why(known, before);
        // Who hangs may yet say no: nothing is proved before that is known.
        let of_nothing =
            |check: &&Check| !known.iter().any(|read| read.check == **check && read.value.is_none());
        let missing: Vec<&Check> = plan.checks.iter().filter(of_nothing).collect();
        let unread = missing.into_iter().map(|check| Reading {
            check: check.clone(),
            replica: None,
            source: None,
            value: None,
            why: Some(Text::line(UNDER_WAY)),
            at: hub.clock().now(),
        });
        known.extend(unread);
    }
    report(hub, due.key, known, seen).await;
    readings
}

/// Why what is asked for has not been read.
const UNDER_WAY: &str = "it is still being read";

/// Nothing for every check of a plan, and why.
fn unread(plan: &Plan, why: &str) -> Vec<Sample> {
    Readings::none_because(Text::line(why)).samples(&plan.checks)
}

/// What is known while something is still being read: whoever has not answered yet keeps its last word,
/// with the time of that.
fn so_far(samples: &[Sample], due: &Due, at: Time) -> Vec<Reading> {
    let Due { plan, before, from, .. } = due;
    let has_answered = |check: usize, old: &Reading| {
        samples.iter().any(|sample| sample.check == check && sample.source == old.source)
    };
    let kept = |(check, of): (usize, &Check)| {
        let of = before.iter().filter(|old| old.check == *of && old.value.is_some() && old.at >= *from);
        of.filter(|old| !has_answered(check, old)).cloned().collect::<Vec<_>>()
    };
    let kept: Vec<Reading> = plan.checks.iter().enumerate().flat_map(kept).collect();
    let mut all = Sample::readings(Sample::merged(samples.to_vec()), &plan.checks, at);
    all.retain(|new| new.value.is_some() || !kept.iter().any(|old| old.check == new.check));
    let mut all = so_far_why(all, before);
    all.extend(kept);
    with_vanished(before, all, at)
}

/// The same, where what was not read has its reason: the last one that is known, or that it is still
/// being read.
fn so_far_why(mut readings: Vec<Reading>, before: &[Reading]) -> Vec<Reading> {
    for read in readings.iter_mut().filter(|read| read.value.is_none() && read.why.is_none()) {
        let last = before.iter().filter(|old| old.check == read.check).find_map(|old| old.why.clone());
        read.why = Some(last.unwrap_or_else(|| Text::line(UNDER_WAY)));
    }
    readings
}

fn readings(hub: &Hub, samples: &[Sample], plan: &Plan, before: &[Reading]) -> Vec<Reading> {
    let at = hub.clock().now();
    let samples = Sample::merged(samples.to_vec());
    with_vanished(before, Sample::readings(samples, &plan.checks, at), at)
}

async fn report(hub: &Hub, (incident, action): Key, readings: Vec<Reading>, seen: Seen) {
    let Seen { held_at, logged } = seen;
    let report = Report::Watched { readings, logged, held_at };
    tell(hub, incident, Command::Report { action, report }).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::story::{ISOLATED, Story, time};

    /// A reading of A1 that is under way at 12:05:07, after what was read before.
    fn under_way(before: Vec<Reading>) -> Due {
        let story = Story::isolated();
        let plan = story.action(1).plan.clone();
        let key = (story.incident.id, ActionId(1));
        Due { key, plan: plan.into(), before, from: time("12:01:00"), pace: Duration::from_secs(5) }
    }

    fn words(readings: &[Reading]) -> Vec<String> {
        Judged::all(readings).iter().map(|judged| format!("{} {:?}", judged.words(), judged.at())).collect()
    }

    #[test]
    fn regression_a_probe_slower_than_its_pace_was_told_as_one_that_reads_nothing() {
        let Report::Readings(held) = Story::isolated().at("12:05:00").readings(1, ISOLATED) else { return };
        let due = under_way(held.clone());
        assert_eq!(so_far(&[], &due, time("12:05:07")), held, "the last word stands, with its time");
        // Who has answered takes its own word back, and no other's.
        let gone = [Sample::whole(0, None)];
        let told = so_far(&gone, &due, time("12:05:07"));
        let unread: Vec<bool> = told.iter().map(|reading| reading.value.is_none()).collect();
        assert_eq!(unread.iter().filter(|is| **is).count(), 1, "{told:?}");
        // What was measured before the call was accepted says nothing of it.
        let old = held.into_iter().map(|reading| Reading { at: time("12:00:50"), ..reading }).collect();
        let told = so_far(&[], &under_way(old), time("12:05:07"));
        assert!(
            words(&told).iter().all(|w| w.contains("nothing, because it is still being read")),
            "{told:?}"
        );
    }

    /// For ever it said "read nothing, nothing, because it is still being read": the time that it had
    /// was over long since.
    #[test]
    fn regression_a_probe_that_hangs_was_told_as_one_that_is_being_read() {
        let Report::Readings(held) = Story::isolated().at("12:05:00").readings(1, ISOLATED) else { return };
        let why = || Some(Text::line("probe.sh gave no answer within 2 s"));
        let hung = held.into_iter().map(|reading| Reading { value: None, why: why(), ..reading });
        let told = so_far(&[], &under_way(hung.collect()), time("12:05:07"));
        assert!(!told.is_empty() && told.iter().all(|reading| reading.why == why()), "{told:?}");
    }
}
