//! The rules as data: windows, guardrails, approvals, escalation, cadence.
//!
//! The built-in policy is `assets/policies/default.toml`; a team's file overrides it by key.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::severity::words;
use super::{
    Audience, Check, DigestRule, Incident, Mark, Naming, Op, Rota, Route, Severity, Span, Text, Time,
};

/// Every rule the program enforces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// What this policy is called.
    pub name: Text,
    /// How severities are called (D1).
    pub naming: Naming,
    /// When a running window begins to warn, in per cent of its length.
    pub warn_at_percent: u8,
    /// How long a hypothesis may stay unconfirmed (D5).
    pub hypothesis_box: Span,
    /// The windows (A1, B1, B5, A8).
    pub windows: BTreeMap<WindowName, Window>,
    /// Human involvement (B1).
    pub involvement: PerSeverity<Involvement>,
    /// How long a proposal waits for a person (B4).
    pub confirm_within: PerSeverity<Span>,
    /// How soon people are told (B12).
    pub notify_within: PerSeverity<Span>,
    /// How urgent a rollback is after a failed repair (B13).
    pub rollback: PerSeverity<Urgency>,
    /// How often each audience hears something (D3).
    pub updates: BTreeMap<Audience, PerSeverity<Span>>,
    /// The words of updates, for each audience (D3).
    pub update_texts: BTreeMap<Audience, UpdateText>,
    /// Audiences that hear only what a person sends: what an AI actor writes for them is a draft
    /// (C2).
    pub people_tell: Vec<Audience>,
    /// How often the world is read (A3).
    pub probing: Probing,
    /// What must read true before an incident is over (B6).
    pub recovery: RecoveryRule,
    /// What may be done, by whom; what is not listed is refused.
    pub actions: BTreeMap<Op, Rule>,
    /// Commands that only people may give (C2), by their word.
    pub people_only: Vec<String>,
    /// Who is brought in when (C2, D10), lowest level first.
    #[serde(deserialize_with = "ladder", serialize_with = "by_number")]
    pub escalation: Vec<Level>,
    /// When the daily digest of what is still in force is made.
    pub digest: DigestRule,
    /// What each channel is told; from the configuration.
    #[serde(skip)]
    pub routes: Vec<Route>,
    /// Who is on call; from the configuration.
    #[serde(skip)]
    pub rota: Rota,
}

/// The words of the updates of one audience (D3). Names in braces stand for what is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateText {
    /// One line.
    pub subject: Text,
    /// All of it.
    pub text: Text,
}

/// One value for each severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerSeverity<T> {
    /// For P0.
    #[serde(rename = "P0")]
    pub p0: T,
    /// For P1.
    #[serde(rename = "P1")]
    pub p1: T,
    /// For P2.
    #[serde(rename = "P2")]
    pub p2: T,
    /// For P3.
    #[serde(rename = "P3")]
    pub p3: T,
}

impl<T: Copy> PerSeverity<T> {
    /// The value for one severity.
    #[must_use]
    pub const fn of(&self, severity: Severity) -> T {
        match severity {
            Severity::P0 => self.p0,
            Severity::P1 => self.p1,
            Severity::P2 => self.p2,
            Severity::P3 => self.p3,
        }
    }
}

/// The windows there are, in the order they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WindowName {
    /// From the fault to its detection (B1).
    Detect,
    /// Until the response team is told (B3).
    Tell,
    /// Until a responder acknowledged (A1).
    Respond,
    /// Until a control measure is proved (A1).
    Control,
    /// Until it is repaired (B1).
    Repair,
    /// Until the root cause is found (B5).
    RootCause,
    /// Until the review was held (A8).
    Review,
}

words!(WindowName, "window", {
    Detect => "detect",
    Tell => "tell",
    Respond => "respond",
    Control => "control",
    Repair => "repair",
    RootCause => "root-cause",
    Review => "review",
});

/// The time allowed from one moment to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Where it begins.
    pub from: Moment,
    /// What ends it.
    pub to: Moment,
    /// Whether overrunning it alarms; if not, it is only measured.
    pub enforced: bool,
    /// How long it is.
    pub within: PerSeverity<Span>,
}

/// A moment that a window can begin or end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Moment {
    /// When the first alert says it began.
    Start,
    /// When the first of the response team was told.
    Told,
    /// When the incident was resolved.
    Resolved,
    /// A mark (A2).
    Mark(Mark),
}

impl TryFrom<String> for Moment {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match word.as_str() {
            "start" => Ok(Self::Start),
            "told" => Ok(Self::Told),
            "resolved" => Ok(Self::Resolved),
            mark => mark.parse().map(Self::Mark).map_err(|_| {
                let shown = Text::line(mark);
                format!("\"{shown}\" is no moment; use start, told, resolved or T0 to T5")
            }),
        }
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        match moment {
            Moment::Start => "start".to_owned(),
            Moment::Told => "told".to_owned(),
            Moment::Resolved => "resolved".to_owned(),
            Moment::Mark(mark) => mark.word().to_owned(),
        }
    }
}

impl Moment {
    /// When it was, if it has been.
    #[must_use]
    pub fn of(self, incident: &Incident) -> Option<Time> {
        match self {
            Self::Start => incident.started_at(),
            // A control that was lost is in force from when it was got back (A3).
            Self::Mark(Mark::T3) => incident.controlled_since(),
            Self::Mark(mark) => incident.mark(mark),
            Self::Told => incident.told_at(),
            Self::Resolved => incident.resolved_at(),
        }
    }
}

/// How much a human being takes part (B1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Involvement {
    /// Nothing goes without.
    Required,
    /// Strongly advised.
    Advised,
    /// As wished.
    Optional,
}

words!(Involvement, "involvement", { Required => "required", Advised => "advised", Optional => "optional" });

/// How urgent a rollback is (B13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Urgency {
    /// Roll back.
    Must,
    /// Roll back unless something speaks against it.
    Should,
    /// Consider it.
    May,
}

words!(Urgency, "urgency", { Must => "must", Should => "should", May => "may" });

/// How often the world is read, and what a call without an answer holds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probing {
    /// A mitigation in force is read at least so often.
    pub probe_every: Span,
    /// So often while it waits for its proof, or has just begun to leak.
    pub settle_every: Span,
    /// So many readings at a time, whatever is in force.
    pub at_once: u8,
    /// When an action may be asked for again whose call had no answer.
    pub again_in_doubt: Again,
    /// An effect that leaked must hold so long before people are told that it does, and before a leak
    /// is told anew: one that comes and goes is one alarm (B12). The timeline has each.
    pub settled_after: Span,
}

/// When an action may be asked for again that is in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Again {
    /// Once the world was read since.
    Read,
    /// Once it is settled, by a reading or by a person.
    Settled,
    /// At any time.
    Always,
}

words!(Again, "time", { Read => "read", Settled => "settled", Always => "always" });

/// What must read true of each agent before an incident is over (B6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryRule {
    /// What is needed.
    #[serde(with = "written")]
    pub checks: Vec<Check>,
    /// What counts where something reads it.
    #[serde(with = "written")]
    pub where_read: Vec<Check>,
    /// What is needed of some agents instead, by their id, in which `*` stands for any run of
    /// characters. The longest that fits counts.
    #[serde(default)]
    pub agents: BTreeMap<String, OwnChecks>,
    /// A reading older than this proves nothing.
    pub fresh: Span,
    /// Whether an incident may be ended while they do not all hold.
    pub unproved: PerSeverity<Unproved>,
}

/// The checks of some agents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OwnChecks(#[serde(with = "written")] pub Vec<Check>);

/// Whether an incident may be ended that is not proved to be over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unproved {
    /// No.
    Refused,
    /// By who commands, who says why; by anybody who says why while nobody commands.
    Commander,
    /// By anybody who says why.
    Reason,
    /// Without a word.
    Allowed,
}

words!(Unproved, "rule", {
    Refused => "refused",
    Commander => "commander",
    Reason => "reason",
    Allowed => "allowed",
});

/// Checks as people write them: `error_rate < 1`.
mod written {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Check;

    pub(super) fn serialize<S: Serializer>(checks: &[Check], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(checks.iter().map(ToString::to_string))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Check>, D::Error> {
        let written = Vec::<String>::deserialize(from)?;
        written.iter().map(|check| check.parse().map_err(D::Error::custom)).collect()
    }
}

/// Who may do an action, and what it needs first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Which kinds of actor may ask for it.
    pub who: Vec<ActorKind>,
    /// Whose approval it needs.
    pub approval: Approval,
    /// How a person confirms it.
    pub confirm: Confirm,
}

/// The kinds of actor a rule speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActorKind {
    /// Human beings.
    Person,
    /// AI actors.
    Ai,
}

/// Whose approval an action needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approval {
    /// Nobody's.
    None,
    /// The commander's, when somebody commands and somebody else asks.
    Commander,
    /// Always a second person's.
    Second,
}

/// How a person confirms an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confirm {
    /// By typing `y`.
    Key,
    /// By typing the target's name.
    Typed,
}

/// One level of escalation (C2, D10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// 1, 2, 3 …: its key in the file, so that a team changes one level and keeps the others.
    #[serde(skip)]
    pub level: u8,
    /// Who that is.
    pub name: Text,
    /// For which severities.
    pub severities: Vec<Severity>,
    /// The condition.
    pub when: Condition,
    /// How long after T0 the condition may last.
    pub after: Span,
    /// The trigger in words, as written down beforehand.
    pub trigger: Text,
    /// Further conditions, any of which brings the level in.
    #[serde(default, rename = "or")]
    pub others: Vec<Trigger>,
    /// Whether flightdeck brings it in by itself, where the on-call table says how.
    #[serde(default = "yes")]
    pub automatic: bool,
}

const fn yes() -> bool {
    true
}

/// Reads `[escalation.N]` tables, lowest level first.
fn ladder<'de, D: Deserializer<'de>>(tables: D) -> Result<Vec<Level>, D::Error> {
    let numbered = |(key, level): (String, Level)| match key.parse() {
        Ok(number @ 1..) => Ok(Level { level: number, ..level }),
        Ok(0) | Err(_) => {
            let key = Text::line(&key);
            Err(D::Error::custom(format!("\"{key}\" is no level; write 1, 2, 3 …")))
        }
    };
    let mut levels: Vec<Level> =
        BTreeMap::deserialize(tables)?.into_iter().map(numbered).collect::<Result<_, _>>()?;
    levels.sort_by_key(|level| level.level);
    Ok(levels)
}

fn by_number<S: Serializer>(levels: &[Level], tables: S) -> Result<S::Ok, S::Error> {
    tables.collect_map(levels.iter().map(|level| (level.level.to_string(), level)))
}

/// One condition that brings a level in, with the number of minutes written down (C2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// The condition.
    pub when: Condition,
    /// How long it may last.
    pub after: Span,
    /// In words.
    pub trigger: Text,
}

impl Level {
    /// Every condition that brings it in, the first one first.
    pub fn triggers(&self) -> impl Iterator<Item = Trigger> {
        let first = Trigger { when: self.when, after: self.after, trigger: self.trigger.clone() };
        std::iter::once(first).chain(self.others.iter().cloned())
    }

    /// When it falls due and by which trigger: the earliest of those whose condition holds.
    #[must_use]
    pub fn due(&self, incident: &Incident) -> Option<(Time, Time, Trigger)> {
        if !self.severities.contains(&incident.severity) || incident.escalations.contains_key(&self.level) {
            return None;
        }
        let due = |trigger: Trigger| {
            let from = trigger.when.since(incident)?;
            Some((from, trigger.after.after(from), trigger))
        };
        self.triggers().filter_map(due).min_by_key(|(_, at, _)| *at)
    }
}

/// When a level of escalation falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// Nobody acknowledged.
    Unacknowledged,
    /// Nobody commands.
    NoCommander,
    /// No control measure is proved.
    Uncontrolled,
    /// Not resolved.
    Unresolved,
    /// Acknowledged, and then nothing more was written down by a person.
    Forgotten,
}

impl Condition {
    /// Whether it is still so.
    #[must_use]
    pub fn holds(self, incident: &Incident) -> bool {
        match self {
            Self::Unacknowledged => incident.mark(Mark::T1).is_none(),
            Self::NoCommander => incident.commander().is_none(),
            Self::Uncontrolled => incident.controlled_since().is_none(),
            Self::Unresolved => incident.resolved_at().is_none(),
            Self::Forgotten => incident.mark(Mark::T1).is_some() && incident.is_open(),
        }
    }

    /// Since when it counts, while it holds: from detection, or from the last word of a person.
    #[must_use]
    pub fn since(self, incident: &Incident) -> Option<Time> {
        if !self.holds(incident) {
            return None;
        }
        match self {
            Self::Unacknowledged | Self::NoCommander | Self::Uncontrolled | Self::Unresolved => {
                incident.mark(Mark::T0)
            }
            Self::Forgotten => incident.heard_at.or(incident.mark(Mark::T1)),
        }
    }
}

impl Policy {
    /// A policy without a rule: it allows nothing and times nothing. What stands in before the
    /// team's own is read.
    #[must_use]
    pub fn empty() -> Self {
        let never = PerSeverity {
            p0: Span::default(),
            p1: Span::default(),
            p2: Span::default(),
            p3: Span::default(),
        };
        let involvement = PerSeverity {
            p0: Involvement::Required,
            p1: Involvement::Required,
            p2: Involvement::Required,
            p3: Involvement::Required,
        };
        let rollback = PerSeverity { p0: Urgency::May, p1: Urgency::May, p2: Urgency::May, p3: Urgency::May };
        Self {
            name: Text::line("empty"),
            naming: Naming::default(),
            warn_at_percent: 100,
            hypothesis_box: Span::default(),
            windows: BTreeMap::new(),
            involvement,
            confirm_within: never,
            notify_within: never,
            rollback,
            updates: BTreeMap::new(),
            probing: Probing {
                probe_every: Span::seconds(5),
                settle_every: Span::seconds(1),
                at_once: 1,
                again_in_doubt: Again::Settled,
                settled_after: Span::minutes(5),
            },
            recovery: RecoveryRule {
                checks: Vec::new(),
                where_read: Vec::new(),
                agents: BTreeMap::new(),
                fresh: Span::default(),
                unproved: PerSeverity {
                    p0: Unproved::Refused,
                    p1: Unproved::Refused,
                    p2: Unproved::Refused,
                    p3: Unproved::Refused,
                },
            },
            actions: BTreeMap::new(),
            people_only: Vec::new(),
            escalation: Vec::new(),
            update_texts: BTreeMap::new(),
            people_tell: Audience::ALL.to_vec(),
            digest: DigestRule::default(),
            routes: Vec::new(),
            rota: Rota::default(),
        }
    }

    /// The policy that is built in.
    ///
    /// # Panics
    /// Never: a test parses the embedded file.
    #[must_use]
    pub fn built_in() -> Self {
        toml::from_str(Self::BUILT_IN).expect("the embedded policy parses, as a test holds")
    }

    /// The text of the built-in policy.
    pub const BUILT_IN: &'static str = include_str!("../../assets/policies/default.toml");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(within: PerSeverity<Span>) -> [u32; 4] {
        Severity::ALL.map(|s| within.of(s).as_seconds() / 60)
    }

    #[test]
    fn a1_b1_both_sets_of_windows_are_carried() {
        let policy = Policy::built_in();
        assert_eq!(minutes(policy.windows[&WindowName::Respond].within), [5, 15, 30, 60]);
        assert_eq!(minutes(policy.windows[&WindowName::Control].within), [15, 30, 60, 120]);
        assert_eq!(minutes(policy.windows[&WindowName::Repair].within), [5, 15, 30, 60]);
        let detect = policy.windows[&WindowName::Detect].within;
        assert_eq!(Severity::ALL.map(|s| detect.of(s).as_seconds()), [30, 60, 300, 900]);
        assert_eq!(
            Severity::ALL.map(|s| policy.involvement.of(s)),
            [Involvement::Required, Involvement::Advised, Involvement::Optional, Involvement::Optional]
        );
    }

    #[test]
    fn b4_b12_people_are_waited_for_and_told_in_time() {
        let policy = Policy::built_in();
        assert_eq!(minutes(policy.confirm_within), [2, 2, 10, 10]);
        let notify = Severity::ALL.map(|s| policy.notify_within.of(s).as_seconds());
        assert_eq!(notify, [30, 300, 900, 1_800]);
    }

    #[test]
    fn b13_d3_d5_rollback_updates_and_hypotheses() {
        let policy = Policy::built_in();
        assert_eq!(policy.rollback.of(Severity::P0), Urgency::Must);
        assert_eq!(policy.rollback.of(Severity::P1), Urgency::Should);
        assert_eq!(policy.rollback.of(Severity::P2), Urgency::May);
        assert_eq!(policy.updates[&Audience::Customers].of(Severity::P0), Span::minutes(15));
        assert_eq!(policy.hypothesis_box, Span::minutes(15));
    }

    #[test]
    fn d10_the_secondary_is_paged_when_nobody_acknowledged_for_15_minutes() {
        let policy = Policy::built_in();
        let first = &policy.escalation[0];
        assert_eq!((first.when, first.after), (Condition::Unacknowledged, Span::minutes(15)));
    }

    #[test]
    fn b6_what_is_over_is_read_and_not_said() {
        let RecoveryRule { checks, where_read, unproved, .. } = Policy::built_in().recovery;
        let words = |checks: &[Check]| checks.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(words(&checks), ["error_rate < 1", "p95 < 2"]);
        assert_eq!(words(&where_read), ["satisfaction > 90"]);
        let by = Severity::ALL.map(|s| unproved.of(s));
        assert_eq!(by, [Unproved::Commander, Unproved::Commander, Unproved::Reason, Unproved::Reason]);
    }

    #[test]
    fn every_operation_has_a_rule_in_the_built_in_policy() {
        let policy = Policy::built_in();
        for op in Op::ALL {
            assert!(policy.actions.contains_key(op), "{op}");
        }
    }
}
