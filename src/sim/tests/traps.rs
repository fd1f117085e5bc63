//! Accepted is not contained: effects that come late, or stop holding.

use super::*;

fn leaking() -> Fleet {
    let mut fleet = fleet("leaking-isolation");
    fleet.advance(at(40));
    fleet.call(Op::Isolate, "support-1", &params(&[]), at(40)).unwrap();
    fleet
}

const PROOF: [&str; 4] = ["agent_status", "task_queue", "api_calls", "replicas"];

fn proof(fleet: &Fleet) -> [String; 4] {
    PROOF.map(|name| read(fleet, "support-1", name))
}

#[test]
fn a3_an_isolation_is_verified_and_then_leaks_until_it_is_repeated() {
    let mut fleet = leaking();
    fleet.advance(at(47));
    assert_eq!(proof(&fleet), ["stopped", "0", "0", "2/2 stopped"], "verified at first");
    let told = words(&fleet.advance(at(75)));
    assert_eq!(read(&fleet, "support-1", "agent_status"), "1 of 2 running");
    assert_eq!(read(&fleet, "support-1", "replicas"), "1/2 running");
    let of = |name: &str| [1, 2].map(|replica| read(&fleet, "support-1", &format!("{name}@{replica}")));
    assert_eq!(of("agent_status"), ["stopped", "running"], "it is told which replica leaks");
    assert!(of("api_calls")[0] == "0" && of("api_calls")[1] == read(&fleet, "support-1", "api_calls"));
    assert_ne!(read(&fleet, "support-1", "api_calls"), "0");
    assert_ne!(read(&fleet, "support-1", "task_queue"), "0");
    assert!(told.contains("crm.export_customers") && told.contains("\"replica\":2"), "{told}");
    fleet.call(Op::Isolate, "support-1", &params(&[]), at(75)).unwrap();
    fleet.advance(at(80));
    assert_eq!(proof(&fleet), ["stopped", "0", "0", "2/2 stopped"]);
    assert!(!words(&fleet.advance(at(7_200))).contains("crm.export_customers"), "stopped for good");
}

#[test]
fn a_restriction_or_a_rollback_stops_the_stray_replica_too_before_or_after_it_leaks() {
    for op in [Op::Restrict, Op::RollbackConfig, Op::RollbackBranch, Op::RollbackSystem] {
        for second in [46, 80] {
            let mut fleet = leaking();
            fleet.call(op, "support-1", &params(&[]), at(second)).unwrap();
            fleet.advance(at(second + 30));
            assert_eq!(proof(&fleet), ["stopped", "0", "0", "2/2 stopped"], "{op} at {second} s");
        }
    }
}

#[test]
fn repeating_the_isolation_before_it_leaks_does_no_harm_and_no_good() {
    let mut fleet = leaking();
    let answer = fleet.call(Op::Isolate, "support-1", &params(&[]), at(45)).unwrap();
    assert!(answer.as_str().contains("already"), "{answer}");
    fleet.advance(at(75));
    assert_eq!(read(&fleet, "support-1", "agent_status"), "1 of 2 running");
}

#[test]
fn e6_a_controller_takes_the_first_rollback_back() {
    let mut fleet = fleet("drift-returns");
    fleet.call(Op::RollbackConfig, "trader-1", &params(&[]), at(40)).unwrap();
    fleet.advance(at(50));
    assert_eq!(read(&fleet, "trader-1", "config"), "trader-r63");
    let told = words(&fleet.advance(at(90)));
    assert!(told.contains("desired state applied again"));
    assert_eq!(read(&fleet, "trader-1", "config"), "trader-r63+edited");
}

#[test]
fn a_refused_call_works_the_second_time() {
    let mut fleet = fleet("tool-timeouts");
    let first = fleet.call(Op::Restart, "support-1", &params(&[]), at(40));
    assert!(first.unwrap_err().as_str().contains("503"));
    assert_eq!(read(&fleet, "support-1", "agent_status"), "running");
    fleet.call(Op::Restart, "support-1", &params(&[]), at(41)).unwrap();
    assert_eq!(read(&fleet, "support-1", "agent_status"), "restarting");
}

#[test]
fn an_isolation_in_the_middle_of_a_deploy_wins() {
    let mut fleet = fleet("data-leak");
    fleet.call(Op::RollbackSystem, "support-1", &params(&[]), at(40)).unwrap();
    fleet.call(Op::Isolate, "support-1", &params(&[]), at(42)).unwrap();
    fleet.advance(at(90));
    assert_eq!(read(&fleet, "support-1", "agent_status"), "stopped", "the deploy did not start it");
    assert_eq!(read(&fleet, "support-1", "config"), "support-r41", "and was not lost");
}

#[test]
fn the_newest_deploy_wins() {
    let mut fleet = fleet("data-leak");
    fleet.call(Op::RollbackSystem, "support-1", &params(&[("to", "support-r38")]), at(40)).unwrap();
    fleet.call(Op::RollbackConfig, "support-1", &params(&[]), at(41)).unwrap();
    fleet.advance(at(90));
    assert_eq!(read(&fleet, "support-1", "config"), "support-r41");
}
