//! Which messages follow from events: queued in the same moment, so that none can be lost between.

use super::{MessageKind, OUTBOX, Recipient, reached, words};
use crate::incident::{
    Action, ActionId, Actor, Audience, Entry, Event, Incident, Lamp, Mark, Message, Op, Plan, Policy,
    Severity, Text, Time, clock_face, telling,
};

/// Adds what people are to be told of `events`, by the routes and the on-call table of the policy.
#[must_use]
pub fn announced(
    before: &Incident,
    policy: &Policy,
    actor: &Actor,
    now: Time,
    events: Vec<Event>,
) -> Vec<Event> {
    if !events.iter().any(is_told) || (policy.routes.is_empty() && policy.rota.levels.is_empty()) {
        return events;
    }
    let mut desk = Desk { incident: before.clone(), actor, policy, now, said: Vec::new() };
    for (seq, event) in (before.seq + 1..).zip(&events) {
        let was = desk.incident.clone();
        let incident = before.id;
        desk.incident.apply(&Entry { incident, seq, at: now, actor: actor.clone(), event: event.clone() });
        desk.tell(&was, seq, event);
    }
    let Desk { said, .. } = desk;
    events.into_iter().chain(said).collect()
}

/// The state of an action's topic that is told while it leaks.
const LEAKING: &str = "leaking";

/// What people are to be told because time has passed: an effect that leaked has settled.
#[must_use]
pub fn settled(before: &Incident, policy: &Policy, now: Time) -> Vec<Event> {
    if !before.is_open() || before.actions.values().all(|action| action.leaks == 0) {
        return Vec::new();
    }
    let actor = &Actor::Flightdeck;
    let mut desk = Desk { incident: before.clone(), actor, policy, now, said: Vec::new() };
    desk.holds_again();
    desk.said
}

/// Whether flightdeck itself asked for it, to bring in a level: nobody sits before its answer.
fn is_own_escalation(action: &Action) -> bool {
    action.plan.op == Op::Escalate && action.asked_by == Actor::Flightdeck
}

/// Whether anybody might have to hear of it: most events are nobody's business outside.
fn is_told(event: &Event) -> bool {
    match event {
        Event::Declared { .. }
        | Event::Classified { .. }
        | Event::Raised { .. }
        | Event::ActionVerified { .. }
        | Event::ActionLeaking { .. }
        | Event::ActionInDoubt { .. }
        | Event::ActionFailed { .. }
        | Event::UpdateSent { .. }
        | Event::DigestMade { .. }
        | Event::Escalated { .. }
        | Event::MergedInto { .. }
        | Event::Resolved { .. }
        | Event::Reopened { .. } => true,
        Event::MarkSet { mark, .. } => *mark == Mark::T1,
        Event::Noted { text } => named(text).is_some(),
        Event::ActionRequested { plan, .. } => plan.adapter.as_str() == OUTBOX,
        Event::AlertFired { .. }
        | Event::FirstChecked { .. }
        | Event::HeardElsewhere { .. }
        | Event::AlertResolved { .. }
        | Event::AgentAdded { .. }
        | Event::RoleAssigned { .. }
        | Event::RoleReleased { .. }
        | Event::ActionProposed { .. }
        | Event::ActionDenied { .. }
        | Event::ActionExpired { .. }
        | Event::ActionAccepted { .. }
        | Event::ActionUnverified { .. }
        | Event::ActionUndone { .. }
        | Event::ActionAccounted { .. }
        | Event::ActionRead { .. }
        | Event::ActionWitnessed { .. }
        | Event::EvidenceStored { .. }
        | Event::RecoveryRead { .. }
        | Event::HypothesisOpened { .. }
        | Event::HypothesisClosed { .. }
        | Event::UpdateDrafted { .. }
        | Event::DraftSettled { .. }
        | Event::Decided { .. }
        | Event::LinePinned { .. }
        | Event::Absorbed { .. }
        | Event::ImprovementAdded { .. }
        | Event::ImprovementMoved { .. }
        | Event::ReviewSaved { .. }
        | Event::MessageQueued { .. }
        | Event::MessageDelivered { .. }
        | Event::MessageFailed { .. }
        | Event::MessageRetried { .. }
        | Event::MessageDropped { .. }
        | Event::Unknown { .. } => false,
    }
}

/// The severity that an event gives, and why.
fn class(event: &Event) -> Option<(Severity, Option<String>)> {
    if let Event::Raised { severity, by } = event {
        return Some((*severity, Some(format!("alert {by} joined"))));
    }
    let Event::Classified { severity, reason, .. } = event else { return None };
    Some((*severity, reason.as_ref().map(ToString::to_string)))
}

/// The channel that a note is written for, and the note: `@pager rolled back`.
fn named(text: &Text) -> Option<(&str, &str)> {
    let (channel, note) = text.as_str().strip_prefix('@')?.split_once(char::is_whitespace)?;
    Some((channel, note.trim())).filter(|(channel, note)| !channel.is_empty() && !note.is_empty())
}

/// The incident as it becomes, and what is said of it.
struct Desk<'a> {
    incident: Incident,
    actor: &'a Actor,
    policy: &'a Policy,
    now: Time,
    said: Vec<Event>,
}

/// What is told, but for whom and through what.
struct News<'a> {
    kind: MessageKind,
    about: u64,
    action: Option<ActionId>,
    topic: String,
    state: &'a str,
    what: String,
}

impl Desk<'_> {
    fn tell(&mut self, was: &Incident, about: u64, event: &Event) {
        let news = |kind, topic: &str, state, what: String| News {
            kind,
            about,
            action: None,
            topic: topic.to_owned(),
            state,
            what,
        };
        let of_action = |action: &Action, kind, state, what: String| News {
            kind,
            about,
            action: Some(action.id),
            topic: action.id.to_string(),
            state,
            what,
        };
        if let Event::Declared { .. } = event {
            self.broadcast(&news(MessageKind::Declared, "incident", "declared", "declared".into()));
            self.page_primary(about);
        } else if let Some((severity, why)) = class(event) {
            if severity != was.severity {
                let name = severity.name(self.policy.naming);
                let from = was.severity.name(self.policy.naming);
                let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
                let what = format!("now {name}, was {from}{why}");
                self.broadcast(&news(
                    MessageKind::Severity,
                    "severity",
                    severity.name(Default::default()),
                    what,
                ));
                self.page_primary(about);
            }
        } else if let Event::ActionLeaking { action, logged, .. } = event {
            if let Some(action) = self.incident.actions.get(action).cloned() {
                self.leaking(about, &action, *logged);
            }
        } else if let Event::ActionInDoubt { action, reason } = event {
            if let Some(action) = self.incident.actions.get(action).cloned() {
                let what = format!("{} {} is in doubt: {reason}", action.id, action.plan.title());
                self.broadcast(&of_action(&action, MessageKind::InDoubt, "in doubt", what));
            }
        } else if let Event::ActionFailed { action, reason, .. } = event {
            let failed =
                self.incident.actions.get(action).filter(|action| is_own_escalation(action)).cloned();
            if let Some(action) = failed {
                // The configuration lines that would mend it are for the cockpit.
                let why = reason.as_str().lines().next().unwrap_or_default();
                let what = format!("{} {} failed: {why}", action.id, action.plan.title());
                self.broadcast(&of_action(&action, MessageKind::Escalation, "failed", what));
            }
        } else if let Event::Escalated { level, name, trigger } = event {
            let what = format!("level {level}, {name}, was brought in: {trigger}");
            let topic = format!("level {level}");
            self.broadcast(&news(MessageKind::Escalation, &topic, trigger.as_str(), what));
        } else if let Event::UpdateSent { audience, .. } = event {
            self.update(about, *audience);
        } else if let Event::MarkSet { mark: Mark::T1, .. } = event {
            // A correction of the time is no news.
            if was.mark(Mark::T1).is_none() {
                let what = format!("{} is on it", self.actor);
                self.broadcast(&news(MessageKind::Acknowledged, "acknowledged", "acknowledged", what));
            }
        } else if let Event::Noted { text } = event {
            self.note(about, text);
        } else if let Event::Resolved { .. } = event {
            let what = telling::tell_event(event, self.now, self.policy.naming);
            self.broadcast(&news(MessageKind::Resolved, "incident", "resolved", what));
        } else if let Event::MergedInto { into, reason } = event {
            let what = format!("goes on as {into}: {reason}");
            self.broadcast(&news(MessageKind::Resolved, "incident", "merged", what));
        } else if let Event::Reopened { reason } = event {
            let what = format!("reopened: {reason}");
            self.broadcast(&news(MessageKind::Reopened, "incident", "reopened", what));
        } else if let Event::DigestMade { day, text, .. } = event {
            let (state, what) = (day.to_string(), text.to_string());
            self.broadcast(&news(MessageKind::Digest, "digest", &state, what));
        } else if let Event::ActionRequested { action, plan, .. } = event {
            self.page(about, *action, plan);
        }
    }

    /// A leak is told once. One that comes back before its effect has settled is the same one.
    fn leaking(&mut self, about: u64, action: &Action, logged: Option<u32>) {
        let held = action.held_for();
        let settled = held.is_none_or(|held| held >= self.policy.probing.settled_after.delta());
        if action.leaks > 1 && !settled {
            return;
        }
        let after = held.map(|held| format!(" after {}", clock_face(held))).unwrap_or_default();
        let logged = logged.map(|count| format!("; {}", telling::lines_logged(count))).unwrap_or_default();
        let (id, title) = (action.id, action.plan.title());
        let what = format!("{id} {title} is LEAKING: its effect stopped holding{after}{logged}");
        let state =
            if action.leaks > 1 { format!("{LEAKING}, {} times", action.leaks) } else { LEAKING.into() };
        self.broadcast(&News {
            kind: MessageKind::Leaking,
            about,
            action: Some(id),
            topic: id.to_string(),
            state: &state,
            what,
        });
    }

    /// An effect that leaked is told to hold again once it has settled, to those who heard of the leak.
    fn holds_again(&mut self) {
        let settled = |action: &&Action| {
            let since = action.held_since.filter(|_| action.lamp == Lamp::Verified && action.leaks > 0);
            since.is_some_and(|since| self.now - since >= self.policy.probing.settled_after.delta())
        };
        let all: Vec<Action> = self.incident.actions.values().filter(settled).cloned().collect();
        for action in all {
            let topic = action.id.to_string();
            let since = action.held_since.unwrap_or(self.now).format("%H:%M:%S UTC");
            let what = format!("{} {} holds again since {since}", action.id, action.plan.title());
            let news = News {
                kind: MessageKind::Leaking,
                about: self.incident.seq,
                action: Some(action.id),
                topic: topic.clone(),
                state: "holds",
                what,
            };
            for route in &self.policy.routes {
                let Some(to) = route.hears(MessageKind::Leaking) else { continue };
                let told = self.incident.outbox.last_state(&route.channel, &to, &topic);
                if told.is_some_and(|state| state.as_str().starts_with(LEAKING)) {
                    self.queue(&news, &route.channel, to);
                }
            }
        }
    }

    /// Tells every channel that hears of such things, each once for each state (B12).
    fn broadcast(&mut self, news: &News<'_>) {
        for route in &self.policy.routes {
            let Some(to) = route.hears(news.kind) else { continue };
            // That somebody is on it concerns those who were told of it.
            if news.kind == MessageKind::Acknowledged && !self.incident.outbox.has_told(&route.channel) {
                continue;
            }
            // Whoever heard of it hears of its end, whatever became of its severity.
            let follows = news.kind != MessageKind::Declared && self.incident.outbox.has_told(&route.channel);
            let of_all = news.kind == MessageKind::Digest;
            if route.severities.contains(&self.incident.severity) || follows || of_all {
                self.queue(news, &route.channel, to);
            }
        }
    }

    /// A note goes to the channel that it begins with, and is a note all the same.
    fn note(&mut self, about: u64, text: &Text) {
        let Some((channel, what)) = named(text) else { return };
        let Some(route) = self.policy.routes.iter().find(|route| route.channel.as_str() == channel) else {
            return;
        };
        if let Some(to) = route.hears(MessageKind::Note) {
            let what = format!("{}: {what}", self.actor);
            let (kind, state) = (MessageKind::Note, about.to_string());
            let news = News { kind, about, action: None, topic: "note".into(), state: &state, what };
            self.queue(&news, &route.channel, to);
        }
    }

    /// The primary on-call is paged as long as nobody has acknowledged (C1, D10).
    fn page_primary(&mut self, about: u64) {
        if self.incident.mark(Mark::T1).is_some() {
            return;
        }
        let wanted = |channel: &Text| {
            let route = self.policy.routes.iter().find(|route| route.channel == *channel);
            route.is_some_and(|route| {
                route.kinds.contains(&MessageKind::Page) && route.severities.contains(&self.incident.severity)
            })
        };
        let reached = reached(self.policy, Op::Escalate, "0", self.now);
        let reached: Vec<_> = reached.into_iter().filter(|(channel, _)| wanted(channel)).collect();
        for (channel, to) in reached {
            let what = "you are on call: acknowledge it, or the next level is brought in".to_owned();
            let topic = "primary on-call".to_owned();
            let kind = MessageKind::Page;
            self.queue(&News { kind, about, action: None, topic, state: "paged", what }, &channel, to);
        }
    }

    /// An escalation or a page that the outbox itself carries: accepted is queued, and it is
    /// verified when it is delivered.
    fn page(&mut self, about: u64, action: ActionId, plan: &Plan) {
        if plan.adapter.as_str() != OUTBOX {
            return;
        }
        let reached = reached(self.policy, plan.op, plan.target.as_str(), self.now);
        if reached.is_empty() {
            let reason =
                format!("nobody can be reached: the on-call table does not say how to page {}", plan.target);
            self.said.push(Event::ActionFailed { action, reason: Text::line(&reason), outdated: false });
            return;
        }
        let reason = plan.params.get("reason").map_or("", Text::as_str);
        let mut queued = Vec::new();
        for (channel, to) in reached {
            let what = if reason.is_empty() { "you are needed".to_owned() } else { reason.to_owned() };
            let topic = format!("{} {to}", plan.op);
            let state = action.to_string();
            let kind = MessageKind::Page;
            let news = News { kind, about, action: Some(action), topic, state: &state, what };
            let id = self.incident.outbox.next_id();
            queued.push(format!("{id} for {to} through {channel}"));
            self.queue(&news, &channel, to);
        }
        let answer = Text::line(&format!("queued {}", queued.join(", ")));
        self.said.push(Event::ActionAccepted { action, answer });
    }

    /// An update goes to every channel of its audience, however bad the incident is.
    fn update(&mut self, about: u64, audience: Audience) {
        for route in &self.policy.routes {
            if !route.carries_updates(audience) {
                continue;
            }
            let topic = format!("update {audience}");
            let state = about.to_string();
            let what = String::new();
            let news = News { kind: MessageKind::Update, about, action: None, topic, state: &state, what };
            self.queue(&news, &route.channel, Recipient::Audience(audience));
        }
    }

    fn queue(&mut self, news: &News<'_>, channel: &Text, to: Recipient) {
        if self.incident.outbox.last_state(channel, &to, &news.topic).is_some_and(|last| *last == news.state)
        {
            return;
        }
        let incident = &self.incident;
        let (subject, text) = match &to {
            Recipient::Audience(audience) if news.kind == MessageKind::Update => {
                words::update(incident, self.policy, *audience, self.now)
            }
            Recipient::Audience(_) if news.kind == MessageKind::Digest => {
                words::digest(incident, news.state, &news.what)
            }
            Recipient::Audience(_) | Recipient::Person(_) | Recipient::Level(_) => {
                words::alert(incident, self.policy, &news.what, self.now)
            }
        };
        let message = Message {
            id: incident.outbox.next_id(),
            channel: channel.clone(),
            to,
            kind: news.kind,
            about: news.about,
            action: news.action,
            severity: incident.severity,
            topic: Text::line(&news.topic),
            state: Text::line(news.state),
            subject,
            text,
            tell_by: self.policy.notify_within.of(incident.severity).after(self.now),
        };
        let event = Event::MessageQueued { message: Box::new(message) };
        self.incident.outbox.apply(&event, self.now);
        self.said.push(event);
    }
}
