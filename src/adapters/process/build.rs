//! From what is configured to what can run: every name is checked, every problem told at once.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::adapters::book::{self, Names, Probing, Problems, SpecProblem, Versioning};
use crate::adapters::template::Argv;
use crate::incident::Op;

use super::child::Place;
use super::collect::Collect;
use super::command::{Command, VersionProgram};
use super::probe::Probe;
use super::spec::{ActionSpec, ProcessSpec};

type Action = book::Action<Command>;

/// Variables that the adapter sets itself.
const OWN_ENV: &[&str] = &["FLIGHTDECK_ACTION_ID", "FLIGHTDECK_AGENT", "FLIGHTDECK_OP", "FLIGHTDECK_TARGET"];

/// Checks a spec.
///
/// # Errors
/// Every problem there is.
pub fn actions(spec: &ProcessSpec) -> Result<BTreeMap<Op, Action>, Vec<SpecProblem>> {
    let mut problems = Problems::new("env");
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
    let told_before = problems.all.len();
    let names = Names::of(op, spec.version.is_some(), &[]);
    let version = spec.version.as_ref().and_then(|raw| argv("version", raw, &names.version, problems));
    let run = if spec.run.is_empty() && !spec.collect.is_empty() {
        None
    } else {
        argv("run", &spec.run, &names.act, problems)
    };
    let undo = spec.undo.as_ref().and_then(|raw| {
        problems.inverse(op)?;
        argv("undo", raw, &names.undo, problems)
    });
    if op != Op::Snapshot && !spec.collect.is_empty() {
        problems.tell(".collect", format!("only {} brings files home", Op::Snapshot));
    }
    let collected = spec.collect.iter().enumerate().filter_map(|(index, raw)| {
        Collect::parse(raw).map_err(|why| problems.tell(&format!(".collect[{index}]"), why)).ok()
    });
    let collect = collected.collect();
    let probe = spec.probe.as_ref().and_then(|probe| {
        Probe::with(probe, place.clone(), &names.read).map_err(|all| tell_args("probe", all, problems)).ok()
    });
    let checks = problems.checks(".checks", op, spec.checks.as_ref(), &names.read);
    let told = problems.all.len() > told_before;
    let limit = spec.limit.unwrap_or(Duration::from_secs(op.info().limit_s.into()));
    let ActionSpec { probed, grace, kill, verify_within, destroys_evidence, .. } = *spec;
    let command = |argv, collect| Command { argv, collect, grace, kill };
    let version_in = |argv| Box::new(VersionProgram { argv, place: place.clone() }) as Box<dyn Versioning>;
    let action = Action {
        run: command(run, collect),
        undo: undo.map(|argv| command(Some(argv), Vec::new())),
        undo_checks: None,
        probe: probe.map(|probe| Box::new(probe) as Box<dyn Probing>),
        probed,
        checks,
        version: version.map(version_in),
        limit,
        verify_within,
        destroys_evidence,
        caution: None,
    };
    (!told).then_some(action)
}

fn argv(key: &str, raw: &[String], known: &[&str], problems: &mut Problems) -> Option<Argv> {
    Argv::parse(raw, known).map_err(|all| tell_args(key, all, problems)).ok()
}

fn tell_args(key: &str, all: Vec<(usize, String)>, problems: &mut Problems) {
    for (index, words) in all {
        problems.tell(&format!(".{key}[{index}]"), words);
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
