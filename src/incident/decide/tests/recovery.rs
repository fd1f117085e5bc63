//! B6: what is over is read, not said; what is not read proves nothing.

use crate::incident::policy::{PerSeverity, Unproved};
use crate::incident::story::Story;
use crate::incident::{
    Actor, AgentReadings, Command, Event, Reading, Recovery, Role, Severity, Text, decide,
};

fn closing(severity: Severity) -> Story {
    let classify = Command::Classify { severity, pattern: None, reason: None };
    Story::of(severity).says(classify).at("12:30:00")
}

fn resolve(despite: &str) -> Command {
    Command::Resolve { summary: "the exporter was switched off".into(), despite: Some(despite.into()) }
}

/// What probes read of support-1: `error_rate=0.4 p95=1.2`; nothing where a check is not named.
fn read(story: &Story, words: &str) -> Command {
    let values = crate::incident::story::params(words);
    let reading = |check: &crate::incident::Check| Reading {
        check: check.clone(),
        replica: None,
        source: None,
        value: values.get(check.name.as_str()).cloned(),
        why: None,
        at: story.now,
    };
    let agent = "support-1".parse().unwrap();
    let readings = story.policy.recovery.all_checks(&agent).map(reading).collect();
    Command::Recover { agents: vec![AgentReadings { agent, readings, trouble: None }] }
}

fn reads(story: Story, words: &str) -> Story {
    let command = read(&story, words);
    story.says(command)
}

#[test]
fn b6_an_incident_ends_when_error_rate_latency_and_satisfaction_are_back() {
    for (words, against) in [
        ("error_rate=0.4 p95=1.2 satisfaction=96", None),
        ("error_rate=0.4 p95=1.2", None),
        ("error_rate=1 p95=1.2", Some("support-1 error_rate < 1: read 1")),
        ("error_rate=0.4 p95=2.0", Some("support-1 p95 < 2: read 2.0")),
        ("error_rate=0.4 p95=1.2 satisfaction=88", Some("support-1 satisfaction > 90: read 88")),
        ("error_rate=0.4", Some("support-1 p95 < 2: not read")),
        ("error_rate=NaN p95=1.2", Some("support-1 error_rate < 1: read NaN")),
        ("", Some("error_rate < 1: not read, support-1 p95 < 2: not read")),
    ] {
        let story = reads(closing(Severity::P0), words);
        match against {
            Some(against) => {
                story.refused(resolve(""), "B6 recovery", against, "say why it is over all the same");
            }
            None => {
                let ended = story.says(resolve(""));
                let Some(Event::Resolved { recovery, despite, .. }) = ended.entries.last().map(|e| &e.event)
                else {
                    panic!("it ends")
                };
                assert_eq!((recovery.len(), despite), (1, &None), "{words}: with what was read");
            }
        }
    }
}

#[test]
fn b6_what_was_read_long_ago_proves_nothing() {
    let story = reads(closing(Severity::P1), "error_rate=0.4 p95=1.2").at("12:32:01");
    story.refused(resolve(""), "B6 recovery", "error_rate < 1: not read", "say why");
}

#[test]
fn b6_every_agent_involved_is_read_not_only_the_first() {
    let other = Command::AddAgent { agent: "billing-2".parse().unwrap() };
    let story = reads(closing(Severity::P1).says(other), "error_rate=0.4 p95=1.2");
    story.refused(resolve(""), "B6 recovery", "billing-2 error_rate < 1: not read", "say why");
}

#[test]
fn b6_who_commands_may_end_it_all_the_same_and_says_why() {
    let command = Command::Assign { role: Role::Commander, holder: "ana".into() };
    let story = reads(closing(Severity::P0).says(command), "error_rate=3.1 p95=1.2");
    let story = story.by("bo");
    let story =
        story.refused(resolve("it is a test agent"), "B6 recovery", "read 3.1", "ask ana, who commands");
    let story = story.by("ana").refused(resolve(" "), "B6 recovery", "read 3.1", "say why");
    let ended = story.says(resolve("the agent is retired"));
    let Some(Event::Resolved { despite, .. }) = ended.entries.last().map(|e| &e.event) else {
        panic!("it ends")
    };
    assert_eq!(despite, &Some(Text::from("the agent is retired")));
}

#[test]
fn b6_how_an_unproved_end_is_treated_is_the_policys() {
    let story = |unproved| {
        let command = Command::Assign { role: Role::Commander, holder: "ana".into() };
        let story = closing(Severity::P2).says(command).by("bo");
        story.under(move |policy| {
            policy.recovery.unproved = PerSeverity { p0: unproved, p1: unproved, p2: unproved, p3: unproved };
        })
    };
    story(Unproved::Refused).by("ana").refused(resolve("so"), "B6 recovery", "not read", "wait until all");
    story(Unproved::Commander).refused(resolve("so"), "B6 recovery", "not read", "ask ana");
    story(Unproved::Reason).refused(resolve(""), "B6 recovery", "not read", "say why").says(resolve("so"));
    story(Unproved::Allowed).says(resolve(""));
}

#[test]
fn b6_recovery_is_read_by_the_program_and_told_once_while_it_is_fresh() {
    let story = closing(Severity::P0);
    let forged = read(&story, "error_rate=0 p95=0");
    let forged = decide(&story.incident, &story.policy, &forged, &Actor::person("ana"), story.now);
    assert!(forged.is_err_and(|refusal| refusal.rule == "B6" && refusal.why.contains("not said by anybody")));
    let story = reads(story, "error_rate=0.4 p95=1.2").at("12:30:20");
    let entries = story.entries.len();
    let story = reads(story, "error_rate=0.5 p95=1.1");
    assert_eq!(story.entries.len(), entries, "the same again, still fresh");
    let story = reads(story, "error_rate=3 p95=1.1");
    assert_eq!(story.entries.len(), entries + 1, "news");
    let recovery = Recovery::of(&story.incident, &story.policy, story.now);
    assert_eq!(recovery.vitals[0].words(), "support-1 error_rate < 1: read 3", "worst first");
}
