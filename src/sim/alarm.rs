//! Monitoring: alerts that fire on vitals out of range, and resolve when they are back.

use std::collections::BTreeMap;

use crate::incident::{Alert, Text};

use super::fleet::{Fleet, Task, What};
use super::scenario::{AlertStep, AlertText};

/// A rule of monitoring. Times are virtual milliseconds.
#[derive(Clone, Debug)]
pub(super) struct Alarm {
    pub(super) text: AlertText,
    key: Text,
    /// The agent it is about.
    place: Option<usize>,
    /// Whether it follows the agent's vitals; else the script raises and resolves it.
    watches: bool,
    is_firing: bool,
    calm_since: Option<u64>,
    silent_until: u64,
}

/// Milliseconds vitals stay in range before an alert resolves.
const CALM_MS: u64 = 30_000;

impl Fleet {
    /// Watches the vitals of an agent in which something breaks at `since`.
    pub(super) fn watch_for(&mut self, text: AlertText, place: usize, since: u64) {
        self.schedule(since + after(&text), Task::Look);
        self.add_alarm(text, Some(place), true);
    }

    /// Raises an alert by the script, or sets a watch.
    pub(super) fn raise(&mut self, step: AlertStep) {
        let place = step.agent.and_then(|id| self.place(id.as_str()));
        let alarm = self.add_alarm(step.text, place, step.watch);
        if step.watch {
            return;
        }
        self.fire(alarm, self.now);
        if let Some(lasts) = step.lasts {
            let at = self.now + u64::from(lasts.as_seconds()) * 1_000;
            self.schedule(at, Task::Resolve(alarm));
        }
    }

    fn add_alarm(&mut self, text: AlertText, place: Option<usize>, watches: bool) -> usize {
        let about = place.map_or("fleet", |place| self.agents[place].spec.id.as_str());
        let key = Text::line(&format!("{}/{about}", text.name));
        self.alarms.push(Alarm {
            text,
            key,
            place,
            watches,
            is_firing: false,
            calm_since: None,
            silent_until: 0,
        });
        self.alarms.len() - 1
    }

    /// Fires and resolves what is due.
    pub(super) fn look_at_alarms(&mut self) {
        for number in 0..self.alarms.len() {
            let alarm = &self.alarms[number];
            let Some(place) = alarm.place.filter(|_| alarm.watches) else { continue };
            let agent = &self.agents[place];
            let acting = agent.broken.iter().filter(|broken| broken.is_acting(self.now));
            let since = acting.map(|broken| broken.since).min().filter(|_| agent.is_live());
            let is_firing = alarm.is_firing;
            let is_due = since.is_some_and(|since| {
                is_firing || (self.now >= since + after(&alarm.text) && self.now >= alarm.silent_until)
            });
            // Vitals are read only when the answer matters.
            let is_bad = is_due && self.is_out_of_range(place);
            if !is_firing && is_bad {
                self.fire(number, since.unwrap_or(self.now));
            } else if is_firing && is_bad {
                self.alarms[number].calm_since = None;
            } else if is_firing {
                let calm_since = *self.alarms[number].calm_since.get_or_insert(self.now);
                if self.now >= calm_since + CALM_MS {
                    self.resolve(number);
                }
            }
        }
    }

    fn fire(&mut self, number: usize, since: u64) {
        let alarm = &mut self.alarms[number];
        (alarm.is_firing, alarm.calm_since) = (true, None);
        let alarm = alarm.clone();
        let agent = alarm.place.map(|place| self.agents[place].spec.id.clone());
        let AlertText { name, summary, criticality, category, severity, group, .. } = alarm.text;
        let mut labels = vec![(Text::line("alertname"), name.clone())];
        labels.extend(agent.iter().map(|id| (Text::line("agent"), Text::line(id.as_str()))));
        labels.push((Text::line("realm"), Text::line("drill")));
        self.tell(What::Alert(Alert {
            key: alarm.key,
            group: group.unwrap_or_else(|| name.clone()),
            source: Text::line("simulated"),
            name,
            summary,
            criticality,
            category,
            severity,
            agent,
            starts_at: Some(self.time(since)),
            labels,
        }));
    }

    /// The alert resolves, if it fires.
    pub(super) fn resolve(&mut self, number: usize) {
        let alarm = &mut self.alarms[number];
        if alarm.is_firing {
            alarm.is_firing = false;
            let key = alarm.key.clone();
            self.tell(What::AlertResolved { key });
        }
    }

    /// Silences every alert of this name or key.
    pub(super) fn silence(&mut self, target: &str, minutes: u32) -> String {
        let until = self.now + u64::from(minutes) * 60_000;
        for alarm in self.alarms.iter_mut().filter(|alarm| alarm.is(target)) {
            alarm.silent_until = until;
        }
        format!("200: silenced for {minutes} min")
    }

    /// Ends the silence of every alert of this name or key.
    pub(super) fn unsilence(&mut self, target: &str) -> String {
        let now = self.now;
        for alarm in self.alarms.iter_mut().filter(|alarm| alarm.is(target)) {
            alarm.silent_until = now;
        }
        "200: no longer silenced".to_owned()
    }

    /// Whether the alerts of this name or key fire, and whether they are silenced.
    pub(super) fn read_alarm(&self, target: &str) -> Option<BTreeMap<String, Text>> {
        let alarms: Vec<&Alarm> = self.alarms.iter().filter(|alarm| alarm.is(target)).collect();
        let yes = |is: bool| Text::line(if is { "yes" } else { "no" });
        (!alarms.is_empty()).then(|| {
            let silenced = alarms.iter().all(|alarm| self.now < alarm.silent_until);
            let firing = alarms.iter().any(|alarm| alarm.is_firing);
            BTreeMap::from([("silenced".to_owned(), yes(silenced)), ("firing".to_owned(), yes(firing))])
        })
    }
}

impl Alarm {
    fn is(&self, name: &str) -> bool {
        self.key == name || self.text.name.as_str().eq_ignore_ascii_case(name)
    }
}

fn after(text: &AlertText) -> u64 {
    u64::from(text.after.as_seconds()) * 1_000
}
