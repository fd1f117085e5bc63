//! What not to overlook, across all incidents: what burns elsewhere must not be out of sight because
//! somebody works here.

use std::cmp::Reverse;

use super::effect::Effect;
use super::intent::Intent;
use super::model::{Modal, Model};
use super::msg::Notice;
use crate::incident::outbox::ChannelStanding;
use crate::incident::playbook::cited;
use crate::incident::policy::Involvement;
use crate::incident::{Incident, IncidentId, Mark, Severity, Warning, Weight};

/// A warning, and the incident that it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warned {
    /// Which incident.
    pub incident: IncidentId,
    /// How bad that is.
    pub severity: Severity,
    /// Where it stands among the warnings of its incident.
    nth: usize,
    /// The warning.
    pub warning: Warning,
}

impl Warned {
    /// Worst incident first, then what is louder, then what each incident says first, newest first:
    /// a P0 that nobody has seen yet stands above whatever else is late.
    fn rank(&self) -> impl Ord + use<> {
        (self.severity, Reverse(self.warning.weight), self.nth, Reverse(self.incident))
    }

    /// Whether it is of a containment that stopped holding.
    #[must_use]
    pub fn is_leak(&self) -> bool {
        self.warning.weight == Weight::Alarm && self.warning.row == "A3"
    }
}

impl Model {
    /// What there is room for on top of the screen: of the selected incident everything, of every
    /// other one its loudest.
    #[must_use]
    pub fn warned(&self) -> Vec<Warned> {
        let mut all = Vec::new();
        for incident in self.board.incidents() {
            if self.selection.incident == Some(incident.id) {
                let own = self.warnings_of(incident);
                all.extend(own.into_iter().enumerate().map(|(nth, warning)| named(incident, nth, warning)));
            } else if let Some(loudest) = self.elsewhere(incident).into_iter().next() {
                let name = format!("{} {}", incident.id, incident.severity.name(self.policy.naming));
                let text = format!("{name}: {}", loudest.text);
                all.push(named(incident, 0, Warning { text, ..loudest }));
            }
        }
        all.extend(self.left_behind());
        all.extend(self.unheard());
        all.sort_by_key(Warned::rank);
        all
    }

    /// What another incident warns of. Of one that nobody has acknowledged that is said too, as loud
    /// as its severity asks for a commander (B1).
    fn elsewhere(&self, incident: &Incident) -> Vec<Warning> {
        let untold = incident.outbox.given_up().next().is_some();
        if !incident.is_open() && incident.leaking_since().is_none() && !untold {
            return Vec::new();
        }
        let all = self.warnings_of(incident);
        let mut all: Vec<Warning> = all.into_iter().filter(|w| w.weight == Weight::Alarm).collect();
        if incident.is_open() && incident.mark(Mark::T1).is_none() {
            let weight = match self.policy.involvement.of(incident.severity) {
                Involvement::Required => Weight::Alarm,
                Involvement::Advised | Involvement::Optional => Weight::Warn,
            };
            let text = format!("nobody has acknowledged it: {}", incident.title);
            all.push(Warning { weight, row: "A2", text });
        }
        all
    }

    /// What was to be taken away by now in other incidents, in one line: they are over.
    fn left_behind(&self) -> Option<Warned> {
        // Without an incident nothing here asks the time, and a second changes nothing.
        self.board.incidents().next()?;
        let here = |id: IncidentId| self.selection.incident == Some(id);
        let late: Vec<_> = self.board.in_force(self.now());
        let late: Vec<_> =
            late.into_iter().filter(|one| one.is_overdue(self.now()) && !here(one.incident.id)).collect();
        let first = late.first()?;
        let (incident, action) = (first.incident.id, first.action);
        let more = if late.len() > 1 { format!(", and {} more", late.len() - 1) } else { String::new() };
        let key = self.keymap.keys_for(self.context(), Intent::InForce);
        let key = key.map_or_else(String::new, |key| format!("; {key} lists them"));
        let text =
            format!("{incident}: {} {} was to be gone by now{more}{key}", action.id, action.plan.title());
        let warning = Warning { weight: Weight::Warn, row: "A3", text };
        Some(Warned { incident, severity: Severity::P3, nth: 0, warning })
    }

    /// The channels that do not deliver, as the journal tells it to every process: as loud as what is
    /// not heard of.
    fn unheard(&self) -> Vec<Warned> {
        let failing = self.failing_channels().into_iter();
        let warned = |standing: ChannelStanding| {
            let wakes = standing.pages || standing.severity <= Severity::P1;
            let weight = if wakes { Weight::Alarm } else { Weight::Warn };
            let incident = standing.oldest?.incident;
            let text = format!("{} DOES NOT DELIVER: {}", standing.channel, standing.words());
            let warning = Warning { weight, row: "B12", text };
            // What leaks comes before what cannot be told of it.
            Some(Warned { incident, severity: standing.severity, nth: 1, warning })
        };
        failing.filter_map(warned).collect()
    }

    /// Lists every warning of every incident, worst first.
    pub(super) fn show_warnings(&mut self) -> Vec<Effect> {
        let mut all = Vec::new();
        for incident in self.board.incidents() {
            let mut own = self.warnings_of(incident);
            let quiet = |w: &&Warning| w.row == "A2";
            own.extend(self.elsewhere(incident).iter().find(quiet).cloned());
            own.sort_by_key(|warning| Reverse(warning.weight));
            all.extend(own.into_iter().enumerate().map(|(nth, warning)| named(incident, nth, warning)));
        }
        all.extend(self.unheard());
        // Here there is room for all: of two incidents as bad an alarm comes before what is only late.
        all.sort_by_key(|one| (one.severity, Reverse(one.warning.weight), Reverse(one.incident), one.nth));
        let said = self.notice.iter().map(|(notice, _)| format!("said   {}", notice.text));
        let said: Vec<String> = said.collect();
        if all.is_empty() && self.lasting.is_empty() && said.is_empty() && self.journal.is_empty() {
            self.take_notice(Notice::info("nothing is warned of, in any incident"));
            return vec![];
        }
        let line = |one: &Warned| {
            let Warned { incident, severity, warning, .. } = one;
            let name = severity.name(self.policy.naming);
            let loud = word(warning.weight);
            format!("{loud:<6} {incident} {name}  {} {}", warning.text, cited(warning.row))
        };
        let lasting = self.lasting.iter().map(|notice| format!("here   {}", notice.text));
        let journal = self.journal.values().map(|words| format!("ALARM  {words}"));
        let lines = said.into_iter().chain(journal).chain(all.iter().map(line)).chain(lasting).collect();
        let title = format!("warnings of all incidents at {}", self.now().format("%H:%M:%S UTC"));
        self.modals.push(Modal::Detail { title, lines, scroll: 0 });
        vec![]
    }
}

fn named(incident: &Incident, nth: usize, warning: Warning) -> Warned {
    Warned { incident: incident.id, severity: incident.severity, nth, warning }
}

const fn word(weight: Weight) -> &'static str {
    match weight {
        Weight::Alarm => "ALARM",
        Weight::Warn => "warn",
        Weight::Advice => "advice",
    }
}
