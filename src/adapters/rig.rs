//! What a realm can act with: live adapters, or the one simulated adapter of a drill.
//!
//! A drill cannot touch the real world because there is nothing in its hands that could: the type
//! of what it holds is [`Simulated`].
//!
//! ```
//! use std::sync::Arc;
//! use flightdeck::adapters::{Drill, Live, ProcessAdapter, ProcessSpec, Rig, Simulated, World};
//!
//! fn drill(world: Arc<dyn World>) -> Rig {
//!     Rig::Drill(Drill::new(Simulated::new(world)))
//! }
//!
//! let process = ProcessAdapter::new("mine", ProcessSpec::default()).unwrap();
//! let live = Rig::Live(Live::new(vec![Box::new(process)]));
//! ```
//!
//! A drill with a live adapter does not compile:
//!
//! ```compile_fail,E0308
//! use flightdeck::adapters::{Drill, ProcessAdapter, ProcessSpec, Rig};
//!
//! let process = ProcessAdapter::new("mine", ProcessSpec::default()).unwrap();
//! let drill = Rig::Drill(Drill::new(process));
//! ```
//!
//! Nor does a live rig with the simulated one, which would prove what never happened:
//!
//! ```compile_fail,E0277
//! use std::sync::Arc;
//! use flightdeck::adapters::{Live, Rig, Simulated, World};
//!
//! fn live(world: Arc<dyn World>) -> Rig {
//!     Rig::Live(Live::new(vec![Box::new(Simulated::new(world))]))
//! }
//! ```

use std::collections::BTreeMap;
use std::fmt;

use crate::incident::{AgentId, FirstCheck, Op, Plan, Realm, Text};

use super::ask::target_name;
use super::{Adapter, Ask, ProcessAdapter, Simulated};

/// An adapter that acts on the real world. [`Simulated`] is none.
pub trait LiveAdapter: Adapter {}

impl LiveAdapter for ProcessAdapter {}

/// The adapters of the live realm.
pub struct Live {
    adapters: Vec<Box<dyn LiveAdapter>>,
    /// What is wrong with the configuration of adapters, with its place: what it leaves out is not to be
    /// configured anew.
    wrong: Vec<Text>,
}

impl Live {
    /// These, in the order in which they are asked.
    #[must_use]
    pub fn new(adapters: Vec<Box<dyn LiveAdapter>>) -> Self {
        Self { adapters, wrong: Vec::new() }
    }
}

/// The adapter of a drill.
pub struct Drill(Simulated);

impl Drill {
    /// Wires cut.
    #[must_use]
    pub fn new(simulated: Simulated) -> Self {
        Self(simulated)
    }
}

/// What a realm can act with.
pub enum Rig {
    /// Real agents, real consequences.
    Live(Live),
    /// A simulated fleet.
    Drill(Drill),
}

impl Rig {
    /// Which realm it belongs to.
    #[must_use]
    pub fn realm(&self) -> Realm {
        match self {
            Self::Live(_) => Realm::Live,
            Self::Drill(_) => Realm::Drill,
        }
    }

    /// Every adapter, in the order in which they are asked.
    pub fn adapters(&self) -> impl Iterator<Item = &dyn Adapter> {
        let (live, drill) = match self {
            Self::Live(Live { adapters, .. }) => (adapters.as_slice(), None),
            Self::Drill(Drill(simulated)) => (&[][..], Some(simulated as &dyn Adapter)),
        };
        live.iter().map(|adapter| &**adapter as &dyn Adapter).chain(drill)
    }

    /// The first adapter that carries this operation for this target.
    #[must_use]
    pub fn find(&self, op: Op, target: &str) -> Option<&dyn Adapter> {
        self.adapters().find(|adapter| adapter.offers(op, target))
    }

    /// The same, or why there is none and what would make it available.
    ///
    /// # Errors
    /// What to configure.
    pub fn need(&self, op: Op, target: &Text) -> Result<&dyn Adapter, Unavailable> {
        self.find(op, target.as_str()).ok_or_else(|| Unavailable {
            wrong: self.wrong_with(op),
            ..Unavailable::new(self.realm(), op, target)
        })
    }

    /// Says what is wrong with the configuration of live adapters, each with its place.
    #[must_use]
    pub fn missing_for(mut self, wrong: Vec<Text>) -> Self {
        if let Self::Live(live) = &mut self {
            live.wrong = wrong;
        }
        self
    }

    /// What of the configuration is wrong that may be why an operation is missing, and whether nothing
    /// else can be: what names the operation, else the first.
    fn wrong_with(&self, op: Op) -> Option<(Text, bool)> {
        let Self::Live(Live { adapters, wrong }) = self else { return None };
        let key = format!("actions.{op}");
        let names_it = |words: &&Text| {
            let after = words.as_str().split(&key).nth(1);
            after.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-'))
        };
        match wrong.iter().find(names_it) {
            Some(words) => Some((words.clone(), true)),
            None => wrong.first().map(|words| (words.clone(), adapters.is_empty())),
        }
    }

    /// The adapter of this name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&dyn Adapter> {
        self.adapters().find(|adapter| adapter.name().as_str() == name)
    }

    /// What the drill's fleet shows of an agent; nothing in the live realm, where programs read it.
    #[must_use]
    pub fn vitals(&self, agent: &str) -> Option<BTreeMap<String, Text>> {
        match self {
            Self::Live(_) => None,
            Self::Drill(Drill(simulated)) => Some(simulated.vitals(agent)),
        }
    }

    /// What the drill's world says to a commander's first questions; nothing in the live realm, where
    /// repositories and dependencies are asked themselves.
    #[must_use]
    pub fn first_checks(&self, agents: &[AgentId]) -> Vec<FirstCheck> {
        match self {
            Self::Live(_) => Vec::new(),
            Self::Drill(Drill(simulated)) => simulated.first_checks(agents),
        }
    }

    /// What undoes an action that was carried out by this plan: the adapter that carried it, and
    /// what to ask of it. None where the plan knows no way back or the adapter is gone.
    #[must_use]
    pub fn undo(&self, plan: &Plan) -> Option<(&dyn Adapter, Ask)> {
        let adapter = self.by_name(plan.adapter.as_str())?;
        let inverse = plan.inverse.as_ref()?;
        let ask = Ask { op: inverse.op, target: plan.target.clone(), params: inverse.params.clone() };
        Some((adapter, ask))
    }
}

/// An operation that nothing carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable {
    /// The operation.
    pub op: Op,
    /// What it was asked for.
    pub target: Text,
    /// The configuration lines that would make it available; empty in a drill, where there is
    /// nothing to configure.
    pub lines: String,
    /// What is wrong with what is configured, and whether that alone is why; else it may be.
    pub wrong: Option<(Text, bool)>,
}

impl Unavailable {
    fn new(realm: Realm, op: Op, target: &Text) -> Self {
        let lines = match realm {
            Realm::Live => lines(op, target.as_str()),
            Realm::Drill => String::new(),
        };
        Self { op, target: target.clone(), lines, wrong: None }
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { op, target, lines, wrong } = self;
        match wrong {
            Some((words, true)) => write!(
                f,
                "{op} is not available for {target}, because what is configured cannot be used:\n{words}\n\
                 flightdeck check shows all that is wrong."
            ),
            Some((words, false)) => write!(
                f,
                "{op} is not available for {target}: no adapter carries it. Something is wrong with what is \
                 configured:\n{words}\nIf that is not why, configure:\n{lines}"
            ),
            None if lines.is_empty() => {
                write!(f, "{op} is not available: there is no {} '{target}' in this drill", target_name(*op))
            }
            None => {
                write!(f, "{op} is not available for {target}: no adapter carries it. Configure:\n{lines}")
            }
        }
    }
}

/// A start for the configuration file: the adapter, the operation with all its parameters, its
/// undo and a probe for its checks.
fn lines(op: Op, target: &str) -> String {
    let info = op.info();
    let aim = target_name(op);
    let mut out = String::from("[adapters.mine]\ntype = \"process\"\n");
    // Only an id that is one goes into a file that people copy from.
    if aim == "agent" && target.parse::<AgentId>().is_ok() {
        out.push_str(&format!("agents = [\"{target}\"]\n"));
    }
    out.push_str(&format!("\n[adapters.mine.actions.{op}]\nrun = [\"./{op}.sh\", \"{{{aim}}}\""));
    for param in info.params {
        out.push_str(&format!(", \"{{{}}}\"", param.name));
    }
    out.push_str("]\n");
    if let Some(inverse) = info.inverse.filter(|inverse| info.mitigation && *inverse != op) {
        out.push_str(&format!("undo = [\"./{inverse}.sh\", \"{{{aim}}}\"]\n"));
    }
    if info.checks.iter().any(|check| !check.starts_with(super::evidence::EVIDENCE_STORED)) {
        out.push_str(&format!("probe = [\"./probe.sh\", \"{{{aim}}}\"] # prints {}\n", readings(op)));
    }
    out
}

/// `agent_status=..., task_queue=...`: what the checks read.
fn readings(op: Op) -> String {
    let name = |check: &&str| check.split_whitespace().next().map(|name| format!("{name}=..."));
    op.info().checks.iter().filter_map(name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::{ActionSpec, Format, ProbeSpec, ProcessSpec};
    use crate::incident::{Glob, Inverse, OPS, Params};

    fn words(value: &toml::Value) -> Vec<String> {
        value.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    }

    /// As `runtime` maps the file.
    fn built(lines: &str) -> ProcessAdapter {
        let file: toml::Table = lines.parse().unwrap_or_else(|why| panic!("{why}\n{lines}"));
        let mine = file["adapters"]["mine"].as_table().unwrap();
        assert_eq!(mine["type"].as_str(), Some("process"));
        let mut spec = ProcessSpec::default();
        if let Some(agents) = mine.get("agents") {
            spec.agents = words(agents).iter().map(|glob| Glob::new(glob)).collect();
        }
        for (op, action) in mine["actions"].as_table().unwrap() {
            let action = ActionSpec {
                run: words(&action["run"]),
                undo: action.get("undo").map(words),
                probe: action.get("probe").map(|run| ProbeSpec::new(words(run), Format::Lines)),
                ..ActionSpec::default()
            };
            spec.actions.insert(op.parse().unwrap(), action);
        }
        ProcessAdapter::new("mine", spec).unwrap_or_else(|problems| panic!("{problems:?}\n{lines}"))
    }

    #[test]
    fn the_lines_shown_for_an_unavailable_operation_make_it_available() {
        let empty = Rig::Live(Live::new(vec![]));
        for info in OPS {
            let target = Text::line("support-1");
            let Err(unavailable) = empty.need(info.op, &target) else { panic!("{} is available", info.op) };
            let rig = Rig::Live(Live::new(vec![Box::new(built(&unavailable.lines))]));
            assert!(rig.need(info.op, &target).is_ok(), "{}", unavailable.lines);
            assert_eq!(rig.find(info.op, "other-1").is_some(), target_name(info.op) != "agent");
        }
    }

    /// One misspelt word was answered with the lines of a second adapter.
    #[test]
    fn what_is_wrong_in_the_configuration_is_named_where_it_takes_an_operation_away() {
        let rig = |adapters: Vec<Box<dyn LiveAdapter>>, wrong: &[&str]| {
            let wrong = wrong.iter().map(|words| Text::line(words)).collect();
            Rig::Live(Live::new(adapters)).missing_for(wrong)
        };
        let other = || -> Vec<Box<dyn LiveAdapter>> { vec![Box::new(built(&lines(Op::Page, "ana")))] };
        let limit = "c.toml:9:9: `adapters.op.actions.isolate.limit`: '5 minutes' is not a length of time";
        let rate = "c.toml:3:1: `adapters.op.actions.isolate-all.limit`: wrong";
        for (rig, named, sure) in [
            (rig(other(), &["c.toml:1:1: something", limit]), limit, true),
            (rig(vec![], &["c.toml: there is no such file"]), "c.toml: there is no such file", true),
            (rig(other(), &[rate]), rate, false),
        ] {
            let Err(unavailable) = rig.need(Op::Isolate, &Text::line("a")) else { panic!("it is there") };
            let words = unavailable.to_string();
            assert!(words.contains(named), "{words}");
            assert_eq!(words.contains("[adapters.mine]"), !sure, "{words}");
        }
    }

    #[test]
    fn the_way_back_is_asked_of_the_adapter_that_led_there() {
        let rig = Rig::Live(Live::new(vec![Box::new(built(&lines(Op::Isolate, "a")))]));
        let plan = Plan {
            op: Op::Isolate,
            target: Text::line("a"),
            params: Params::new(),
            adapter: Text::line("mine"),
            call: Text::default(),
            version: None,
            inverse: Some(Inverse {
                op: Op::Release,
                params: Params::new(),
                call: Text::line("./release.sh a"),
            }),
            checks: vec![],
            cautions: vec![],
            limit_s: 30,
            verify_s: 60,
            already: false,
            blind: false,
            destroys_evidence: false,
        };
        let (adapter, ask) = rig.undo(&plan).unwrap();
        assert_eq!((adapter.name().as_str(), ask.op, ask.target.as_str()), ("mine", Op::Release, "a"));
        assert!(rig.undo(&Plan { adapter: Text::line("gone"), ..plan.clone() }).is_none());
        assert!(rig.undo(&Plan { inverse: None, ..plan }).is_none());
    }

    #[test]
    fn a_hostile_target_does_not_get_into_the_lines() {
        let rig = Rig::Live(Live::new(vec![]));
        let target = Text::line("x\"]\n[adapters.evil]");
        let Err(unavailable) = rig.need(Op::Isolate, &target) else { panic!("nothing carries it") };
        assert!(!unavailable.lines.contains("evil"), "{}", unavailable.lines);
    }

    #[test]
    fn the_lines_for_isolation_read_well() {
        assert_eq!(
            lines(Op::Isolate, "support-1"),
            r#"[adapters.mine]
type = "process"
agents = ["support-1"]

[adapters.mine.actions.isolate]
run = ["./isolate.sh", "{agent}"]
undo = ["./release.sh", "{agent}"]
probe = ["./probe.sh", "{agent}"] # prints agent_status=..., task_queue=..., api_calls=...
"#
        );
    }
}
