//! Calls that make no sense are refused in words, and nothing moves.

use super::*;
use proptest::prelude::*;

/// A call, and words that its refusal holds.
type Case<'a> = (Op, &'a str, &'a [(&'a str, &'a str)], &'a str);

#[test]
fn a_call_without_sense_is_refused_in_words() {
    let long = "x".repeat(5_000);
    let cases: &[Case] = &[
        (Op::Isolate, "nobody", &[], "no agent 'nobody' here: support-1, planner"),
        (Op::Isolate, "", &[], "no agent '' here"),
        (Op::Isolate, "\u{1b}[2J", &[], "no agent '^[[2J' here"),
        (Op::Isolate, &long, &[], "no agent 'xxx"),
        (Op::Isolate, "support-1", &[("force", "yes")], "isolate takes no parameter 'force'"),
        (
            Op::RateLimit,
            "support-1",
            &[("calls_per_minute", "abc")],
            "calls_per_minute = 'abc' makes no sense",
        ),
        (Op::RateLimit, "support-1", &[("calls_per_minute", "-1")], "makes no sense"),
        (Op::RateLimit, "support-1", &[("calls_per_minute", "0")], "isolate"),
        (Op::RateLimit, "support-1", &[("calls_per_minute", "99999999999999999999")], "makes no sense"),
        (Op::RateLimit, "support-1", &[("calls_per_minute", "1e3")], "makes no sense"),
        (Op::Restrict, "support-1", &[("scope", "full")], "no scope 'full'; there are data-only"),
        (Op::Restrict, "support-1", &[("timeout", "0")], "timeout = '0' makes no sense"),
        (Op::SwitchModel, "support-1", &[("level", "L5")], "write L0 to L4"),
        (Op::SwitchModel, "trader-1", &[("level", "L2")], "has no model at L2"),
        (
            Op::RollbackConfig,
            "support-1",
            &[("to", "support-r99")],
            "no backup 'support-r99'; there are support-r41",
        ),
        (Op::RollbackBranch, "support-1", &[("to", "support-r41")], "no backup"),
        (Op::RollForward, "support-1", &[], "nothing was rolled back"),
        (Op::Silence, "NoSuchAlert", &[("minutes", "5")], "no alert 'NoSuchAlert' here"),
        (Op::Silence, "CustomerDataEgress", &[], "makes no sense: minutes"),
        (Op::Escalate, "9", &[("reason", "x")], "no level '9' here: 1, 2, 3"),
        (Op::Escalate, "1", &[], "escalate needs 'reason'"),
        (Op::Page, "Nobody", &[("reason", "x")], "no person 'Nobody' here: Lena Brandt"),
        (Op::Snapshot, "support-1", &[("limit", "lots")], "limit = 'lots' makes no sense"),
    ];
    for (op, target, given, words) in cases {
        let mut fleet = fleet("data-leak");
        fleet.advance(at(30));
        let before = fleet.agents();
        let refused = fleet.call(*op, target, &params(given), at(30)).unwrap_err();
        assert!(refused.as_str().contains(words), "{op} {target}: {refused}");
        assert_eq!(fleet.agents(), before, "{op} {target}: nothing moves");
    }
}

#[test]
fn an_isolated_agent_is_not_restarted_behind_the_isolation() {
    let mut fleet = fleet("data-leak");
    fleet.call(Op::Isolate, "support-1", &params(&[]), at(40)).unwrap();
    let refused = fleet.call(Op::Restart, "support-1", &params(&[]), at(50)).unwrap_err();
    assert!(refused.as_str().contains("release it"), "{refused}");
    fleet.call(Op::RestoreCheckpoint, "support-1", &params(&[]), at(50)).unwrap();
    fleet.advance(at(70));
    assert_eq!(read(&fleet, "support-1", "agent_status"), "stopped");
}

#[test]
fn what_is_not_there_reads_as_nothing() {
    let fleet = fleet("data-leak");
    assert!(fleet.read("nobody").is_empty());
    assert_eq!(fleet.version("nobody"), None);
    assert_eq!(fleet.inverse(Op::Isolate, "nobody"), None);
    assert!(fleet.conflicts(Op::Isolate, "nobody").is_empty());
    assert!(fleet.snapshot("nobody", at(0), at(1), 1).is_err());
}

#[test]
fn the_same_call_again_changes_nothing() {
    let ops = [
        (Op::Isolate, NONE),
        (Op::Release, NONE),
        (Op::RateLimit, NONE),
        (Op::Lift, NONE),
        (Op::Restrict, NONE),
        (Op::RestoreScope, NONE),
        (Op::SwitchModel, &[("level", "L1")]),
        (Op::RollbackConfig, NONE),
        (Op::RollbackBranch, NONE),
        (Op::RollbackSystem, NONE),
        (Op::Restart, NONE),
        (Op::Snapshot, NONE),
    ];
    for (op, given) in ops {
        let end = |times: i64| {
            let mut fleet = fleet("data-leak");
            for time in 0..times {
                fleet.call(op, "support-1", &params(given), at(40 + time)).unwrap();
            }
            fleet.advance(at(120));
            let mut values = fleet.read("support-1");
            for flickering in ["api_calls", "task_queue", "p95", "error_rate"] {
                values.remove(flickering);
            }
            values
        };
        assert_eq!(end(1), end(3), "{op}");
    }
}

const NONE: &[(&str, &str)] = &[];

#[test]
fn what_undoes_a_call_is_known_before_it_is_made() {
    let mut fleet = fleet("data-leak");
    let known = |fleet: &Fleet, op| fleet.inverse(op, "support-1");
    assert_eq!(known(&fleet, Op::Isolate), Some((Op::Release, params(&[]))));
    assert_eq!(known(&fleet, Op::SwitchModel), Some((Op::SwitchModel, params(&[("level", "L0")]))));
    assert_eq!(known(&fleet, Op::Lift), None, "there is no limit to put back");
    assert_eq!(known(&fleet, Op::Restart), None);
    fleet.call(Op::RateLimit, "support-1", &params(&[("calls_per_minute", "25")]), at(5)).unwrap();
    fleet.call(Op::Restrict, "support-1", &params(&[]), at(5)).unwrap();
    fleet.call(Op::SwitchModel, "support-1", &params(&[("level", "L2")]), at(5)).unwrap();
    fleet.advance(at(10));
    let limit = params(&[("calls_per_minute", "25")]);
    assert_eq!(known(&fleet, Op::Lift), Some((Op::RateLimit, limit)));
    let scope = params(&[("scope", "data-only"), ("timeout", "60")]);
    assert_eq!(known(&fleet, Op::RestoreScope), Some((Op::Restrict, scope)));
    assert_eq!(known(&fleet, Op::SwitchModel), Some((Op::SwitchModel, params(&[("level", "L2")]))));
}

#[test]
fn a_backup_is_named_before_the_call_so_that_its_check_can_hold() {
    let fleet = fleet("data-leak");
    for (op, name) in [
        (Op::RollbackConfig, "support-r38"),
        (Op::RollbackBranch, "2.8.1"),
        (Op::RollbackSystem, "support-r38"),
    ] {
        assert_eq!(fleet.complete(op, "support-1", &params(&[])).unwrap()["to"], name);
    }
}

#[test]
fn what_could_fight_a_call_is_said() {
    let fleet = fleet("cascade");
    for (op, target, words) in [
        (Op::Isolate, "support-1", "2 replicas"),
        (Op::Isolate, "planner", "research-1, research-2, writer-1 get their work"),
        (Op::Restart, "research-2", "planner goes on giving work"),
    ] {
        let found = fleet.conflicts(op, target);
        assert!(found.iter().any(|found| found.as_str().contains(words)), "{op} {target}: {found:?}");
    }
}

proptest! {
    #[test]
    fn no_call_breaks_the_fleet(
        ops in proptest::collection::vec((0..Op::ALL.len(), 0usize..6, any::<String>(), 0i64..400), 1..12)
    ) {
        let mut fleet = fleet("leaking-isolation");
        let targets = ["support-1", "planner", "research-2", "1", "CustomerDataEgress", "Lena Brandt"];
        for (op, target, value, when) in ops {
            let op = Op::ALL[op];
            let names = op.info().params.iter().map(|known| known.name);
            let given: Params = names.map(|name| (name.to_owned(), Text::line(&value))).collect();
            let _ = fleet.call(op, targets[target], &given, at(when));
            let _ = fleet.call(op, targets[target], &Params::new(), at(when));
            for vitals in fleet.agents() {
                let calls: i64 = vitals.values["api_calls"].as_str().parse().unwrap();
                prop_assert!((0..1_000).contains(&calls));
            }
        }
    }
}
