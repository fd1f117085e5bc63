//! Several replicas: an effect holds where it holds in each of them.

use crate::incident::story::{Story, time};
use crate::incident::{ActionId, Command, Judged, Lamp, Mark};

const BOTH: &str = "agent_status@1=stopped agent_status@2=stopped task_queue=0 api_calls=0";
const SECOND_WORKS: &str = "agent_status@1=stopped agent_status@2=running task_queue=0 api_calls=0";

#[test]
fn a3_an_isolation_is_verified_only_when_every_replica_stopped() {
    let half = Story::isolating();
    let report = half.readings(1, SECOND_WORKS);
    half.ignores(&Command::Report { action: ActionId(1), report })
        .mark(Mark::T3, "-")
        .reads(1, BOTH)
        .lamp(1, Lamp::Verified);
}

#[test]
fn a3_one_replica_that_works_again_is_a_leak_and_is_named() {
    let story = Story::isolating().reads(1, BOTH).at("12:05:00").reads(1, SECOND_WORKS);
    let story = story.lamp(1, Lamp::Leaking);
    assert_eq!(story.incident.leaking_since(), Some(time("12:05:00")));
    let told: Vec<String> = Judged::all(&story.action(1).readings).iter().map(Judged::to_string).collect();
    assert_eq!(told[0], "agent_status = stopped: read replica 2 running; 1 of 2 hold");
    assert_eq!(story.action(1).checks_held(), 2);
}

#[test]
fn a3_a_leaking_replica_that_is_not_read_any_more_was_not_seen_stopping() {
    let leaking = || Story::isolating().reads(1, BOTH).reads(1, SECOND_WORKS);
    for gone in ["agent_status@1=stopped task_queue=0 api_calls=0", "agent_status@1=stopped"] {
        let story = leaking();
        let report = story.readings(1, gone);
        story.ignores(&Command::Report { action: ActionId(1), report });
    }
    // A reading of the whole speaks of every replica there is.
    leaking()
        .reads(1, "agent_status=stopped agent_status@1=stopped task_queue=0 api_calls=0")
        .lamp(1, Lamp::Verified);
}

#[test]
fn a3_a_replica_that_cannot_be_read_any_more_proves_no_leak() {
    let story = Story::isolating().reads(1, BOTH);
    let report = story.readings(1, "agent_status@1=stopped task_queue=0 api_calls=0");
    story.ignores(&Command::Report { action: ActionId(1), report }).lamp(1, Lamp::Verified);
}
