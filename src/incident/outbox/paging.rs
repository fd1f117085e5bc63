//! Paging people through channels: an operation that the outbox carries where no adapter does.
//!
//! Accepted means queued; it is verified when it is delivered.

use super::{OUTBOX, Recipient};
use crate::incident::policy::Level;
use crate::incident::{Actor, Incident, Lamp, Op, Params, Plan, Policy, Text, Time};

/// Within what time a page must be delivered; it is tried no shorter.
pub(super) const VERIFY_SECONDS: u32 = 300;

/// What carries an escalation that nothing can carry.
pub const NOBODY: &str = "nobody";

/// Whom a level or a person is reached by, as the policy's on-call table says at a time; empty:
/// nobody can be reached through a channel.
#[must_use]
pub fn reached(policy: &Policy, op: Op, target: &str, at: Time) -> Vec<(Text, Recipient)> {
    let known = |channel: &Text| policy.routes.iter().any(|route| route.channel == *channel);
    let found = if op == Op::Escalate {
        let duty = target.parse().ok().and_then(|level: u8| policy.rota.on_call(level, at));
        duty.map(|duty| {
            let to = duty.person.map_or(Recipient::Level(duty.level), Recipient::Person);
            (duty.channel, to)
        })
    } else if op == Op::Page {
        let channel = policy.rota.channel_of(target);
        channel.map(|channel| (channel.clone(), Recipient::Person(Text::line(target))))
    } else {
        None
    };
    found.into_iter().filter(|(channel, _)| known(channel)).collect()
}

/// Exactly who would be paged, and through what, before anything is sent (D10).
///
/// # Errors
/// In words: nobody can be reached, and what the configuration would have to say.
pub fn plan(policy: &Policy, op: Op, target: &Text, params: &Params, at: Time) -> Result<Plan, String> {
    let reached = reached(policy, op, target.as_str(), at);
    if reached.is_empty() {
        return Err(nobody(policy, op, target));
    }
    let pages: Vec<String> =
        reached.iter().map(|(channel, to)| format!("page {to} through {channel}")).collect();
    let mut call = pages.join(", ");
    let duty = target.as_str().parse().ok().and_then(|level| policy.rota.on_call(level, at));
    if let Some(duty) = duty.filter(|_| op == Op::Escalate) {
        call = format!("page {}", duty.words());
    }
    let mut params = params.clone();
    for param in op.info().params {
        params.entry(param.name.to_owned()).or_insert_with(|| param.default.into());
    }
    Ok(Plan {
        op,
        target: target.clone(),
        adapter: OUTBOX.into(),
        call: Text::line(&call),
        version: None,
        inverse: None,
        checks: op.info().checks.iter().filter_map(|check| check.parse().ok()).collect(),
        cautions: Vec::new(),
        limit_s: op.info().limit_s,
        verify_s: VERIFY_SECONDS,
        already: false,
        blind: false,
        destroys_evidence: false,
        params,
    })
}

fn nobody(policy: &Policy, op: Op, target: &Text) -> String {
    let known: Vec<String> = if op == Op::Page {
        policy.rota.people().map(|(person, _)| person.to_string()).collect()
    } else {
        policy.rota.levels.keys().map(u8::to_string).collect()
    };
    let known = if known.is_empty() { "nobody".to_owned() } else { known.join(", ") };
    if op == Op::Escalate {
        return format!(
            "nobody is on call at level {target}: [oncall.levels] {target} = {{ people = [\"NAME\"], \
             channel = \"CHANNEL\" }} would say who; the table knows {known}"
        );
    }
    format!("the on-call table does not say how to page {target}; it knows {known}")
}

/// A level that flightdeck brings in by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct DueLevel {
    /// Which.
    pub level: u8,
    /// When it is due.
    pub at: Time,
    /// The trigger, as written down beforehand.
    pub trigger: Text,
    /// How the on-call table reaches it now; none: it does not, and an adapter may.
    pub plan: Option<Plan>,
}

impl DueLevel {
    /// What is asked of whoever brings it in.
    #[must_use]
    pub fn target(&self) -> Text {
        Text::line(&self.level.to_string())
    }

    /// The parameters of that.
    #[must_use]
    pub fn params(&self) -> Params {
        [("reason".to_owned(), self.trigger.clone())].into()
    }

    /// What stands for a call where nobody can be told: it is asked for and failed in one moment, so
    /// that it is on record and never silent.
    #[must_use]
    pub fn nobody(&self) -> Plan {
        Plan {
            op: Op::Escalate,
            target: self.target(),
            params: self.params(),
            adapter: NOBODY.into(),
            call: Text::line("nothing: neither the on-call table nor an adapter reaches this level"),
            version: None,
            inverse: None,
            checks: Vec::new(),
            cautions: Vec::new(),
            already: false,
            blind: false,
            destroys_evidence: false,
            limit_s: Op::Escalate.info().limit_s,
            verify_s: VERIFY_SECONDS,
        }
    }
}

/// The levels that flightdeck brings in by itself: when each is due, and how it would be paged now.
/// Each only once: after that it is for people to find another way.
#[must_use]
pub fn levels(incident: &Incident, policy: &Policy, now: Time) -> Vec<DueLevel> {
    if !incident.is_open() {
        return Vec::new();
    }
    let due = |level: &Level| {
        let (_, at, due) =
            level.due(incident).filter(|_| level.automatic && !was_asked_for(incident, level))?;
        let level = DueLevel { level: level.level, at, trigger: due.trigger, plan: None };
        let plan = plan(policy, Op::Escalate, &level.target(), &level.params(), now).ok();
        Some(DueLevel { plan, ..level })
    };
    policy.escalation.iter().filter_map(due).collect()
}

fn was_asked_for(incident: &Incident, level: &Level) -> bool {
    let target = level.level.to_string();
    incident.actions.values().any(|action| {
        let this = action.plan.op == Op::Escalate && action.plan.target.as_str() == target;
        let under_way =
            matches!(action.lamp, Lamp::Proposed | Lamp::Requested | Lamp::Accepted | Lamp::InDoubt);
        this && (under_way || action.asked_by == Actor::Flightdeck)
    })
}
