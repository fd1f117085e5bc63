//! The first checks in full: what came, what did not and why, and what nobody asks here.

use super::super::effect::Effect;
use super::super::model::{Modal, Model};
use crate::incident::{FirstCheck, Glance, Incident, Topic};

impl Model {
    /// Shows all that was gathered first about the selected incident.
    pub(super) fn show_first(&mut self) -> Vec<Effect> {
        let Some(incident) = self.incident() else {
            return self.refuse("first-checks", self.no_incident());
        };
        let fresh = incident.is_fresh(self.now());
        let title = format!("{} first checks (C1, D11)", incident.id);
        let lines = lines(incident, fresh);
        self.modals.push(Modal::Detail { title, lines, scroll: 0 });
        vec![]
    }
}

fn lines(incident: &Incident, fresh: bool) -> Vec<String> {
    let mut all: Vec<&FirstCheck> = incident.first.iter().collect();
    all.sort_by_key(|check| (rank(check.glance), check.topic));
    let came = all.iter().filter(|check| check.glance != Glance::NotRead).count();
    let mut lines = vec![format!("{came} of {} answers came", all.len())];
    for check in all {
        lines.push(String::new());
        lines.push(format!("{:<8} {} of {}", check.glance.to_string(), check.topic, check.source));
        lines.push(format!("         {}", check.found));
    }
    let missing: Vec<Topic> =
        Topic::ALL.iter().copied().filter(|t| !incident.first.iter().any(|c| c.topic == *t)).collect();
    for topic in missing {
        lines.push(String::new());
        let word = if fresh { "nothing yet" } else { "not asked" };
        lines.push(format!("{word}, {topic}"));
        lines.push(format!("         {}", wanting(topic)));
    }
    lines
}

/// What did not come is worth more than what is as it should be, or merely worth a look.
const fn rank(glance: Glance) -> u8 {
    match glance {
        Glance::Alarm => 0,
        Glance::NotRead => 1,
        Glance::Notable => 2,
        Glance::Quiet => 3,
    }
}

/// What the configuration would have to say for a topic to be asked.
const fn wanting(topic: Topic) -> &'static str {
    match topic {
        Topic::Deploys => "asked where [first] repositories = ['/srv/api'] or a cluster is configured",
        Topic::Scope => "asked where some adapter reads the agents' vitals",
        Topic::Dependency => "asked where [dependencies.NAME] says type and url or address",
        Topic::Drift => "asked where [drift.NAME] says repository, path, and file or run",
        Topic::OnCall => "asked where [oncall.levels] says who takes turns: 0 = { people = ['ana'], .. }",
        Topic::Similar => "asked of the incidents on record, by whichever flightdeck is running",
    }
}
