//! The adapter as a whole, with real small programs.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::*;
use crate::adapters::{Evidence, KEY_TO_COME};
use crate::incident::{Glob, Judged, Reading, Time};

/// A directory of scripts and the adapter that runs them.
struct Bench {
    dir: TempDir,
    spec: ProcessSpec,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let spec = ProcessSpec { dir: Some(dir.path().to_owned()), ..ProcessSpec::default() };
        Self { dir, spec }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A configured program: the shell stands for any, and gets the script's name, not a text.
    fn program(&self, name: &str, script: &str, args: &[&str]) -> Vec<String> {
        fs::write(self.path(name), script).unwrap();
        ["/bin/sh", name].iter().chain(args).map(|s| (*s).to_owned()).collect()
    }

    fn probe(&self, name: &str, script: &str) -> Option<ProbeSpec> {
        Some(ProbeSpec::new(self.program(name, script, &["{agent}"]), Format::Lines))
    }

    fn with(mut self, op: Op, action: ActionSpec) -> Self {
        self.spec.actions.insert(op, action);
        self
    }

    fn adapter(&self) -> ProcessAdapter {
        ProcessAdapter::new("mine", self.spec.clone()).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default().trim().to_owned()
    }
}

/// One operation done by one script.
fn bench(op: Op, script: &str, args: &[&str]) -> Bench {
    let bench = Bench::new();
    let run = bench.program("run.sh", script, args);
    bench.with(op, ActionSpec { run, ..ActionSpec::default() })
}

fn ask(op: Op, target: &str, params: &[(&str, &str)]) -> Ask {
    let params = params.iter().map(|(name, value)| ((*name).to_owned(), Text::block(value))).collect();
    Ask { op, target: Text::block(target), params }
}

fn failed(outcome: CallOutcome) -> Text {
    match outcome {
        CallOutcome::Failed(why) | CallOutcome::Outdated(why) | CallOutcome::Refused(why) => why,
        CallOutcome::Accepted { .. } | CallOutcome::Unknown(_) => panic!("{outcome:?} is no failure"),
    }
}

fn unknown(outcome: CallOutcome) -> Text {
    match outcome {
        CallOutcome::Unknown(why) => why,
        CallOutcome::Accepted { .. }
        | CallOutcome::Failed(_)
        | CallOutcome::Outdated(_)
        | CallOutcome::Refused(_) => {
            panic!("{outcome:?} is known")
        }
    }
}

fn accepted(outcome: CallOutcome) -> (Text, Vec<Evidence>) {
    match outcome {
        CallOutcome::Accepted { answer, evidence } => (answer, evidence),
        CallOutcome::Unknown(_)
        | CallOutcome::Failed(_)
        | CallOutcome::Outdated(_)
        | CallOutcome::Refused(_) => {
            panic!("{outcome:?} is no yes")
        }
    }
}

/// What a probe reads, where nothing has replicas.
async fn values(adapter: &ProcessAdapter, plan: &Plan) -> Vec<Option<Text>> {
    adapter.probe(plan).await.into_iter().map(|sample| sample.value).collect()
}

#[tokio::test]
async fn a3_what_a_probe_reads_of_each_replica_is_kept_apart() {
    for (format, prints) in [
        (Format::Lines, "printf 'agent_status@pod-a=stopped\nagent_status@pod-b=running\ntask_queue=0\n'"),
        (
            Format::Json,
            "echo '{\"agent_status\": {\"pod-a\": \"stopped\", \"pod-b\": \"running\"}, \"task_queue\": 0}'",
        ),
    ] {
        let mut bench = bench(Op::Isolate, "", &["{agent}"]);
        let mut probe = bench.probe("probe.sh", prints).unwrap();
        probe.format = format;
        bench.spec.actions.get_mut(&Op::Isolate).unwrap().probe = Some(probe);
        let adapter = bench.adapter();
        let plan = adapter.plan(&ask(Op::Isolate, "a", &[])).await.unwrap();
        let readings = Sample::readings(adapter.probe(&plan).await, &plan.checks, Time::UNIX_EPOCH);
        let told: Vec<String> = Judged::all(&readings).iter().map(Judged::to_string).collect();
        let status = "agent_status = stopped: read replica pod-b running; 1 of 2 hold";
        assert_eq!(told, [status, "task_queue = 0: read 0", "api_calls = 0: read nothing"]);
    }
}

#[tokio::test]
async fn regression_a_probe_that_failed_read_nothing_without_a_reason() {
    let mut bench = bench(Op::Isolate, "", &["{agent}"]);
    let probe = bench.probe("probe.sh", "echo 'connection refused by gateway' >&2; exit 7");
    bench.spec.actions.get_mut(&Op::Isolate).unwrap().probe = probe;
    let adapter = bench.adapter();
    let plan = adapter.plan(&ask(Op::Isolate, "a", &[])).await.unwrap();
    let readings = Sample::readings(adapter.probe(&plan).await, &plan.checks, Time::UNIX_EPOCH);
    let told: Vec<String> = Judged::all(&readings).iter().map(Judged::to_string).collect();
    assert!(told.len() == 3, "{told:?}");
    for words in told {
        assert!(words.contains("read nothing, because "), "{words}");
        assert!(words.ends_with("ended with code 7: connection refused by gateway"), "{words}");
    }
}

#[tokio::test]
async fn a3_isolation_is_called_as_confirmed_and_proved_by_its_three_checks() {
    let mut bench = bench(
        Op::Isolate,
        "echo \"$FLIGHTDECK_ACTION_ID $FLIGHTDECK_OP $FLIGHTDECK_AGENT $FLIGHTDECK_TARGET $# $1\" > called\n\
         echo stopped",
        &["{agent}"],
    );
    let probe = bench.probe("probe.sh", "printf 'agent_status=stopped\\ntask_queue=0\\napi_calls=0\\n'");
    bench.spec.actions.get_mut(&Op::Isolate).unwrap().probe = probe;
    let adapter = bench.adapter();
    let plan = adapter.plan(&ask(Op::Isolate, "team/support-1", &[])).await.unwrap();
    assert_eq!(plan.call, "/bin/sh run.sh team/support-1");
    assert_eq!((plan.limit_s, plan.verify_s, plan.inverse.is_none()), (30, 60, true));
    assert_eq!(bench.read("called"), "", "planning calls nothing");

    let (answer, _) = accepted(adapter.call("INC-1/A1", &plan).await);
    assert_eq!(answer, "stopped");
    assert_eq!(bench.read("called"), "INC-1/A1 isolate team/support-1 team/support-1 1 team/support-1");

    let at = chrono::DateTime::UNIX_EPOCH;
    let readings = Sample::readings(adapter.probe(&plan).await, &plan.checks, at);
    assert!(readings.len() == 3 && readings.iter().all(Reading::holds));
}

#[tokio::test]
async fn a_no_says_which_program_which_code_and_why() {
    for (script, says) in [
        ("echo fine; echo 'no such agent' >&2; exit 3", "/bin/sh ended with code 3: no such agent\n"),
        ("echo 'last words'; exit 1", "ended with code 1: last words"),
        ("exit 127", "ended with code 127 and said nothing"),
        ("printf '\\033[2Jcleared' >&2; exit 2", "^[[2Jcleared"),
    ] {
        let bench = bench(Op::Restart, script, &["{agent}"]);
        let adapter = bench.adapter();
        let plan = adapter.plan(&ask(Op::Restart, "a", &[])).await.unwrap();
        let why = failed(adapter.call("k", &plan).await);
        assert!(why.as_str().contains(says), "{why}");
    }
}

#[tokio::test]
async fn what_cannot_be_started_is_a_failure_before_any_effect() {
    let mut bench = bench(Op::Restart, "", &[]);
    bench.spec.actions.get_mut(&Op::Restart).unwrap().run = vec!["./not-there".to_owned()];
    let adapter = bench.adapter();
    let plan = adapter.plan(&ask(Op::Restart, "a", &[])).await.unwrap();
    let why = failed(adapter.call("k", &plan).await);
    assert!(why.as_str().starts_with("./not-there could not be started, nothing was called"), "{why}");
}

#[tokio::test]
async fn a_time_out_means_unknown_never_failed() {
    // The effect came, the answer did not.
    let mut bench = bench(Op::Isolate, "trap '' TERM; echo done > effect; sleep 1000", &["{agent}"]);
    let action = bench.spec.actions.get_mut(&Op::Isolate).unwrap();
    (action.limit, action.kill) = (Some(Duration::from_millis(1900)), Duration::from_millis(100));
    let adapter = bench.adapter();
    let plan = adapter.plan(&ask(Op::Isolate, "a", &[])).await.unwrap();
    assert_eq!(plan.limit_s, 2, "rounded up, never to nothing");
    let why = unknown(adapter.call("k", &plan).await);
    assert!(why.as_str().contains("did not end within 2 s"), "{why}");
    assert_eq!(bench.read("effect"), "done");
}

#[tokio::test]
async fn a_program_that_somebody_killed_means_unknown() {
    let bench = bench(Op::Isolate, "kill -KILL $$", &["{agent}"]);
    let adapter = bench.adapter();
    let plan = adapter.plan(&ask(Op::Isolate, "a", &[])).await.unwrap();
    let why = unknown(adapter.call("k", &plan).await);
    assert!(why.as_str().contains("signal 9"), "{why}");
}

#[tokio::test]
async fn ten_megabytes_of_output_come_home_as_64_kib_that_say_what_was_cut() {
    let bench = bench(Op::Restart, "yes | head -c 10485760; yes | head -c 100000 >&2; echo end", &[]);
    let adapter = bench.adapter();
    let plan = adapter.plan(&ask(Op::Restart, "a", &[])).await.unwrap();
    let (answer, _) = accepted(adapter.call("k", &plan).await);
    assert!(answer.as_str().len() < 64 * 1024, "{}", answer.as_str().len());
    assert_eq!(answer.as_str().matches("bytes cut here").count(), 2);
    assert!(answer.as_str().contains("\nend\nstderr: y\n"));
}

#[tokio::test]
async fn a4_what_takes_evidence_away_says_so_before_it_is_confirmed_and_its_undo_does_not() {
    let mut bench = Bench::new();
    let run = bench.program("run.sh", "", &["{agent}"]);
    let action =
        ActionSpec { undo: Some(run.clone()), run, destroys_evidence: true, ..ActionSpec::default() };
    bench = bench.with(Op::Isolate, action);
    let plan = bench.adapter().plan(&ask(Op::Isolate, "a", &[])).await.unwrap();
    assert!(plan.destroys_evidence);
    let undo = bench.adapter().plan(&ask(Op::Release, "a", &[])).await.unwrap();
    assert!(!undo.destroys_evidence);
}

#[tokio::test]
async fn a_daemon_left_behind_does_not_hold_the_call_and_is_mentioned() {
    let bench = bench(Op::Restart, "sleep 2 & echo started", &[]);
    let adapter = bench.adapter();
    let plan = adapter.plan(&ask(Op::Restart, "a", &[])).await.unwrap();
    let (answer, _) = accepted(adapter.call("k", &plan).await);
    assert!(answer.as_str().starts_with("started\n[it left something running"), "{answer}");
}

#[tokio::test]
async fn hostile_targets_and_parameters_are_refused_before_anything_runs() {
    let mut bench = bench(Op::Restrict, "echo ran > ran", &["{agent}", "{scope}", "--t={timeout}"]);
    let run = bench.program("page.sh", "echo ran > ran", &["{person}"]);
    bench = bench.with(Op::Page, ActionSpec { run, ..ActionSpec::default() });
    let adapter = bench.adapter();
    let good = adapter.plan(&ask(Op::Restrict, "a", &[])).await.unwrap();
    for (op, target, params) in [
        (Op::Restrict, "-rf", &[][..]),
        (Op::Restrict, "$(x)", &[]),
        (Op::Restrict, "a\nb", &[]),
        (Op::Restrict, "../x", &[]),
        (Op::Restrict, "a", &[("scope", "-rf")]),
        (Op::Restrict, "a", &[("scope", "x\ny")]),
        (Op::Restrict, "a", &[("scope", " ")]),
        (Op::Restrict, "a", &[("timeout", "60; reboot")]),
        (Op::Restrict, "a", &[("agent", "b")]),
        (Op::Restrict, "a", &[("version", "1")]),
        (Op::Page, "--help", &[("reason", "x")]),
        (Op::Page, "Ana\nLee", &[("reason", "x")]),
    ] {
        let asked = ask(op, target, params);
        assert!(adapter.plan(&asked).await.is_err(), "{asked:?}");
        // The same, forged into a plan that was never made.
        let forged = Plan { op, target: asked.target, params: asked.params, ..good.clone() };
        let why = failed(adapter.call("k", &forged).await);
        assert!(why.as_str().starts_with("nothing was called: "), "{why}");
    }
    assert_eq!(bench.read("ran"), "");
}

#[tokio::test]
async fn values_pass_no_shell() {
    let bench = bench(Op::Restrict, "printf '<%s>' \"$@\" > args", &["{scope}", "x={scope}"]);
    let adapter = bench.adapter();
    for scope in ["$(touch owned)", "`touch owned`", "a b  c", "*", "'; touch owned #"] {
        let plan = adapter.plan(&ask(Op::Restrict, "a", &[("scope", scope)])).await.unwrap();
        accepted(adapter.call("k", &plan).await);
        assert_eq!(bench.read("args"), format!("<{scope}><x={scope}>"));
    }
    assert!(!bench.path("owned").exists());
}

#[tokio::test]
async fn what_was_confirmed_is_what_runs_or_nothing_does() {
    let bench = bench(Op::Isolate, "echo ran > ran", &["{agent}"]);
    let plan = bench.adapter().plan(&ask(Op::Isolate, "a", &[])).await.unwrap();
    let mut changed = bench.spec.clone();
    changed.actions.get_mut(&Op::Isolate).unwrap().run.push("--force".to_owned());
    let adapter = ProcessAdapter::new("mine", changed).unwrap();
    let why = failed(adapter.call("k", &plan).await);
    assert!(why.as_str().contains("configuration changed") && why.as_str().contains("--force"), "{why}");
    let other = ProcessAdapter::new("other", bench.spec.clone()).unwrap();
    failed(other.call("k", &plan).await);
    let mut elsewhere = bench.spec.clone();
    elsewhere.agents = vec![Glob::new("b-*")];
    failed(ProcessAdapter::new("mine", elsewhere).unwrap().call("k", &plan).await);
    assert_eq!(bench.read("ran"), "");
}

#[tokio::test]
async fn the_action_id_may_be_an_argument() {
    let bench = bench(Op::Isolate, "echo \"$1\" > id", &["--id={action}"]);
    let adapter = bench.adapter();
    let plan = adapter.plan(&ask(Op::Isolate, "a", &[])).await.unwrap();
    assert_eq!(plan.call, "/bin/sh run.sh --id=id.of.this.action");
    // The hub puts the key into the call before it is confirmed; quoting must not tell the two apart.
    let call = plan.call.as_str().replace(KEY_TO_COME, "66bfc0de-INC-1-A2");
    let sent = Plan { call: Text::line(&call), ..plan };
    accepted(adapter.call("66bfc0de-INC-1-A2", &sent).await);
    assert_eq!(bench.read("id"), "--id=66bfc0de-INC-1-A2");
}

#[tokio::test]
async fn the_version_is_recorded_and_pinned() {
    let mut bench = bench(Op::RollbackBranch, "echo \"$@\" > args", &["{agent}", "{to}", "{version}"]);
    let version = bench.program("version.sh", "cat version", &["{agent}"]);
    let undo = bench.program("undo.sh", "echo \"$@\" > undone", &["{agent}", "{version}"]);
    let action = bench.spec.actions.get_mut(&Op::RollbackBranch).unwrap();
    (action.version, action.undo) = (Some(version), Some(undo));
    let adapter = bench.adapter();

    let asked = ask(Op::RollbackBranch, "a", &[("to", "v6")]);
    let why = adapter.plan(&asked).await.unwrap_err();
    assert!(why.as_str().contains("{version} is needed") && why.as_str().contains("code 1"), "{why}");

    fs::write(bench.path("version"), "\nv7\nmore").unwrap();
    let plan = adapter.plan(&asked).await.unwrap();
    assert_eq!((plan.version.as_ref().unwrap().as_str(), plan.limit_s), ("v7", 300));
    // The world moves on; the call does not.
    fs::write(bench.path("version"), "v8").unwrap();
    accepted(adapter.call("k", &plan).await);
    assert_eq!(bench.read("args"), "a v6 v7");

    // What undoes it goes back to just what was there before.
    let inverse = plan.inverse.unwrap();
    assert_eq!((inverse.op, inverse.call.as_str()), (Op::RollForward, "/bin/sh undo.sh a v7"));
    let back = Ask { op: inverse.op, target: plan.target, params: inverse.params };
    let undo = adapter.plan(&back).await.unwrap();
    assert_eq!((undo.call.as_str(), undo.version.as_ref().unwrap().as_str()), ("/bin/sh undo.sh a v7", "v8"));
    accepted(adapter.call("k2", &undo).await);
    assert_eq!(bench.read("undone"), "a v7");
}

#[tokio::test]
async fn an_agent_whose_version_cannot_be_read_can_still_be_isolated() {
    let mut bench = bench(Op::Isolate, "", &["{agent}"]);
    let action = bench.spec.actions.get_mut(&Op::Isolate).unwrap();
    action.version = Some(vec!["./not-there".to_owned()]);
    let plan = bench.adapter().plan(&ask(Op::Isolate, "a", &[])).await.unwrap();
    assert_eq!(plan.version, None);
}

#[tokio::test]
async fn an_undo_remembers_what_it_undoes() {
    let mut bench = Bench::new();
    for (op, name) in [(Op::RateLimit, "limit"), (Op::RollbackConfig, "conf"), (Op::RollbackBranch, "branch")]
    {
        let run = bench.program(&format!("{name}.sh"), "", &["{agent}"]);
        let param = op.info().params[0].name;
        let undo = bench.program(&format!("un{name}.sh"), "", &["{agent}", &format!("{{{param}}}")]);
        bench = bench.with(op, ActionSpec { run, undo: Some(undo), ..ActionSpec::default() });
    }
    let adapter = bench.adapter();
    for (op, params, undo) in [
        (Op::RateLimit, &[("calls_per_minute", "5")][..], "/bin/sh unlimit.sh a 5"),
        (Op::RollbackConfig, &[("to", "monday")], "/bin/sh unconf.sh a monday"),
        (Op::RollbackBranch, &[("to", "v6")], "/bin/sh unbranch.sh a v6"),
    ] {
        let plan = adapter.plan(&ask(op, "a", params)).await.unwrap();
        let inverse = plan.inverse.unwrap();
        assert_eq!(inverse.call, undo);
        let back = Ask { op: inverse.op, target: plan.target, params: inverse.params };
        assert!(adapter.offers(back.op, "a"));
        assert_eq!(adapter.plan(&back).await.unwrap().call, undo);
    }
    // Regression: the literal word was called and checked for, which never holds.
    let why = adapter.plan(&ask(Op::RollbackBranch, "a", &[])).await.unwrap_err();
    assert!(why.as_str().contains("which backup?") && why.as_str().contains("-p to=NAME"), "{why}");
    // By hand nobody knows which of the two rollbacks is meant, or how many calls there were.
    let why = adapter.plan(&ask(Op::RollForward, "a", &[])).await.unwrap_err();
    assert!(why.as_str().contains("undoes="), "{why}");
    assert!(adapter.plan(&ask(Op::Lift, "a", &[])).await.is_err());
    let chosen = ask(Op::RollForward, "a", &[("undoes", "rollback-config"), ("to", "x")]);
    assert_eq!(adapter.plan(&chosen).await.unwrap().call, "/bin/sh unconf.sh a x");
    for wrong in ["isolate", "rollback-system", "nonsense"] {
        assert!(adapter.plan(&ask(Op::RollForward, "a", &[("undoes", wrong)])).await.is_err(), "{wrong}");
    }
}

/// An undo that did nothing was verified by what held before it, and an action that was configured for
/// the inverse meanwhile was run in the place of the undo that was recorded.
#[tokio::test]
async fn a10_the_undo_of_a_rollback_is_the_recorded_one_and_proved_by_what_was_there_before() {
    let mut bench = bench(Op::RollbackConfig, "", &["{agent}", "{to}"]);
    let probe =
        bench.probe("probe.sh", "printf 'config=%s\nhealthy=yes\nagent_status=running\n' $(cat config)");
    let undo = bench.program("undo.sh", "", &["{agent}"]);
    let rollback = bench.spec.actions.get_mut(&Op::RollbackConfig).unwrap();
    (rollback.probe, rollback.undo) = (probe.clone(), Some(undo));
    fs::write(bench.path("config"), "c2").unwrap();
    let plan = bench.adapter().plan(&ask(Op::RollbackConfig, "a", &[("to", "c1")])).await.unwrap();
    let inverse = plan.inverse.unwrap();
    let remembered = [("undoes", "rollback-config"), ("was_config", "c2")];
    assert_eq!(ask(inverse.op, "a", &remembered).params, inverse.params);

    fs::write(bench.path("config"), "c1").unwrap();
    let other = bench.program("other.sh", "", &["{agent}"]);
    let checks = Some(vec!["healthy = yes".parse().unwrap()]);
    let forward = ActionSpec { run: other, probe, checks, ..ActionSpec::default() };
    bench.spec.actions.insert(Op::RollForward, forward);
    let adapter = bench.adapter();
    let back = Ask { op: inverse.op, target: plan.target, params: inverse.params };
    let undo = adapter.plan(&back).await.unwrap();
    assert_eq!(undo.call, "/bin/sh undo.sh a");
    let checks: Vec<String> = undo.checks.iter().map(ToString::to_string).collect();
    assert_eq!(checks, ["config = c2", "agent_status = running", "healthy = yes"]);
    accepted(adapter.call("k", &undo).await);
    let read = adapter.probe(&undo).await;
    assert_eq!(read.iter().find(|s| s.check == 0).and_then(|s| s.value.clone()), Some("c1".into()));
}

#[tokio::test]
async fn e3_a_ladder_step_is_undone_to_the_level_that_was_read_before() {
    let mut bench = bench(Op::SwitchModel, "", &["{agent}", "{level}"]);
    let probe = bench.probe("probe.sh", "echo model_level=$(cat level)");
    bench.spec.actions.get_mut(&Op::SwitchModel).unwrap().probe = probe;
    let adapter = bench.adapter();
    for (level, undo) in [("L0", Some("/bin/sh run.sh a L0")), ("L9", None), ("", None)] {
        fs::write(bench.path("level"), level).unwrap();
        let plan = adapter.plan(&ask(Op::SwitchModel, "a", &[("level", "L2")])).await.unwrap();
        assert_eq!(plan.inverse.as_ref().map(|inverse| inverse.call.as_str()), undo, "read {level:?}");
        // So that a step back by hand is known for what it is.
        assert!(plan.inverse.is_none_or(|i| i.params.keys().eq(["level"])));
    }
}

#[tokio::test]
async fn a4_a_snapshot_brings_what_it_printed_and_what_lay_there() {
    let mut bench =
        bench(Op::Snapshot, "echo \"state of $1, $2 lines\"; echo note >&2", &["{agent}", "{limit}"]);
    bench.spec.actions.get_mut(&Op::Snapshot).unwrap().collect =
        vec!["logs/{agent}-*.log".to_owned(), "logs/missing".to_owned()];
    fs::create_dir(bench.path("logs")).unwrap();
    fs::write(bench.path("logs/a-1.log"), "line").unwrap();
    fs::write(bench.path("logs/b-1.log"), "other").unwrap();
    let adapter = bench.adapter();
    let plan = adapter.plan(&ask(Op::Snapshot, "a", &[])).await.unwrap();
    assert_eq!(plan.call, "/bin/sh run.sh a 1000 + collect 'logs/a-*.log' logs/missing");
    assert_eq!(values(&adapter, &plan).await, [None], "nothing is claimed before the call");

    let (answer, evidence) = accepted(adapter.call("k", &plan).await);
    let brought: Vec<(&str, &[u8])> =
        evidence.iter().map(|e| (e.name.as_str(), e.bytes.as_slice())).collect();
    assert_eq!(brought[0], ("a-snapshot.txt", &b"state of a, 1000 lines\n"[..]));
    assert!(brought[1].0.ends_with("logs_a-1.log") && brought[1].1 == b"line" && brought.len() == 2);
    for says in ["a-snapshot.txt (23 bytes)", "stderr: note", "logs/missing: there is no such file"] {
        assert!(answer.as_str().contains(says), "{answer}");
    }
    assert_eq!(values(&adapter, &plan).await, [Some(Text::line("yes"))]);
}

#[tokio::test]
async fn a4_a_snapshot_that_brought_nothing_is_not_verified() {
    for (script, read) in [("true", Some(Text::line("no"))), ("echo x; exit 1", None)] {
        let bench = bench(Op::Snapshot, script, &["{agent}"]);
        let adapter = bench.adapter();
        let plan = adapter.plan(&ask(Op::Snapshot, "a", &[])).await.unwrap();
        adapter.call("k", &plan).await;
        assert_eq!(values(&adapter, &plan).await, [read]);
    }
}

#[tokio::test]
async fn what_a_probe_cannot_read_is_nothing_never_a_value() {
    for (script, format, status) in [
        ("echo agent_status=stopped", Format::Lines, Some("stopped")),
        ("echo agent_status=stopped; exit 1", Format::Lines, None),
        ("head -c 100000 /dev/urandom", Format::Lines, None),
        ("head -c 100000 /dev/urandom", Format::Json, None),
        (
            "printf '{\"agent_status\":\"stopped\",\"x\":\"'; yes | head -c 1048576 | tr -d '\\n'; echo '\"}'",
            Format::Json,
            None,
        ),
        ("echo '{\"agent_status\":[{\"agent_status\":\"stopped\"}]}'", Format::Json, None),
        ("echo '{\"agent_status\":\"stopped\"}'", Format::Json, Some("stopped")),
        ("echo agent_status=stopped; sleep 1000", Format::Lines, None),
        ("kill -9 $$", Format::Lines, None),
    ] {
        let mut bench = bench(Op::Isolate, "", &["{agent}"]);
        let mut probe = bench.probe("probe.sh", script).unwrap();
        (probe.format, probe.limit) =
            (format, Duration::from_secs(if script.contains("sleep") { 1 } else { 20 }));
        bench.spec.actions.get_mut(&Op::Isolate).unwrap().probe = Some(probe);
        let adapter = bench.adapter();
        let plan = adapter.plan(&ask(Op::Isolate, "a", &[])).await.unwrap();
        let expected = [status.map(Text::line), None, None];
        assert_eq!(values(&adapter, &plan).await, expected, "{script}");
    }
}

#[tokio::test]
async fn vitals_are_read_by_the_same_probes() {
    let bench = Bench::new();
    let spec = bench.probe("probe.sh", "echo \"agent_status=running\nname=$1 $FLIGHTDECK_AGENT\"").unwrap();
    let place = Place { dir: bench.spec.dir.clone(), env: Vec::new() };
    let probe = Probe::new(&spec, place.clone()).unwrap();
    let read = probe.read(&"support-1".parse().unwrap()).await.unwrap();
    assert_eq!((read["agent_status"].as_str(), read["name"].as_str()), ("running", "support-1 support-1"));
    let broken = ProbeSpec::new(vec!["./not-there".to_owned()], Format::Lines);
    let why = Probe::new(&broken, place).unwrap().read(&"a".parse().unwrap()).await.unwrap_err();
    assert!(why.as_str().starts_with("./not-there could not be started"), "{why}");
}

#[tokio::test]
async fn an_adapter_offers_only_what_it_is_for() {
    let mut bench = bench(Op::Isolate, "", &["{agent}"]);
    bench.spec.agents = vec![Glob::new("support-*")];
    let page = ActionSpec { run: vec!["page".to_owned()], ..ActionSpec::default() };
    let adapter = bench.with(Op::Page, page).adapter();
    for (op, target, offers) in [
        (Op::Isolate, "support-1", true),
        (Op::Isolate, "trader-1", false),
        (Op::Isolate, "support- 1", false),
        (Op::Release, "support-1", false),
        (Op::Page, "Ana Lee", true),
    ] {
        assert_eq!(adapter.offers(op, target), offers, "{op} {target}");
        assert!(offers || adapter.plan(&ask(op, target, &[])).await.is_err());
    }
}

#[tokio::test]
async fn a_call_goes_on_when_nobody_waits_for_it_any_more() {
    let bench =
        bench(Op::Isolate, "echo > started; while [ ! -e go ]; do sleep 0.02; done; echo > ended", &[]);
    let adapter = bench.adapter();
    let plan = adapter.plan(&ask(Op::Isolate, "a", &[])).await.unwrap();
    let until = async |name: &str| {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !bench.path(name).exists() {
            assert!(Instant::now() < deadline, "waited in vain for {name}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        outcome = adapter.call("k", &plan) => panic!("{outcome:?}"),
        () = until("started") => {}
    }
    fs::write(bench.path("go"), "").unwrap();
    until("ended").await;
}
