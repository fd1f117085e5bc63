//! What an operation would do, said before it is confirmed: the adapter's plan, and what of this journal
//! could fight it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Hub;
use crate::adapters::alertmanager::ABOUT;
use crate::adapters::{Adapter, Ask, KEY_TO_COME, Sample};
use crate::channels::Channel;
use crate::incident::{
    ActionId, AgentId, Caution, Check, Duty, Incident, IncidentId, Judged, LABELS, Op, Plan, Realm, Text,
    outbox,
};

/// How long a channel is asked who is on call before the plan goes without it.
const ON_CALL: Duration = Duration::from_secs(5);

/// What tells an agent that was started anew from the one before, where a probe reads it.
const STARTS: [&str; 2] = ["started_at", "pid"];

/// How many replicas' starts are told apart at most.
const REPLICAS: usize = 9;

/// How long the checks of an operation are read before its plan is shown without that.
const READ_BEFORE: Duration = Duration::from_secs(3);

/// How long what a call lacks of ours is looked for.
const LACKS: Duration = Duration::from_secs(2);

/// Labels that stay the same while an agent is restarted, and tell one deployment from another.
const TELLS_APART: &[&str] = &["agent", "service", "namespace", "cluster", "environment", "env", "job"];

impl Hub {
    /// Says exactly what an operation would do: the adapter's plan, and what of this journal could
    /// fight it.
    ///
    /// # Errors
    /// In words: why it cannot be done, and what would make it possible.
    pub async fn plan(&self, incident: IncidentId, ask: Ask) -> Result<Plan, Text> {
        let ask = self.covering(incident, ask)?;
        // People are reached by one order, whoever asks: by the on-call table, else by an adapter.
        let mut plan = match (self.page(&ask).await, self.0.rig.need(ask.op, &ask.target)) {
            (Ok(mut plan), beside) => {
                let beside = beside.ok().filter(|_| self.realm() == Realm::Live);
                plan.cautions.extend(beside.map(|adapter| not_asked(adapter.name())));
                plan
            }
            (Err(_), Ok(adapter)) => {
                let takes = adapter.also_takes(ask.op);
                let ask = self.told_more(incident, ask, takes);
                let mut plan = adapter.plan_for(&crate::runtime::outbox::alert(self, incident), &ask).await?;
                if self.has_table_of(ask.op) {
                    plan.cautions.push(left_to(adapter.name(), &ask));
                }
                if adapter.is_read_only() {
                    let words =
                        format!("'{}' is configured read_only: the call will be refused", plan.adapter);
                    plan.cautions.push(Caution::Blocked(Text::line(&words)));
                }
                // A secret that takes its time to come is no secret that is missing.
                let lacks = tokio::time::timeout(LACKS, adapter.lacks()).await.ok().flatten();
                plan.cautions.extend(
                    lacks.map(|why| Caution::Blocked(Text::line(&format!("the call cannot be made: {why}")))),
                );
                plan
            }
            // How people are reached is said first: it is the shorter way.
            (Err(Some(why)), Err(unavailable)) => {
                return Err(Text::block(&format!("{why}\n\nor by an adapter: {unavailable}")));
            }
            (Err(None), Err(unavailable)) => return Err(Text::block(&unavailable.to_string())),
        };
        self.go_home(incident, &mut plan);
        self.seen_from_here(incident, &mut plan);
        self.read_before(&mut plan).await;
        Ok(plan)
    }

    /// What this journal knows of a plan: a snapshot that was taken, what could fight it, its key.
    fn seen_from_here(&self, incident: IncidentId, plan: &mut Plan) {
        let board = self.board();
        if let Some(secured) = board.snapshot_of(incident, &plan.target) {
            plan.secure(secured);
        }
        let conflicts = board.conflicts(incident, plan);
        if let Some(next) = board.incident(incident).map(Incident::next_action) {
            self.key_in(plan, incident, next);
        }
        plan.cautions.extend(conflicts.into_iter().map(Caution::Fights));
    }

    /// A snapshot covers the incident's own time (A4): its adapter knows of no incident.
    fn covering(&self, incident: IncidentId, ask: Ask) -> Result<Ask, Text> {
        if ask.op != Op::Snapshot {
            return Ok(ask);
        }
        let board = self.board();
        let Some(incident) = board.incident(incident) else { return Ok(ask) };
        let params = incident.covered(&ask.params, self.0.clock.now())?;
        Ok(Ask { params, ..ask })
    }

    /// A plan that takes the place of another setting is undone to what was there before that one: what it
    /// replaces is in nobody's list any more.
    fn go_home(&self, incident: IncidentId, plan: &mut Plan) {
        let board = self.board();
        let Some(incident) = board.incident(incident).filter(|_| plan.op.info().inverse != Some(plan.op))
        else {
            return;
        };
        let replaced = incident.actions.values().rev().find(|older| {
            older.lamp.may_be_in_force() && older.plan.adapter == plan.adapter && plan.replaces(&older.plan)
        });
        let Some(home) = replaced.and_then(|older| older.plan.inverse.clone()) else { return };
        if plan.inverse.as_ref().is_some_and(|inverse| inverse.op == home.op) {
            plan.inverse = Some(home);
        }
    }

    /// Reads the checks of a plan before its call (A3): whether all hold already, and for a restart what
    /// will tell the agent from the one that ran before, if anything does. What could not be read in
    /// time is not known to hold.
    async fn read_before(&self, plan: &mut Plan) {
        if plan.checks.is_empty() {
            return;
        }
        let Some(adapter) = self.0.rig.by_name(plan.adapter.as_str()) else { return };
        let mut asked = plan.clone();
        if plan.op == Op::Restart {
            asked.checks.extend(STARTS.iter().map(|name| Check::differs(name, "")));
        }
        let samples = tokio::time::timeout(READ_BEFORE, adapter.probe(&asked)).await.unwrap_or_default();
        let own = plan.checks.len();
        let readings = Sample::readings(samples.clone(), &plan.checks, self.0.clock.now());
        let hold = plan.checks.iter().all(|check| Judged::new(check, &readings).holds());
        plan.already = hold;
        let differ = asked.checks[own..].iter().enumerate().find_map(|(index, check)| {
            // Each replica must differ from every one that ran before.
            let read = samples.iter().filter(|sample| sample.check == own + index);
            let values: Option<BTreeSet<&Text>> =
                read.map(|sample| sample.value.as_ref().filter(|value| !value.is_blank())).collect();
            let values = values.filter(|values| (1..=REPLICAS).contains(&values.len()))?;
            let expects = |value: &Text| Check { expected: value.clone(), ..check.clone() };
            Some(values.into_iter().map(expects).collect::<Vec<_>>())
        });
        let is_new = |new: &Vec<Check>| plan.checks.iter().all(|check| check.name != new[0].name);
        if let Some(differ) = differ.filter(is_new) {
            plan.already = false;
            plan.checks.extend(differ);
        } else if plan.op == Op::Restart || (plan.op == Op::RollForward && shows_only_life(plan)) {
            // Only what was seen not to hold can be seen to hold by the call.
            plan.blind = !readings.iter().any(|reading| reading.value.is_some() && !reading.holds());
            plan.already = plan.already && !plan.blind;
        }
    }

    /// Puts the idempotency key into the call as it is shown, so that what is confirmed and recorded is
    /// what is sent. Another action that came first has taken the number that was shown before.
    pub(super) fn key_in(&self, plan: &mut Plan, incident: IncidentId, action: ActionId) {
        let before = format!("{}-{incident}-A", self.0.journal.id());
        let key = format!("{}-{incident}-{action}", self.0.journal.id());
        let mut call = plan.call.as_str().replace(KEY_TO_COME, &key);
        let mut from = 0;
        while let Some(at) = call[from..].find(&before).map(|at| from + at) {
            let digits = at + before.len();
            let end = call[digits..].find(|c: char| !c.is_ascii_digit()).map_or(call.len(), |n| digits + n);
            call.replace_range(at..end, &key);
            from = at + key.len();
        }
        plan.call = Text::block(&call);
    }

    /// What the incident knows of an alert that is to be silenced, for an adapter that takes it: the
    /// labels that tell it from the same alert of other agents, and what the silence is for.
    fn told_more(&self, incident: IncidentId, ask: Ask, takes: &[&str]) -> Ask {
        let mut ask = ask;
        let board = self.board();
        let Some(incident) = board.incident(incident).filter(|_| !takes.is_empty()) else { return ask };
        if takes.contains(&LABELS) && !ask.params.contains_key(LABELS) {
            let of_name = incident.alerts.iter().filter(|state| state.alert.name == ask.target);
            if let Some(state) = of_name.max_by_key(|state| state.resolved_at.is_none()) {
                let agent = state.alert.agent.as_ref().map(AgentId::as_str);
                let tells = |(name, value): &&(Text, Text)| {
                    (Some(value.as_str()) == agent || TELLS_APART.contains(&name.as_str()))
                        && !value.as_str().contains([',', '\n'])
                };
                let labels = state.alert.labels.iter().filter(tells);
                let labels: Vec<String> = labels.map(|(name, value)| format!("{name}={value}")).collect();
                if !labels.is_empty() {
                    ask.params.insert(LABELS.to_owned(), Text::line(&labels.join(",")));
                }
            }
        }
        if takes.contains(&ABOUT) {
            let about = Text::line(&format!("{} {}", incident.id, incident.title));
            ask.params.entry(ABOUT.to_owned()).or_insert(about);
        }
        ask
    }

    /// Paging through the outbox, whom the on-call table reaches. Whoever it leaves to a channel's own
    /// system is asked for there, so that nobody is woken who was not read out before (D10).
    async fn page(&self, ask: &Ask) -> Result<Plan, Option<String>> {
        if !matches!(ask.op, Op::Escalate | Op::Page) {
            return Err(None);
        }
        let now = self.0.clock.now();
        let mut plan = outbox::plan(&self.0.policy, ask.op, &ask.target, &ask.params, now).map_err(Some)?;
        let level = ask.target.as_str().parse().ok();
        let duty = level.and_then(|level| self.0.policy.rota.on_call(level, now));
        if let Some(duty) = duty.filter(|duty| duty.person.is_none()) {
            let who = match tokio::time::timeout(ON_CALL, self.who(&duty)).await {
                Ok(None) => return Ok(plan),
                Ok(Some(Ok(people))) => people,
                Ok(Some(Err(why))) => format!("not known: {why}"),
                Err(_) => format!("not known: {} did not answer", duty.channel),
            };
            plan.params.insert("on_call".to_owned(), Text::line(&who));
        }
        Ok(plan)
    }

    /// Whom a duty's channel has on call by its own system; none where it has none that can be asked.
    pub(in crate::runtime) async fn who(&self, duty: &Duty) -> Option<Result<String, Text>> {
        let asked = self.0.post.by_name(duty.channel.as_str()).and_then(Channel::on_call)?;
        let people = asked.who(duty.level, self.0.clock.now()).await;
        Some(people.map(|people| match people.is_empty() {
            true => format!("nobody, by {}", duty.channel),
            false => people.iter().map(Duty::words).collect::<Vec<_>>().join(", "),
        }))
    }

    /// Whether the on-call table says how people are reached by an operation.
    fn has_table_of(&self, op: Op) -> bool {
        matches!(op, Op::Escalate | Op::Page)
            && self.realm() == Realm::Live
            && !self.0.policy.rota.levels.is_empty()
    }

    /// The adapter by which somebody is told whom the on-call table does not reach. In a drill it is
    /// nobody's name to know.
    fn reached_by(&self, op: Op, target: &Text) -> Option<Text> {
        let is_in_table =
            || !outbox::reached(&self.0.policy, op, target.as_str(), self.0.clock.now()).is_empty();
        if self.realm() == Realm::Drill || is_in_table() {
            return None;
        }
        Some(self.0.rig.need(op, target).ok()?.name().clone())
    }

    /// The levels of the policy and the people that only an adapter reaches, and which; under the empty
    /// name what reaches anybody.
    #[must_use]
    pub fn reached(&self) -> BTreeMap<(Op, Text), Text> {
        let levels = self.0.policy.escalation.iter();
        let levels = levels.map(|level| (Op::Escalate, Text::line(&level.level.to_string())));
        let table = self.0.policy.rota.people().map(|(person, _)| person.clone());
        let people = table.chain(self.0.rig.adapters().flat_map(Adapter::people)).chain([Text::default()]);
        let all = levels.chain(people.map(|person| (Op::Page, person)));
        let by = |(op, target): (Op, Text)| {
            let adapter = self.reached_by(op, &target)?;
            Some(((op, target), adapter))
        };
        all.filter_map(by).collect()
    }

    /// The operations that some adapter, or the outbox, carries.
    #[must_use]
    pub fn offers(&self) -> Vec<Op> {
        let pages = !self.0.policy.rota.levels.is_empty();
        let pages = [Op::Escalate, Op::Page].into_iter().filter(move |_| pages);
        self.0.rig.adapters().flat_map(Adapter::carries).chain(pages).collect()
    }
}

/// What is said of an adapter that carries what the on-call table carries.
fn not_asked(adapter: &Text) -> Caution {
    let words = format!("'{adapter}' carries it too and is not asked: the on-call table goes first");
    Caution::Also(Text::line(&words))
}

/// What is said of whom only an adapter reaches, although there is an on-call table.
fn left_to(adapter: &Text, ask: &Ask) -> Caution {
    let whom = if ask.op == Op::Escalate { "has level" } else { "pages" };
    let words =
        format!("by '{adapter}', not by the on-call table, which does not say who {whom} {}", ask.target);
    Caution::Also(Text::line(&words))
}

/// Whether its checks say no more than that the target runs and is well, as it did before the call.
fn shows_only_life(plan: &Plan) -> bool {
    plan.checks.iter().all(|check| matches!(check.name.as_str(), "agent_status" | "healthy"))
}
