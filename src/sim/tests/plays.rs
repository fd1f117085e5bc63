//! Each scenario can be lost by doing nothing and won by doing the right thing.

use super::*;

/// A step of a script: at this second, this call. Parameters as `name=value`.
type Call = (i64, Op, &'static str, &'static [(&'static str, &'static str)]);

/// A scenario, the agents it breaks, what its log shows, and what cures it.
struct Play {
    name: &'static str,
    breaks: &'static [&'static str],
    log: &'static str,
    script: &'static [Call],
    ends: i64,
}

const BACK: &[(&str, &str)] = &[("to", "backup")];
const NONE: &[(&str, &str)] = &[];

const PLAYS: &[Play] = &[
    Play {
        name: "data-leak",
        breaks: &["support-1"],
        log: "crm.export_customers",
        script: &[
            (40, Op::Isolate, "support-1", NONE),
            (50, Op::Snapshot, "support-1", NONE),
            (60, Op::RollbackConfig, "support-1", BACK),
            (70, Op::Release, "support-1", NONE),
        ],
        ends: 120,
    },
    Play {
        name: "leaking-isolation",
        breaks: &["support-1"],
        log: "crm.export_customers",
        script: &[
            (40, Op::Isolate, "support-1", NONE),
            (70, Op::Isolate, "support-1", NONE),
            (80, Op::RollbackConfig, "support-1", BACK),
            (90, Op::Release, "support-1", NONE),
        ],
        ends: 150,
    },
    Play {
        name: "permission-overstep",
        breaks: &["trader-1"],
        log: "risk.set_limit",
        script: &[
            (40, Op::Restrict, "trader-1", NONE),
            (60, Op::RollbackConfig, "trader-1", BACK),
            (90, Op::RestoreScope, "trader-1", NONE),
        ],
        ends: 120,
    },
    Play {
        name: "llm-outage",
        breaks: &["support-1", "triage-med"],
        log: "llm_error",
        script: &[
            (40, Op::SwitchModel, "support-1", &[("level", "L1")]),
            (42, Op::SwitchModel, "triage-med", &[("level", "L1")]),
            (640, Op::SwitchModel, "support-1", &[("level", "L0")]),
            (642, Op::SwitchModel, "triage-med", &[("level", "L0")]),
        ],
        ends: 700,
    },
    Play {
        name: "tool-timeouts",
        breaks: &["support-1"],
        log: "pool_exhausted",
        script: &[(50, Op::RollbackBranch, "support-1", BACK)],
        ends: 120,
    },
    Play {
        name: "memory-leak",
        breaks: &["writer-1"],
        log: "memory_high",
        script: &[(100, Op::RollbackBranch, "writer-1", BACK)],
        ends: 150,
    },
    Play {
        name: "context-overflow",
        breaks: &["triage-med"],
        log: "context_length_exceeded",
        script: &[(60, Op::RestoreCheckpoint, "triage-med", NONE)],
        ends: 120,
    },
    Play {
        name: "call-loop",
        breaks: &["planner"],
        log: "depth",
        script: &[
            (40, Op::RateLimit, "planner", &[("calls_per_minute", "10")]),
            (70, Op::RollbackConfig, "planner", BACK),
            (80, Op::Lift, "planner", NONE),
        ],
        ends: 120,
    },
    Play {
        name: "cascade",
        breaks: &["research-2", "planner", "writer-1"],
        log: "deadlock",
        script: &[
            (70, Op::Isolate, "research-2", NONE),
            (80, Op::Restart, "planner", NONE),
            (90, Op::RestoreCheckpoint, "research-2", NONE),
            (100, Op::Release, "research-2", NONE),
        ],
        ends: 160,
    },
    Play {
        name: "config-drift",
        breaks: &["trader-1"],
        log: "config_check",
        script: &[(40, Op::RollbackConfig, "trader-1", BACK)],
        ends: 100,
    },
    Play {
        name: "drift-returns",
        breaks: &["trader-1"],
        log: "config_check",
        script: &[(40, Op::RollbackConfig, "trader-1", BACK), (90, Op::RollbackConfig, "trader-1", BACK)],
        ends: 160,
    },
];

#[test]
fn every_scenario_has_a_play() {
    let played: Vec<&str> = PLAYS.iter().map(|play| play.name).collect();
    let there: Vec<&str> = Scenario::built_in().iter().map(|(name, _)| *name).collect();
    assert_eq!(played, there);
}

#[test]
fn a9_e10_before_the_first_fault_every_vital_is_in_its_range() {
    for (name, _) in Scenario::built_in() {
        for seed in 0..20 {
            let mut fleet = Fleet::new(&scenario(name), seed, start());
            for second in 0..14 {
                let told = words(&fleet.advance(at(second)));
                assert_eq!(complaints(&fleet), Vec::<String>::new(), "{name}, seed {seed}, {second} s");
                assert!(!told.contains("ALERT"), "{told}");
            }
        }
    }
}

#[test]
fn a_fault_shows_in_vitals_log_and_alert_and_stays_when_nothing_is_done() {
    for play in PLAYS {
        let mut fleet = fleet(play.name);
        let mut told = String::new();
        let mut seen: Vec<String> = vec![];
        for second in 0..180 {
            told.push_str(&words(&fleet.advance(at(second))));
            seen.extend(complaints(&fleet));
        }
        for agent in play.breaks {
            assert!(seen.iter().any(|seen| seen.starts_with(agent)), "{}: {agent}: {seen:?}", play.name);
        }
        assert!(told.contains(play.log), "{}: no {} in the log", play.name, play.log);
        assert!(told.contains("ALERT"), "{}: no alert", play.name);
        for hours in [1, 4] {
            fleet.advance(at(hours * 3_600));
            assert!(!fleet.faults().is_empty(), "{}: healed by itself in {hours} h", play.name);
        }
    }
}

#[test]
fn every_scenario_is_cured_by_its_good_script() {
    for play in PLAYS {
        for seed in [0, 1, 7] {
            let mut fleet = Fleet::new(&scenario(play.name), seed, start());
            let mut told = String::new();
            for (second, op, target, given) in play.script {
                told.push_str(&words(&fleet.advance(at(*second))));
                let answer = fleet.call(*op, target, &params(given), at(*second));
                assert!(answer.is_ok(), "{} {op} {target}: {answer:?}", play.name);
            }
            told.push_str(&words(&fleet.advance(at(play.ends))));
            assert_eq!(complaints(&fleet), Vec::<String>::new(), "{}, seed {seed}", play.name);
            assert_eq!(fleet.faults(), [], "{}", play.name);
            told.push_str(&words(&fleet.advance(at(play.ends + 60))));
            let (fired, resolved) = (told.matches("ALERT ").count(), told.matches("RESOLVED ").count());
            assert!(fired >= 1 && fired == resolved, "{}: {fired} fired, {resolved} resolved", play.name);
            fleet.advance(at(play.ends + 3_600));
            assert_eq!(complaints(&fleet), Vec::<String>::new(), "{}: came back", play.name);
        }
    }
}

#[test]
fn b1_a_p0_is_seen_by_monitoring_within_30_seconds_of_its_start() {
    for (name, _) in Scenario::built_in() {
        let scenario = scenario(name);
        let mut fleet = Fleet::new(&scenario, 1, start());
        let happenings = fleet.advance(at(300));
        let alert = happenings.iter().find_map(|happening| match &happening.what {
            What::Alert(alert) => Some((happening.at, alert.clone())),
            What::Line { .. } | What::AlertResolved { .. } | What::Message { .. } | What::Proposal { .. } => {
                None
            }
        });
        let (fired_at, alert) = alert.expect("every scenario has an alert");
        assert_eq!(alert.first_severity(), scenario.severity, "{name}: B3 classes it as the script means it");
        let delay = (fired_at - alert.starts_at.unwrap()).num_seconds();
        let allowed = [30, 60, 300, 900][scenario.severity.index()];
        assert!((0..allowed).contains(&delay), "{name}: {delay} s");
    }
}

#[test]
fn a3_isolation_reads_stopped_empty_and_silent_within_five_seconds() {
    for seed in 0..50 {
        let mut fleet = Fleet::new(&scenario("data-leak"), seed, start());
        fleet.advance(at(40));
        fleet.call(Op::Isolate, "support-1", &params(&[]), at(40)).unwrap();
        assert_eq!(read(&fleet, "support-1", "agent_status"), "stopping", "accepted is not contained");
        assert_ne!(read(&fleet, "support-1", "api_calls"), "0", "calls in flight go on");
        fleet.advance(at(45));
        let now = ["agent_status", "task_queue", "api_calls"].map(|name| read(&fleet, "support-1", name));
        assert_eq!(now, ["stopped", "0", "0"], "seed {seed}");
        assert_eq!(read(&fleet, "support-1", "p95"), "", "no calls, no data");
    }
}

#[test]
fn a5_released_before_it_is_cured_the_fault_is_back() {
    let mut fleet = fleet("data-leak");
    fleet.call(Op::Isolate, "support-1", &params(&[]), at(40)).unwrap();
    fleet.advance(at(60));
    assert_eq!(read(&fleet, "support-1", "healthy"), "no: stopped", "nobody can test what does not run");
    fleet.call(Op::Release, "support-1", &params(&[]), at(60)).unwrap();
    let told = words(&fleet.advance(at(100)));
    assert!(told.contains("crm.export_customers"));
    assert_eq!(read(&fleet, "support-1", "dangerous_tools"), "crm.export_customers");

    fleet.call(Op::Isolate, "support-1", &params(&[]), at(100)).unwrap();
    fleet.call(Op::RollbackConfig, "support-1", &params(&[]), at(110)).unwrap();
    fleet.advance(at(114));
    let now = ["healthy", "dangerous_tools", "agent_status", "config"];
    let stopped = ["no: stopped", "none", "stopped", "support-r41"];
    assert_eq!(now.map(|name| read(&fleet, "support-1", name)), stopped);
    fleet.call(Op::Release, "support-1", &params(&[]), at(120)).unwrap();
    fleet.advance(at(130));
    let runs = ["yes", "none", "running", "support-r41"];
    assert_eq!(now.map(|name| read(&fleet, "support-1", name)), runs);
}

#[test]
fn b4_a_restart_takes_five_seconds_and_helps_only_for_a_while() {
    let mut fleet = fleet("memory-leak");
    fleet.call(Op::Restart, "writer-1", &params(&[]), at(95)).unwrap();
    fleet.advance(at(99));
    assert_eq!(read(&fleet, "writer-1", "agent_status"), "restarting");
    fleet.advance(at(100));
    assert_eq!(read(&fleet, "writer-1", "agent_status"), "running");
    fleet.advance(at(108));
    assert_eq!(complaints(&fleet), Vec::<String>::new());
    fleet.advance(at(190));
    assert!(complaints(&fleet).iter().any(|seen| seen.starts_with("writer-1 memory")));
}

#[test]
fn b4_restarting_the_parent_alone_does_not_end_a_cascade() {
    let mut fleet = fleet("cascade");
    fleet.call(Op::Restart, "planner", &params(&[]), at(70)).unwrap();
    fleet.advance(at(85));
    assert!(!complaints(&fleet).iter().any(|seen| seen.starts_with("planner")));
    fleet.advance(at(130));
    assert!(complaints(&fleet).iter().any(|seen| seen.starts_with("planner")));
}

#[test]
fn e3_the_fallback_model_helps_and_going_back_too_early_does_not() {
    let mut fleet = fleet("llm-outage");
    fleet.call(Op::SwitchModel, "support-1", &params(&[("level", "L1")]), at(40)).unwrap();
    fleet.advance(at(60));
    let seen = complaints(&fleet);
    assert!(seen.contains(&"support-1 model_level L1".to_owned()), "{seen:?}");
    assert!(!seen.iter().any(|seen| seen.starts_with("support-1 error_rate")), "{seen:?}");
    fleet.call(Op::SwitchModel, "support-1", &params(&[("level", "L0")]), at(60)).unwrap();
    fleet.advance(at(80));
    assert!(complaints(&fleet).iter().any(|seen| seen.starts_with("support-1 error_rate")));
}

#[test]
fn a6_a_rate_limit_is_read_as_calls_and_takes_a_while() {
    let mut fleet = fleet("call-loop");
    fleet.call(Op::RateLimit, "planner", &params(&[]), at(40)).unwrap();
    fleet.advance(at(55));
    assert_eq!(
        read(&fleet, "planner", "rate_limit"),
        "none",
        "accepted, and the gateway does not know it yet"
    );
    fleet.advance(at(65));
    assert_eq!(read(&fleet, "planner", "rate_limit"), "10");
    assert_eq!(read(&fleet, "planner", "api_calls"), "10");
}

#[test]
fn a10_each_rung_of_the_ladder_takes_its_time_and_can_be_undone() {
    for (op, takes, name, good, bad) in [
        (Op::RollbackConfig, 3, "config", "support-r41", "support-r42"),
        (Op::RollbackBranch, 8, "config", "support-r41", "support-r42"),
        (Op::RollbackSystem, 20, "config", "support-r41", "support-r42"),
    ] {
        let mut fleet = fleet("data-leak");
        fleet.call(op, "support-1", &params(&[]), at(40)).unwrap();
        fleet.advance(at(40 + takes - 1));
        assert_eq!(read(&fleet, "support-1", name), bad, "{op}");
        fleet.advance(at(40 + takes));
        assert_eq!(read(&fleet, "support-1", name), good, "{op}");
        assert_eq!(read(&fleet, "support-1", "agent_status"), "running", "{op}");
        assert_eq!(read(&fleet, "support-1", "healthy"), "yes", "{op}");
        let (undo, with) = fleet.inverse(op, "support-1").unwrap();
        fleet.call(undo, "support-1", &with, at(70)).unwrap();
        fleet.advance(at(90));
        assert_eq!(read(&fleet, "support-1", name), bad, "{op} undone");
        assert_eq!(read(&fleet, "support-1", "healthy"), "no", "{op} undone brings the fault back");
    }
}

#[test]
fn b4_an_ai_actor_proposes_and_people_write() {
    let mut fleet = fleet("data-leak");
    let told = words(&fleet.advance(at(300)));
    assert!(told.contains("PROPOSAL ops-copilot: restart support-1"));
    assert!(told.contains("MESSAGE Customer care"));
}

#[test]
fn a_page_is_delivered_and_answered_or_not() {
    for (name, target, answers) in [("data-leak", "2", true), ("cascade", "2", false)] {
        let mut fleet = fleet(name);
        fleet.advance(at(5));
        assert_eq!(read(&fleet, target, "delivered"), "no");
        let why = params(&[("reason", "P0, nobody answers")]);
        fleet.call(Op::Escalate, target, &why, at(5)).unwrap();
        fleet.call(Op::Escalate, target, &why, at(6)).unwrap();
        let told = words(&fleet.advance(at(60)));
        assert_eq!(read(&fleet, target, "delivered"), "yes");
        assert_eq!(told.matches("MESSAGE Marcus Yao").count(), usize::from(answers), "{name}");
    }
    let mut fleet = fleet("data-leak");
    fleet.call(Op::Page, "Tarek Haddad", &params(&[("reason", "deploys?")]), at(5)).unwrap();
    assert!(words(&fleet.advance(at(60))).contains("MESSAGE Tarek Haddad"));
}

#[test]
fn e9_a_silenced_alert_does_not_fire_until_the_silence_ends() {
    let mut fleet = fleet("memory-leak");
    fleet.advance(at(16));
    fleet.call(Op::Silence, "MemoryHigh", &params(&[("minutes", "10")]), at(16)).unwrap();
    assert_eq!(read(&fleet, "MemoryHigh", "silenced"), "yes");
    assert!(!words(&fleet.advance(at(16 + 599))).contains("ALERT"));
    assert!(words(&fleet.advance(at(16 + 720))).contains("ALERT MemoryHigh/writer-1"));
    assert_eq!(read(&fleet, "MemoryHigh/writer-1", "silenced"), "no");
}

#[test]
fn a4_evidence_is_logs_state_and_api_history_of_the_time_asked_for() {
    let mut fleet = fleet("data-leak");
    fleet.advance(at(200));
    assert_eq!(read(&fleet, "support-1", "evidence_stored"), "no");
    fleet.call(Op::Snapshot, "support-1", &params(&[]), at(200)).unwrap();
    assert_eq!(read(&fleet, "support-1", "evidence_stored"), "yes");
    let files = fleet.snapshot("support-1", at(20), at(60), 1_000).unwrap();
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["logs.jsonl", "state.json", "api-history.jsonl"]);
    let text = |place: usize| String::from_utf8(files[place].1.clone()).unwrap();
    let (logs, calls) = (text(0), text(2));
    for line in logs.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let ts: Time = line["ts"].as_str().unwrap().parse().unwrap();
        assert!((at(20)..=at(60)).contains(&ts));
    }
    for key in ["agent_decision", "tool_call", "permission_check", "user_input"] {
        assert!(logs.contains(key), "A4 names {key} as a key field");
    }
    assert!(!calls.is_empty() && calls.lines().all(|line| line.contains("\"tool_call\"")));
    let state: serde_json::Value = serde_json::from_slice(&files[1].1).unwrap();
    assert_eq!(state["running"]["config"], "support-r42");
    let few = fleet.snapshot("support-1", at(0), at(200), 3).unwrap();
    assert_eq!(String::from_utf8(few[0].1.clone()).unwrap().lines().count(), 3);
}

#[test]
fn the_log_is_calm_enough_to_read() {
    let mut fleet = fleet("data-leak");
    let before = fleet.advance(at(14)).len() as f64 / 14.0;
    let during = fleet.advance(at(614)).len() as f64 / 600.0;
    assert!((0.3..3.0).contains(&before), "{before} lines a second");
    assert!((0.8..4.0).contains(&during), "{during} lines a second");
}
