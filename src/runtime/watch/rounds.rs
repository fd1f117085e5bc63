//! What there is to look after, and when: an index over all incidents of the few actions that wait,
//! are being called or are probed. Ten thousand incidents that are over cost nothing.
//!
//! Knows neither clock nor journal nor adapters: it takes values and says what is due.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;

use crate::incident::policy::Probing;
use crate::incident::{Action, ActionId, Board, Incident, IncidentId, Lamp, Plan, Reading, Text, Time};

/// One action of one incident.
pub type Key = (IncidentId, ActionId);

/// How long after its lamp changed an action is read eagerly, unless its plan says longer.
const SETTLES_S: u32 = 60;

/// An action that is probed.
#[derive(Debug)]
struct Probed {
    plan: Arc<Plan>,
    lamp: Lamp,
    /// Until when it is read eagerly.
    eager_until: Option<Time>,
    due: Time,
    /// Whether a reading is under way.
    reading: bool,
    /// How often it was read, for spreading the readings of many.
    round: u64,
    /// What was read last.
    before: Vec<Reading>,
    /// From when on what is measured says something of it.
    from: Time,
    /// When the reading under way began.
    begun: Time,
}

/// One reading that is due.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// Of which action.
    pub key: Key,
    /// What it was.
    pub plan: Arc<Plan>,
    /// What was read of it last.
    pub before: Vec<Reading>,
    /// From when on what is measured says something of it.
    pub from: Time,
    /// How long the others are waited for when one way to read it hangs.
    pub pace: Duration,
}

/// What is to be done now.
#[derive(Debug, Default, PartialEq)]
pub struct Turn {
    /// Readings to begin.
    pub reads: Vec<Due>,
    /// Incidents with a proposal that has run out.
    pub ticks: Vec<IncidentId>,
    /// When something is due next, as far as is known.
    pub next: Option<Duration>,
}

/// The index.
#[derive(Debug, Default)]
pub struct Rounds {
    proposed: BTreeMap<Key, Time>,
    requested: BTreeMap<Key, Text>,
    probed: BTreeMap<Key, Probed>,
}

impl Rounds {
    /// Looks at all incidents once.
    pub fn index_all(&mut self, board: &Board, now: Time) {
        board.incidents().for_each(|incident| self.index(incident, now));
    }

    /// Looks at one incident again, of which there is news.
    pub fn index(&mut self, incident: &Incident, now: Time) {
        for action in incident.actions.values() {
            let key = (incident.id, action.id);
            set(
                &mut self.proposed,
                key,
                (action.lamp == Lamp::Proposed).then(|| action.approve_by.unwrap_or(now)),
            );
            set(&mut self.requested, key, (action.lamp == Lamp::Requested).then(|| action.runner.clone()));
            if is_watched(action, incident.is_open()) {
                self.probe(key, action, now);
            } else {
                self.probed.remove(&key);
            }
        }
    }

    fn probe(&mut self, key: Key, action: &Action, now: Time) {
        let lamp = action.lamp;
        let settles = action.plan.verify_s.max(SETTLES_S);
        let eager_until =
            (lamp != Lamp::Verified).then(|| action.changed_at + TimeDelta::seconds(settles.into()));
        let new = || Probed {
            plan: Arc::new(action.plan.clone()),
            lamp,
            eager_until,
            due: now,
            reading: false,
            round: 0,
            before: action.readings.clone(),
            from: action.counts_from(),
            begun: now,
        };
        let probed = self.probed.entry(key).or_insert_with(new);
        probed.from = action.counts_from();
        if probed.lamp != lamp {
            (probed.lamp, probed.eager_until) = (lamp, eager_until);
            // What has just changed is looked at anew, at once.
            if lamp != Lamp::Verified {
                probed.due = now;
            }
        }
    }

    /// Calls under way, with the process that makes each.
    pub fn requested(&self) -> impl Iterator<Item = (Key, &Text)> {
        self.requested.iter().map(|(key, runner)| (*key, runner))
    }

    /// Whether an action is probed.
    pub fn is_probed(&self, key: Key) -> bool {
        self.probed.contains_key(&key)
    }

    /// How many are probed.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.probed.len()
    }

    /// What is due now: the readings of what settles first, and never more at a time than the policy
    /// says.
    pub fn turn(&mut self, now: Time, probing: &Probing) -> Turn {
        let mut turn = Turn::default();
        let mut sooner = |at: Time| {
            let wait = (at - now).to_std().unwrap_or_default().max(Duration::from_millis(1));
            turn.next = Some(turn.next.map_or(wait, |next: Duration| next.min(wait)));
        };
        for ((incident, _), until) in &self.proposed {
            if *until > now { sooner(*until) } else { turn.ticks.push(*incident) }
        }
        let under_way = self.probed.values().filter(|probed| probed.reading).count();
        let free = usize::from(probing.at_once.max(1)).saturating_sub(under_way);
        let mut due: Vec<(bool, Time, Key)> = Vec::new();
        for (key, probed) in self.probed.iter().filter(|(_, probed)| !probed.reading) {
            // Due later than any pace says: the clock was set back, and that puts nothing off.
            if probed.due > now && probed.due - now <= probing.probe_every.max(probing.settle_every).delta() {
                sooner(probed.due);
            } else {
                due.push((!probed.is_eager(now), probed.due, *key));
            }
        }
        due.sort_unstable();
        // What has to wait for its turn is begun as soon as another reading is done.
        for (_, _, key) in due.into_iter().take(free) {
            if let Some(probed) = self.probed.get_mut(&key) {
                (probed.reading, probed.begun) = (true, now);
                let pace = if probed.is_eager(now) { probing.settle_every } else { probing.probe_every };
                turn.reads.push(Due {
                    key,
                    plan: probed.plan.clone(),
                    before: probed.before.clone(),
                    from: probed.from,
                    pace: pace.duration(),
                });
            }
        }
        turn
    }

    /// A reading is done: what was read, and when. The next one is counted from when this one began:
    /// a way that hangs does not put off what the others read.
    pub fn read(&mut self, key: Key, readings: Vec<Reading>, at: Time, probing: &Probing) {
        let Some(probed) = self.probed.get_mut(&key) else { return };
        let every = if probed.is_eager(at) { probing.settle_every } else { probing.probe_every };
        probed.reading = false;
        probed.round += 1;
        probed.before = readings;
        // Set back, the clock puts nothing off.
        let since = probed.begun.min(at);
        probed.due = (since + every.delta() - early(key, probed.round, every.delta())).max(at);
    }
}

impl Probed {
    fn is_eager(&self, now: Time) -> bool {
        self.eager_until.is_some_and(|until| now < until)
    }
}

/// Probes go on until an action is undone or the incident is over; what somebody keeps in force
/// after it is theirs.
fn is_watched(action: &Action, open: bool) -> bool {
    let settles = matches!(action.lamp, Lamp::Accepted | Lamp::InDoubt);
    let lasting = action.plan.op.info().mitigation;
    action.lamp.is_probed() && (settles || (open && lasting)) && !action.plan.checks.is_empty()
}

/// By how much a reading comes before its time, up to a quarter: what was begun together does not
/// stay together, and nothing is ever read later than the policy says.
fn early(key: Key, round: u64, every: TimeDelta) -> TimeDelta {
    let (IncidentId(incident), ActionId(action)) = key;
    let seed = (u64::from(incident) << 32) ^ (u64::from(action) << 16) ^ round;
    // The finisher of splitmix64: neighbours come out far apart.
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let share = i32::from((mixed >> 48) as u8);
    every * share / (4 * 256)
}

fn set<T>(map: &mut BTreeMap<Key, T>, key: Key, value: Option<T>) {
    match value {
        Some(value) => drop(map.insert(key, value)),
        None => drop(map.remove(&key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::story::{ISOLATED, Story, WORKING, time};
    use crate::incident::{Command, Disposition, Policy, Severity};

    fn probing() -> Probing {
        Policy::built_in().probing
    }

    /// The index of one story.
    fn rounds(story: &Story) -> Rounds {
        let mut rounds = Rounds::default();
        rounds.index(&story.incident, story.now);
        rounds
    }

    fn begun(turn: &Turn) -> usize {
        turn.reads.len()
    }

    #[test]
    fn what_is_in_force_is_read_at_a_calm_pace_and_what_settles_eagerly() {
        for (story, longest) in [
            (Story::isolating(), 1_000),
            (Story::isolated(), 5_000),
            (Story::isolated().at("12:05:00").reads(1, WORKING), 1_000),
            (Story::p0().asks("isolate support-1").loses(1), 1_000),
        ] {
            let mut rounds = rounds(&story);
            let now = story.now;
            assert_eq!(begun(&rounds.turn(now, &probing())), 1, "at once");
            assert_eq!(rounds.turn(now, &probing()), Turn::default(), "one reading at a time");
            rounds.read((story.incident.id, ActionId(1)), vec![], now, &probing());
            let wait = rounds.turn(now, &probing()).next.unwrap().as_millis();
            assert!((longest * 3 / 4..=longest).contains(&wait), "{} {wait}", story.action(1).lamp);
        }
    }

    #[test]
    fn what_does_not_settle_is_read_calmly_after_a_while() {
        let story = Story::isolated().at("12:05:00").reads(1, WORKING);
        let mut rounds = rounds(&story);
        let later = time("12:06:00");
        rounds.turn(later, &probing());
        rounds.read((story.incident.id, ActionId(1)), vec![], later, &probing());
        assert!(rounds.turn(later, &probing()).next.unwrap() > Duration::from_secs(3));
    }

    #[test]
    fn a_reading_whose_news_comes_before_its_end_and_a_clock_set_back_put_nothing_off() {
        // Regression: nothing was due then, nothing woke the watch, and a leak was never seen.
        let story = Story::isolated();
        let (mut rounds, key, now) = (rounds(&story), (story.incident.id, ActionId(1)), story.now);
        rounds.turn(now, &probing());
        rounds.index(&story.incident, now);
        assert_eq!(rounds.turn(now, &probing()), Turn::default());
        rounds.read(key, vec![], now, &probing());
        assert!(rounds.turn(now, &probing()).next.is_some_and(|wait| wait <= Duration::from_secs(5)));
        assert_eq!(begun(&rounds.turn(now - TimeDelta::hours(1), &probing())), 1, "the clock was set back");
    }

    #[test]
    fn a_reading_that_took_long_puts_off_the_next_by_nothing() {
        // Regression: one way hung for most of an interval, and the others were read an interval later.
        let story = Story::isolated();
        let (mut rounds, key, now) = (rounds(&story), (story.incident.id, ActionId(1)), story.now);
        rounds.turn(now, &probing());
        let done = now + TimeDelta::milliseconds(4_900);
        rounds.read(key, vec![], done, &probing());
        assert!(rounds.turn(done, &probing()).next.is_none_or(|wait| wait <= Duration::from_millis(100)));
    }

    #[test]
    fn fifty_mitigations_make_no_herd() {
        let mut story = Story::isolated();
        for n in 2..=50 {
            story = story.does(&format!("rate-limit agent-{n} calls_per_minute=5"), "api_calls=4");
        }
        let mut rounds = rounds(&story);
        assert_eq!(rounds.len(), 50);
        let mut now = story.now;
        let most = usize::from(probing().at_once);
        let mut under_way = Vec::new();
        let mut dues = std::collections::BTreeSet::new();
        for _ in 0..100 {
            let turn = rounds.turn(now, &probing());
            under_way.extend(turn.reads.into_iter().map(|due| due.key));
            assert!(under_way.len() <= most, "{} at a time", under_way.len());
            // One reading takes a tenth of a second.
            now += TimeDelta::milliseconds(100);
            if let Some(key) = under_way.pop() {
                rounds.read(key, vec![], now, &probing());
                dues.insert(rounds.probed[&key].due);
            }
        }
        assert!(dues.len() > 40, "they are spread: {}", dues.len());
    }

    #[test]
    fn what_settles_does_not_wait_behind_what_is_calm() {
        let mut story = Story::isolated();
        for n in 2..=20 {
            story = story.does(&format!("rate-limit agent-{n} calls_per_minute=5"), "api_calls=4");
        }
        let story = story.asks("isolate billing-2").accepts(21);
        let turn = rounds(&story).turn(story.now, &probing());
        assert_eq!(turn.reads[0].key.1, ActionId(21));
    }

    #[test]
    fn what_is_over_is_not_in_the_index() {
        let isolated = Story::isolated();
        let mut rounds = rounds(&isolated);
        let undone = isolated.does("release support-1", "agent_status=running");
        rounds.index(&undone.incident, undone.now);
        assert_eq!((rounds.len(), rounds.requested().count()), (0, 0));
        let over = Story::of(Severity::P3)
            .does("isolate support-1", ISOLATED)
            .says(Command::Account {
                action: ActionId(1),
                disposition: Disposition::Kept { owner: "bo".into(), reason: "a test".into() },
            })
            .says(Command::Classify { severity: Severity::P3, pattern: None, reason: None })
            .says(Command::Resolve { summary: "over".into(), despite: Some("seen by hand".into()) });
        rounds.index(&over.incident, over.now);
        assert_eq!(rounds.len(), 0, "what is kept after the end is its owner's");
    }

    #[test]
    fn b4_a_proposal_runs_out_on_time() {
        let story = Story::p0().by_ai("triage").asks("isolate support-1");
        let mut rounds = rounds(&story);
        assert_eq!(rounds.turn(story.now, &probing()).next, Some(Duration::from_secs(120)));
        assert_eq!(rounds.turn(time("12:02:00"), &probing()).ticks, [story.incident.id]);
    }
}
