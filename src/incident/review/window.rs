//! Marks with their times, and the windows they are measured against (A1, A2, B1).

use serde::Serialize;

use super::{Length, Source};
use crate::incident::policy::{Moment, WindowName};
use crate::incident::state::MarkWord;
use crate::incident::{Mark, Text, Time};

/// A mark with all that was said of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MarkFact {
    /// Which.
    pub mark: Mark,
    /// What has happened at it, in one word.
    pub meaning: &'static str,
    /// When, by the last word; none: nobody recorded it.
    pub at: Option<Time>,
    /// From T0 to it.
    pub after_detection: Option<Length>,
    /// Everything said of it, first word first; more than one means that it was corrected.
    pub words: Vec<WordFact>,
}

/// One word said of a mark.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WordFact {
    /// When it happened.
    pub at: Time,
    /// When that was written down.
    pub recorded_at: Time,
    /// By whom.
    pub by: String,
    /// Why, when back-dated, corrected or set by hand.
    pub reason: Option<Text>,
}

/// A window with what was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WindowFact {
    /// Which.
    pub window: WindowName,
    /// Where it begins: `start`, `T0` to `T5`, `resolved`.
    pub from: Moment,
    /// What ends it.
    pub to: Moment,
    /// How long it is for the severity that counts in the end.
    pub allowed: Length,
    /// Whether overrunning it alarms.
    pub enforced: bool,
    /// When it began.
    pub began_at: Option<Time>,
    /// When it was over.
    pub due_at: Option<Time>,
    /// When it was met.
    pub met_at: Option<Time>,
    /// How long it took.
    pub taken: Option<Length>,
    /// What was left when it was met, or by how much it was overrun.
    pub margin: Option<Length>,
    /// For how long what ends it was lost after it was there first (A3).
    pub lost: Option<Length>,
    /// How it ended.
    pub outcome: Outcome,
    /// The same in English: `met in 1m5s of 5m, 3m55s to spare`.
    pub words: String,
}

/// How a window ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Within the window.
    Met,
    /// After it.
    Late,
    /// The incident ended without it.
    Missed,
    /// Not yet, and there is time.
    Open,
    /// Not yet, and the time is up.
    Overdue,
    /// Nobody recorded when it began.
    Unknown,
}

impl Source<'_> {
    pub(super) fn marks(&self) -> Vec<MarkFact> {
        let detected = self.incident.mark(Mark::T0);
        let fact = |mark: &Mark| {
            let at = self.incident.mark(*mark);
            let words = self.incident.marks.get(mark);
            MarkFact {
                mark: *mark,
                meaning: mark.meaning(),
                at,
                after_detection: detected.zip(at).map(|(from, to)| Length::between(from, to)),
                words: words.map(|words| words.iter().map(word).collect()).unwrap_or_default(),
            }
        };
        Mark::ALL.iter().map(fact).collect()
    }

    pub(super) fn windows(&self) -> Vec<WindowFact> {
        self.policy.windows.keys().map(|name| self.window(*name)).collect()
    }

    fn window(&self, name: WindowName) -> WindowFact {
        let window = self.policy.windows[&name];
        let within = window.within.of(self.incident.severity);
        let began_at = window.from.of(self.incident);
        let due_at = began_at.map(|from| within.after(from));
        // A review held before the incident was resolved anew is not the review of its end.
        let met_at = began_at
            .and(window.to.of(self.incident))
            .filter(|met| window.from != Moment::Resolved || began_at.is_some_and(|from| *met >= from));
        let ended = !self.incident.is_open() && window.from != Moment::Resolved;
        let outcome = match (due_at, met_at) {
            (None, _) => Outcome::Unknown,
            (Some(due), Some(met)) if met < due => Outcome::Met,
            (Some(_), Some(_)) => Outcome::Late,
            (Some(_), None) if ended => Outcome::Missed,
            (Some(due), None) if self.now >= due => Outcome::Overdue,
            (Some(_), None) => Outcome::Open,
        };
        let taken = began_at.zip(met_at).map(|(from, met)| Length::between(from, met));
        let mut fact = WindowFact {
            window: name,
            from: window.from,
            to: window.to,
            allowed: Length { seconds: within.as_seconds(), text: within.to_string() },
            enforced: window.enforced,
            began_at,
            due_at,
            met_at,
            // The one is what the other leaves of the window: rounded apart they would not add up.
            margin: taken.as_ref().map(|t| Length::seconds(t.seconds.abs_diff(within.as_seconds()))),
            taken,
            lost: self.lost(window.to),
            outcome,
            words: String::new(),
        };
        fact.words = fact.in_words();
        fact
    }
}

impl Source<'_> {
    fn lost(&self, to: Moment) -> Option<Length> {
        let lost = self.incident.lost_for(self.end()).filter(|_| to == Moment::Mark(Mark::T3))?;
        Some(Length::seconds(u32::try_from(lost.num_seconds()).unwrap_or(u32::MAX)))
    }
}

impl WindowFact {
    fn in_words(&self) -> String {
        let words = self.how_it_ended();
        match &self.lost {
            Some(lost) if self.met_at.is_some() => {
                format!("{words}; it had been met before, then LOST for {}", lost.text)
            }
            Some(lost) => format!("{words}; it had been met, then LOST for {}", lost.text),
            None => words,
        }
    }

    fn how_it_ended(&self) -> String {
        let text = |length: &Option<Length>| length.as_ref().map_or("", |length| &length.text).to_owned();
        let (allowed, taken, margin) = (&self.allowed.text, text(&self.taken), text(&self.margin));
        let due = self.due_at.map(|due| due.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default();
        match self.outcome {
            Outcome::Met => format!("met in {taken} of {allowed}, {margin} to spare"),
            Outcome::Late => format!("met after {taken}, over by {margin} ({allowed} allowed)"),
            Outcome::Missed => format!("not met before the end ({allowed} allowed)"),
            Outcome::Open => format!("not met yet, due at {due} ({allowed} allowed)"),
            Outcome::Overdue => format!("not met, over since {due} ({allowed} allowed)"),
            Outcome::Unknown => format!("not measured: its beginning is not on record ({allowed} allowed)"),
        }
    }
}

fn word(word: &MarkWord) -> WordFact {
    WordFact {
        at: word.at,
        recorded_at: word.recorded_at,
        by: word.actor.to_string(),
        reason: word.reason.clone(),
    }
}
