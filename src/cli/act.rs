//! `flightdeck act`: do something to the world, through the same hub and guardrails as a key.
//!
//! The plan is printed, confirmed and asked for by its digest. Then each lamp is said as it is lit:
//! accepted is not contained, so unless told otherwise this waits for the proof.

use clap::ValueEnum;

use super::context::Context;
use super::output::{DONE, Failure, Out, Outcome, say};
use super::prompt;
use super::table::wrap;
use super::words;
use crate::error::{Error, Result};
use crate::incident::policy::Confirm;
use crate::incident::telling::brief;
use crate::incident::{
    Action, ActionId, Actor, AgentId, Aim, Event, Incident, IncidentId, Judged, Lamp, Op, Params, Plan,
    Policy, Span, Text,
};
use crate::runtime::errand::{Errand, News, Until, live_hub};

/// What is to be done, to what, and how far it is followed.
#[derive(clap::Args, Debug)]
#[command(group = clap::ArgGroup::new("aim").required(true).args(["agent", "target"]))]
pub struct Args {
    /// The incident: INC-42 or 42
    id: IncidentId,
    /// What to do
    #[arg(value_parser = words::ops())]
    action: Op,
    /// The agent to do it to
    #[arg(long, short, value_name = "AGENT")]
    agent: Option<AgentId>,
    /// What to do it to where that is no agent: an alert, a level, a person
    #[arg(long, short)]
    target: Option<String>,
    /// A parameter; may be given more than once
    #[arg(long = "param", short, value_name = "NAME=VALUE", value_parser = words::param)]
    params: Vec<(String, Text)>,
    #[command(flatten)]
    how: How,
}

/// How it is confirmed, and how far it is followed.
#[derive(clap::Args, Clone, Debug)]
pub struct How {
    /// Confirm without asking: what is typed at a terminal is taken as typed
    #[arg(long, short)]
    yes: bool,
    /// Show what would be called, checked and undone; call nothing
    #[arg(long, short = 'n', conflicts_with = "yes")]
    dry_run: bool,
    /// Do it though it destroys evidence that an analysis needs (A4)
    #[arg(long)]
    destroy_evidence: bool,
    /// How far to follow it
    #[arg(
        long,
        value_enum,
        default_value_t,
        default_missing_value = "verified",
        num_args = 0..=1,
        require_equals = true
    )]
    wait: Wait,
}

/// How far an action is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Wait {
    /// Until the backend has answered; that proves nothing
    Accepted,
    /// Until probes have proved it, or could not in time
    #[default]
    Verified,
}

/// Columns of a plan where the terminal's are not known.
const WIDTH: usize = 80;

/// Plans it, has it confirmed, does it and follows it.
pub fn run(args: Args, context: &Context, out: &mut Out) -> Outcome {
    let (id, how) = (args.id, args.how.clone());
    Deed::run(id, What::Act(args), how, context, out)
}

/// What is to be done.
pub enum What {
    /// What these arguments say.
    Act(Args),
    /// The inverse of this action.
    Undo(ActionId),
}

/// One action on its way.
pub struct Deed<'a> {
    what: What,
    how: How,
    actor: Actor,
    errand: &'a Errand,
}

impl Deed<'_> {
    /// Plans it, has it confirmed, does it and follows it.
    pub fn run(id: IncidentId, what: What, how: How, context: &Context, out: &mut Out) -> Outcome {
        let config = context.config();
        let actor = context.actor(&config.settings)?;
        let (hub, problems) = live_hub(&config, &context.paths, &context.env(), context.global.read_only)?;
        for problem in problems {
            say(&format!("flightdeck: {problem}"));
        }
        let errand = Errand::start(hub)?;
        let outcome = Deed { what, how, actor, errand: &errand }.go(id, out);
        errand.stop();
        outcome
    }

    fn go(&self, id: IncidentId, out: &mut Out) -> Outcome {
        let incident = self.errand.incident(id)?;
        let mut plan = self.plan(&incident)?;
        loop {
            let incident = self.errand.incident(id)?;
            self.show(&plan, &incident, out)?;
            if self.how.dry_run {
                out.line("dry run: nothing was called")?;
                return Ok(DONE);
            }
            if self.errand.hub().is_read_only() {
                return Err(refused(&plan, "--read-only").into());
            }
            let typed = self.confirm(&plan)?;
            let action = self.errand.act(id, &plan, typed, &self.actor)?;
            let until = match self.how.wait {
                Wait::Accepted => Until::Accepted,
                Wait::Verified => Until::Verified,
            };
            let told = &mut |news| hear(out, news);
            let end = self.errand.follow::<Failure>(id, action, until, told)?;
            if !end.asks_again() {
                judge(id, &end)?;
                return Ok(DONE);
            }
            // Things are not as they were when it was confirmed. What it would do now is for a person.
            plan = self.errand.plan(id, plan.op, plan.target.clone(), plan.params.clone())?;
            out.line("what was confirmed is not how things are any more; now it would do this:")?;
            if self.how.yes || !prompt::can_ask() {
                let incident = self.errand.incident(id)?;
                self.show(&plan, &incident, out)?;
                let why = format!("{end}; nothing was changed");
                let hint = "read the plan above, and run the same command again to confirm it";
                return Err(Error::remote(why).hint(hint).into());
            }
        }
    }

    /// Says what would be done. What policy refuses anyway is refused before anybody types.
    fn show(&self, plan: &Plan, incident: &Incident, out: &mut Out) -> std::result::Result<(), Failure> {
        let width = out.width().unwrap_or(WIDTH);
        for line in told(plan, incident, self.policy(), width) {
            out.line(&line)?;
        }
        out.flush()?;
        let decided = self.errand.rehearse(incident, plan, &self.actor)?;
        if decided.iter().any(|event| matches!(event, Event::ActionProposed { .. })) {
            out.line("it will wait for approval: nothing is called before")?;
            out.flush()?;
        }
        Ok(())
    }

    fn policy(&self) -> &Policy {
        self.errand.hub().policy()
    }

    fn plan(&self, incident: &Incident) -> Result<Plan> {
        match &self.what {
            What::Act(args) => {
                let params: Params = args.params.iter().cloned().collect();
                self.errand.plan(incident.id, args.action, args.target()?, params)
            }
            What::Undo(id) => {
                let action = incident.actions.get(id).ok_or_else(|| {
                    Error::user(format!("{} has no action {id}", incident.id)).hint(format!(
                        "flightdeck mitigations lists those in force, flightdeck timeline {} all",
                        incident.id
                    ))
                })?;
                if !action.lamp.may_be_in_force() {
                    return Err(Error::user(format!("{id} is {}: nothing to undo", action.lamp))
                        .hint(action.lamp.next_step()));
                }
                let inverse = action.plan.inverse.as_ref().ok_or_else(|| {
                    Error::user(format!("{action} has no inverse: no way back was known when it was done"))
                        .hint("undo it by other means, then flightdeck settle ... undone says so")
                })?;
                let target = action.plan.target.clone();
                self.errand.plan(incident.id, inverse.op, target, inverse.params.clone())
            }
        }
    }

    /// Has it confirmed; what was typed.
    fn confirm(&self, plan: &Plan) -> Result<Option<Text>> {
        let rule = self.policy().actions.get(&plan.op);
        let is_typed = rule.is_none_or(|rule| rule.confirm == Confirm::Typed);
        if plan.destroys_evidence && !self.how.destroy_evidence {
            let why = "it destroys EVIDENCE that an analysis needs (A4)";
            if self.how.yes || !prompt::can_ask() {
                let hint = format!(
                    "snapshot {} first, then say --destroy-evidence to do it all the same",
                    plan.target
                );
                return Err(refused(plan, why).hint(hint));
            }
            let typed = prompt::ask(&format!("{why}: type {} to do it all the same:", plan.destroying()))?;
            if typed != plan.destroying() {
                return Err(refused(plan, "not confirmed"));
            }
        }
        if self.how.yes {
            return Ok(is_typed.then(|| plan.target.clone()));
        }
        if !prompt::can_ask() {
            return Err(refused(plan, "nobody is there to confirm it")
                .hint("run it at a terminal, or say --yes to confirm the plan above"));
        }
        if is_typed {
            let typed = prompt::ask(&format!("type {} to confirm:", plan.target))?;
            if typed != plan.target.as_str() {
                return Err(refused(plan, "that is not the target's name"));
            }
            return Ok(Some(plan.target.clone()));
        }
        let answer = prompt::ask("do it? [y/N]")?;
        if !["y", "yes"].contains(&answer.to_ascii_lowercase().as_str()) {
            return Err(refused(plan, "not confirmed"));
        }
        Ok(None)
    }
}

impl Args {
    /// What it is done to, as the operation is aimed.
    fn target(&self) -> Result<Text> {
        let (op, aim) = (self.action, self.action.info().aim);
        Ok(match (&self.agent, &self.target) {
            (Some(agent), _) if aim == Aim::Agent => Text::line(agent.as_str()),
            (Some(_), _) => {
                return Err(Error::user(format!("{op} is not aimed at an agent but at {}", kind(aim)))
                    .hint("say which with --target"));
            }
            (None, Some(target)) if aim == Aim::Agent => {
                let agent: AgentId = target.parse().map_err(|why: String| Error::user(why))?;
                Text::line(agent.as_str())
            }
            (None, Some(target)) => Text::line(target.trim()),
            // The parser sees to it that one of them is there.
            (None, None) => Text::default(),
        })
    }
}

fn refused(plan: &Plan, why: &str) -> Error {
    Error::refused(format!("{}: {why}; nothing was called", plan.title()))
}

const fn kind(aim: Aim) -> &'static str {
    match aim {
        Aim::Agent => "an agent",
        Aim::Alert => "an alert",
        Aim::Level => "a level of escalation",
        Aim::Person => "a person",
    }
}

/// The plan, line by line.
fn told(plan: &Plan, incident: &Incident, policy: &Policy, width: usize) -> Vec<String> {
    let severity = incident.severity.name(policy.naming);
    let mut lines = vec![format!("{} for {} ({severity} {})", plan.title(), incident.id, incident.title)];
    let mut say = |name: &str, text: &str| {
        let mut name = name;
        for line in wrap(text, width.saturating_sub(12).max(20)) {
            lines.push(format!("  {name:<9} {line}"));
            name = "";
        }
    };
    say("does", plan.op.info().about);
    say("calls", plan.call.as_str());
    say("by", &format!("{}, within {}", plan.adapter, Span::seconds(plan.limit_s)));
    if let Some(version) = &plan.version {
        say("version", version.as_str());
    }
    for (index, check) in plan.checks.iter().enumerate() {
        say(if index == 0 { "checks" } else { "" }, &check.to_string());
    }
    match plan.checks.is_empty() {
        true => say("checks", "none: it can be accepted, but never proved"),
        false => say("", &format!("within {} of acceptance", Span::seconds(plan.verify_s))),
    }
    match &plan.inverse {
        Some(inverse) => say("undo", inverse.call.as_str()),
        None => say("undo", plan.op.without_inverse()),
    }
    if let Some(already) = plan.already() {
        say("already", already);
    }
    if let Some(what) = plan.destroys() {
        say("destroys", &what);
    }
    let mut before = "";
    for (label, words) in plan.cautions() {
        say(if label == before { "" } else { label }, words.as_str());
        before = label;
    }
    lines
}

/// Says what was heard.
fn hear(out: &mut Out, news: News) -> Result<(), Failure> {
    match news {
        News::Trouble(notice) => say(&format!("flightdeck: {}", notice.text)),
        News::Lamp(action) => {
            out.line(&lamp(&action))?;
            out.flush()?;
        }
    }
    Ok(())
}

/// `12:04:05 A1 accepted: ok`.
fn lamp(action: &Action) -> String {
    let because = match action.lamp {
        Lamp::Proposed => {
            action.approve_by.map(|until| format!("to be approved by {}", until.format("%H:%M:%S")))
        }
        Lamp::Verified | Lamp::Unverified | Lamp::Leaking => {
            let read: Vec<String> = Judged::all(&action.readings).iter().map(Judged::to_string).collect();
            Some(read.join(", "))
        }
        Lamp::Accepted | Lamp::Failed | Lamp::InDoubt | Lamp::Denied | Lamp::Undone => {
            Some(brief(action.answer.as_str().trim()).replace('\n', " / "))
        }
        Lamp::Requested | Lamp::Expired => None,
    };
    let because = because.filter(|words| !words.is_empty()).map(|words| format!(": {words}"));
    let at = action.changed_at.format("%H:%M:%S");
    format!("{at} {} {}{}", action.id, action.lamp, because.unwrap_or_default())
}

/// Whether it came to a good end; if not, why and what to do next.
fn judge(incident: IncidentId, action: &Action) -> Result<()> {
    let what = action.to_string();
    let step = action.next_step();
    match action.lamp {
        Lamp::Verified | Lamp::Undone => Ok(()),
        Lamp::Accepted => {
            say(&match action.plan.checks.is_empty() {
                true => {
                    let id = action.id;
                    let settle = format!("flightdeck settle {incident} {id} holds --reason 'what you saw'");
                    format!("{what}; there is no check that could prove it: look for yourself, then {settle}")
                }
                false => format!("{what}; it is not proved yet"),
            });
            Ok(())
        }
        // More than to propose an AI actor may not: it did what it could.
        Lamp::Proposed if matches!(action.asked_by, Actor::Ai(_)) => {
            say(&format!("{what}; nothing is called before a person approves it"));
            Ok(())
        }
        Lamp::Proposed => {
            let what = format!("{what}; nothing is called before somebody else approves it");
            Err(Error::refused(what).hint("they approve or deny it in the cockpit, in time"))
        }
        Lamp::Denied | Lamp::Expired => Err(Error::refused(what).hint(step)),
        Lamp::Requested | Lamp::Leaking | Lamp::Failed | Lamp::Unverified | Lamp::InDoubt => {
            Err(Error::remote(what).hint(step))
        }
    }
}
