//! From what is configured to what can run: every name is checked, every problem told at once.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::adapters::ask::{table_checks, target_name};
use crate::adapters::template::{Argv, CheckTemplate};
use crate::incident::{Aim, Op};

use super::child::Place;
use super::collect::Collect;
use super::probe::Probe;
use super::spec::{ActionSpec, ProcessSpec, SpecProblem};

/// One operation, ready to run.
#[derive(Debug)]
pub struct Action {
    /// What carries it out; none: collecting is all there is.
    pub run: Option<Argv>,
    /// What undoes it.
    pub undo: Option<Argv>,
    /// Files brought home.
    pub collect: Vec<Collect>,
    /// What reads the world.
    pub probe: Option<Probe>,
    /// Whether readers of another name read it too.
    pub probed: bool,
    /// What it must read.
    pub checks: Vec<CheckTemplate>,
    /// What reads the version.
    pub version: Option<Argv>,
    /// How long the call may take.
    pub limit: Duration,
    /// How much longer before SIGTERM.
    pub grace: Duration,
    /// How much longer before SIGKILL.
    pub kill: Duration,
    /// How long checks may take to hold.
    pub verify_within: Duration,
    /// Whether it takes away what a later analysis needs.
    pub destroys_evidence: bool,
}

/// Variables that the adapter sets itself.
const OWN_ENV: &[&str] = &["FLIGHTDECK_ACTION_ID", "FLIGHTDECK_AGENT", "FLIGHTDECK_OP", "FLIGHTDECK_TARGET"];

/// Checks a spec.
///
/// # Errors
/// Every problem there is.
pub fn actions(spec: &ProcessSpec) -> Result<BTreeMap<Op, Action>, Vec<SpecProblem>> {
    let mut problems = Problems { place: "env".to_owned(), all: Vec::new() };
    for name in &spec.env {
        if name.is_empty() || name.contains(['=', '\0']) || OWN_ENV.contains(&name.as_str()) {
            problems.tell("", format!("'{name}' is no variable that can be passed on"));
        }
    }
    let place = Place { dir: spec.dir.clone(), env: spec.env.clone() };
    let mut actions = BTreeMap::new();
    for (op, action) in &spec.actions {
        problems.place = format!("actions.{op}");
        if let Some(action) = build(*op, action, &place, &mut problems) {
            actions.insert(*op, action);
        }
    }
    if problems.all.is_empty() { Ok(actions) } else { Err(problems.all) }
}

fn build(op: Op, spec: &ActionSpec, place: &Place, problems: &mut Problems) -> Option<Action> {
    let info = op.info();
    let told_before = problems.all.len();
    let mut read = vec!["target", target_name(op)];
    let version = spec.version.as_ref().and_then(|raw| problems.argv("version", raw, &read));
    if spec.version.is_some() {
        read.push("version");
    }
    read.extend(info.params.iter().map(|param| param.name));
    let acting: Vec<&str> = read.iter().copied().chain(["action"]).collect();

    let run = if spec.run.is_empty() && !spec.collect.is_empty() {
        None
    } else {
        problems.argv("run", &spec.run, &acting)
    };
    let undo = spec.undo.as_ref().and_then(|raw| undo(op, raw, &acting, problems));
    if op != Op::Snapshot && !spec.collect.is_empty() {
        problems.tell(".collect", format!("only {} brings files home", Op::Snapshot));
    }
    let collected = spec.collect.iter().enumerate().filter_map(|(index, raw)| {
        Collect::parse(raw).map_err(|why| problems.tell(&format!(".collect[{index}]"), why)).ok()
    });
    let collect = collected.collect();
    let probe = spec.probe.as_ref().and_then(|probe| {
        Probe::with(probe, place.clone(), &read).map_err(|all| problems.tell_args("probe", all)).ok()
    });
    let checks = checks(op, spec, &read, problems);
    let told = problems.all.len() > told_before;
    let limit = spec.limit.unwrap_or(Duration::from_secs(info.limit_s.into()));
    let ActionSpec { probed, grace, kill, verify_within, destroys_evidence, .. } = *spec;
    let action = Action {
        run,
        undo,
        collect,
        probe,
        probed,
        checks,
        version,
        limit,
        grace,
        kill,
        verify_within,
        destroys_evidence,
    };
    (!told).then_some(action)
}

fn undo(op: Op, raw: &[String], acting: &[&str], problems: &mut Problems) -> Option<Argv> {
    let info = op.info();
    let Some(inverse) = info.inverse.filter(|_| info.mitigation) else {
        problems.tell(".undo", format!("{op} is not in force until undone, so nothing undoes it"));
        return None;
    };
    let known: Vec<&str> =
        acting.iter().copied().chain(inverse.info().params.iter().map(|param| param.name)).collect();
    problems.argv("undo", raw, &known)
}

fn checks(op: Op, spec: &ActionSpec, known: &[&str], problems: &mut Problems) -> Vec<CheckTemplate> {
    let Some(own) = &spec.checks else { return table_checks(op) };
    let mut templates = Vec::new();
    for (index, check) in own.iter().enumerate() {
        match CheckTemplate::new(check, known) {
            Ok(template) => templates.push(template),
            Err(why) => problems.tell(&format!(".checks[{index}]"), why),
        }
    }
    templates
}

/// Whether an operation is aimed at agents.
pub fn aims_at_agent(op: Op) -> bool {
    op.info().aim == Aim::Agent
}

struct Problems {
    place: String,
    all: Vec<SpecProblem>,
}

impl Problems {
    fn tell(&mut self, key: &str, words: String) {
        self.all.push(SpecProblem { place: format!("{}{key}", self.place), words });
    }

    fn tell_args(&mut self, key: &str, all: Vec<(usize, String)>) {
        for (index, words) in all {
            self.tell(&format!(".{key}[{index}]"), words);
        }
    }

    fn argv(&mut self, key: &str, raw: &[String], known: &[&str]) -> Option<Argv> {
        Argv::parse(raw, known).map_err(|all| self.tell_args(key, all)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::process::spec::{Format, ProbeSpec};

    fn words(raw: &[&str]) -> Vec<String> {
        raw.iter().map(|s| (*s).to_owned()).collect()
    }

    fn problems(op: Op, action: ActionSpec) -> Vec<String> {
        let spec = ProcessSpec { actions: [(op, action)].into(), ..ProcessSpec::default() };
        actions(&spec).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_problem_is_told_at_once_with_its_place() {
        let action = ActionSpec {
            run: words(&["./limit", "{agnt}", "{calls_per_minute}", "{level}"]),
            undo: Some(words(&["{agent}"])),
            collect: words(&["/x"]),
            probe: Some(ProbeSpec::new(words(&["p", "{action}"]), Format::Lines)),
            checks: Some(vec!["api_calls <= {calls}".parse().unwrap()]),
            version: Some(vec![]),
            ..ActionSpec::default()
        };
        let told = problems(Op::RateLimit, action);
        let places: Vec<&str> = told.iter().map(|told| told.split_once(": ").unwrap().0).collect();
        assert_eq!(
            places,
            [
                "actions.rate-limit.version[0]",
                "actions.rate-limit.run[1]",
                "actions.rate-limit.run[3]",
                "actions.rate-limit.undo[0]",
                "actions.rate-limit.collect",
                "actions.rate-limit.probe[1]",
                "actions.rate-limit.checks[0]",
            ]
        );
        assert!(told[1].contains("{agent}") && told[1].contains("{calls_per_minute}"), "{}", told[1]);
    }

    #[test]
    fn a_placeholder_is_there_only_where_it_can_be_filled() {
        let run = |raw: &[&str]| ActionSpec { run: words(raw), ..ActionSpec::default() };
        assert!(problems(Op::Isolate, run(&["x", "{version}"]))[0].contains("{version} stands for nothing"));
        let versioned = ActionSpec { version: Some(words(&["v", "{agent}"])), ..run(&["x", "{version}"]) };
        assert_eq!(problems(Op::Isolate, versioned), [""; 0]);
        assert_eq!(problems(Op::Page, run(&["x", "{person}", "{reason}", "{action}"])), [""; 0]);
        assert_eq!(problems(Op::Page, run(&["x", "{agent}"])).len(), 1);
        assert_eq!(problems(Op::Isolate, run(&[])).len(), 1);
        let undone = ActionSpec { undo: Some(words(&["x"])), ..run(&["x"]) };
        assert_eq!(problems(Op::Restart, undone).len(), 1);
    }

    #[test]
    fn a_variable_that_flightdeck_sets_cannot_be_passed_on() {
        let spec =
            ProcessSpec { env: words(&["KUBECONFIG", "FLIGHTDECK_OP", "A=B"]), ..ProcessSpec::default() };
        assert_eq!(actions(&spec).unwrap_err().len(), 2);
    }
}
