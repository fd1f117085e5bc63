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
    Action, Actor, AgentId, Aim, Event, Incident, IncidentId, Judged, Lamp, Op, Params, Plan, Policy, Span,
    Text,
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
    /// Confirm without asking: what is typed at a terminal is taken as typed
    #[arg(long, short)]
    yes: bool,
    /// Show what would be called, checked and undone; call nothing
    #[arg(long, short = 'n', conflicts_with = "yes")]
    dry_run: bool,
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
    let config = context.config();
    let actor = context.actor(&config.settings)?;
    let (hub, problems) = live_hub(&config, &context.paths, &context.env(), context.global.read_only)?;
    for problem in problems {
        say(&format!("flightdeck: {problem}"));
    }
    let errand = Errand::start(hub)?;
    let outcome = Deed { args, actor, errand: &errand }.run(out);
    errand.stop();
    outcome
}

/// One action on its way.
struct Deed<'a> {
    args: Args,
    actor: Actor,
    errand: &'a Errand,
}

impl Deed<'_> {
    fn run(&self, out: &mut Out) -> Outcome {
        let incident = self.errand.incident(self.args.id)?;
        let plan = self.plan(&incident)?;
        let width = out.width().unwrap_or(WIDTH);
        for line in told(&plan, &incident, self.policy(), width) {
            out.line(&line)?;
        }
        out.flush()?;
        // What policy refuses anyway is refused before anybody types.
        let decided = self.errand.rehearse(&incident, &plan, &self.actor)?;
        let needs_approval = decided.iter().any(|event| matches!(event, Event::ActionProposed { .. }));
        if needs_approval {
            out.line("it will wait for approval: nothing is called before")?;
            out.flush()?;
        }
        if self.args.dry_run {
            out.line("dry run: nothing was called")?;
            return Ok(DONE);
        }
        if self.errand.hub().is_read_only() {
            return Err(refused(&plan, "--read-only").into());
        }
        let typed = self.confirm(&plan)?;
        let action = self.errand.act(incident.id, &plan, typed, &self.actor)?;
        let until = match self.args.wait {
            Wait::Accepted => Until::Accepted,
            Wait::Verified => Until::Verified,
        };
        let told = &mut |news| hear(out, news);
        let end = self.errand.follow::<Failure>(incident.id, action, until, told)?;
        judge(incident.id, &end)?;
        Ok(DONE)
    }

    fn policy(&self) -> &Policy {
        self.errand.hub().policy()
    }

    fn plan(&self, incident: &Incident) -> Result<Plan> {
        let (op, aim) = (self.args.action, self.args.action.info().aim);
        let target = match (&self.args.agent, &self.args.target) {
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
        };
        let params: Params = self.args.params.iter().cloned().collect();
        self.errand.plan(incident.id, op, target, params)
    }

    /// Has it confirmed; what was typed.
    fn confirm(&self, plan: &Plan) -> Result<Option<Text>> {
        let rule = self.policy().actions.get(&plan.op);
        let is_typed = rule.is_none_or(|rule| rule.confirm == Confirm::Typed);
        if self.args.yes {
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
        None => say("undo", "no way back is known"),
    }
    if let Some(already) = plan.already() {
        say("already", already);
    }
    if plan.destroys_evidence {
        say("destroys", &format!("EVIDENCE that an analysis needs (A4): snapshot {} first", plan.target));
    }
    let mut before = "";
    for (label, words) in plan.cautions() {
        say(if label == before { "" } else { label }, words);
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
