//! From detection to the end.

use crate::incident::decide::may_ask;
use crate::incident::policy::ActorKind;
use crate::incident::story::{ISOLATED, Story, alert, time};
use crate::incident::{
    Actor, Alert, Command, Disposition, Event, IncidentId, Mark, Naming, Op, Pattern, Policy, Realm, Role,
    Severity, Status, Text, telling,
};

fn declare(title: &str) -> Command {
    Command::Declare {
        realm: Realm::Drill,
        title: title.into(),
        severity: Severity::P2,
        pattern: None,
        agents: vec![],
        detected_at: None,
    }
}

fn fires(alert: Alert) -> Command {
    Command::Alert { realm: Realm::Live, alert }
}

fn mark(mark: Mark, at: Option<&str>, reason: Option<&str>) -> Command {
    Command::SetMark { mark, at: at.map(time), reason: reason.map(Text::from) }
}

fn classify(severity: Severity, reason: Option<&str>) -> Command {
    Command::Classify { severity, pattern: Some(Pattern::Boundary), reason: reason.map(Text::from) }
}

fn assign(role: Role, holder: &str) -> Command {
    Command::Assign { role, holder: holder.into() }
}

fn resolve() -> Command {
    Command::Resolve { summary: "the exporter was switched off".into(), despite: Some("seen by hand".into()) }
}

fn merge(into: u32) -> Command {
    Command::Merge { into: IncidentId(into), reason: "same leak".into() }
}

fn reopen() -> Command {
    Command::Reopen { reason: "it leaks again".into() }
}

fn keep(action: u32) -> Command {
    let disposition = Disposition::Kept { owner: "bo".into(), reason: "until the fix is out".into() };
    Command::Account { action: crate::incident::ActionId(action), disposition }
}

#[test]
fn nothing_is_said_of_an_incident_that_nobody_declared() {
    for command in [Command::Acknowledge, resolve(), assign(Role::Scribe, "bo"), Command::Tick] {
        Story::blank().refused(command, "D4", "INC-42 has not been declared", "declare it first");
    }
}

#[test]
fn a2_declaring_sets_t0_and_is_done_once() {
    Story::blank().says(declare("slow answers")).mark(Mark::T0, "12:00:00").refused(
        declare("again"),
        "D4",
        "declared already",
        "declare another",
    );
    Story::blank().refused(declare("  "), "D4", "title of an incident is empty", "at least one word");
}

#[test]
fn a2_what_was_detected_earlier_is_declared_with_that_time_and_never_a_later_one() {
    let detected = |clock| Command::Declare {
        realm: Realm::Live,
        title: "found in a mail".into(),
        severity: Severity::P1,
        pattern: None,
        agents: vec![],
        detected_at: Some(time(clock)),
    };
    Story::blank().says(detected("11:40:00")).mark(Mark::T0, "11:40:00");
    Story::blank().refused(detected("12:00:01"), "A2", "in the future (12:00:01)", "the time it happened");
}

#[test]
fn b3_an_alert_declares_with_a_first_class_that_nobody_has_confirmed() {
    let story = Story::blank().says(fires(alert("k1"))).mark(Mark::T0, "12:00:00").mark(Mark::T2, "-");
    let incident = &story.incident;
    assert_eq!((incident.severity, incident.pattern), (Severity::P0, Some(Pattern::Boundary)));
    assert!(!incident.classified);
    assert_eq!(incident.title, "support-1 sends customer data out");
    assert_eq!(incident.agents.len(), 1);
    assert_eq!(incident.started_at(), Some(time("11:59:40")));
}

#[test]
fn b12_the_same_alert_is_not_told_twice_and_news_of_it_is() {
    let news = Alert { summary: "now 3,000 records".into(), ..alert("k1") };
    let story = Story::blank()
        .says(fires(alert("k1")))
        .ignores(&fires(alert("k1")))
        .says(fires(news))
        .says(fires(alert("k2")));
    let fired: Vec<u32> = story.incident.alerts.iter().map(|state| state.fired).collect();
    assert_eq!(fired, [2, 1]);
}

#[test]
fn b12_an_alert_that_is_over_closes_nothing_and_may_fire_again() {
    let over = |key: &str| Command::ResolveAlert { key: key.into(), at: time("12:04:00") };
    let story = Story::blank().says(fires(alert("k1"))).at("12:05:00").says(over("k1"));
    assert!(story.incident.is_open());
    assert_eq!(story.incident.alerts[0].resolved_at, Some(time("12:04:00")));
    let story = story.ignores(&over("k1")).ignores(&over("unheard-of")).says(fires(alert("k1")));
    assert_eq!((story.incident.alerts[0].fired, story.incident.alerts[0].resolved_at), (2, None));
}

#[test]
fn an_agent_joins_once() {
    let join = |agent: &str| Command::AddAgent { agent: agent.parse().unwrap() };
    let story = Story::p0().ignores(&join("support-1")).says(join("billing-2")).ignores(&join("billing-2"));
    assert_eq!(story.incident.agents.len(), 2);
}

#[test]
fn a2_t1_is_a_person_who_is_on_it() {
    Story::p0()
        .by_ai("triage")
        .refused(Command::Acknowledge, "A2", "only a person acknowledges", "notify a person")
        .by("ana")
        .at("12:02:00")
        .says(Command::Acknowledge)
        .mark(Mark::T1, "12:02:00")
        .by("bo")
        .refused(Command::Acknowledge, "A2", "already, by ana", "correct T1 with a reason");
}

#[test]
fn a2_marks_are_back_dated_with_a_reason_and_corrections_keep_the_old_time() {
    let story = Story::p0()
        .at("12:10:00")
        .refused(mark(Mark::T1, Some("12:01:00"), None), "A2", "T1 would be back-dated", "give the reason")
        .refused(mark(Mark::T1, Some("12:01:00"), Some(" ")), "A2", "back-dated", "give the reason")
        .refused(mark(Mark::T1, Some("12:10:01"), Some("x")), "A2", "in the future", "time it happened")
        .refused(
            mark(Mark::T1, Some("11:59:59"), Some("x")),
            "A2",
            "before T0 (12:00:00)",
            "correct T0 first",
        )
        .says(mark(Mark::T1, Some("12:01:00"), Some("answered by phone")))
        .mark(Mark::T1, "12:01:00")
        .refused(mark(Mark::T1, None, None), "A2", "a correction needs a reason", "both times stay")
        .says(mark(Mark::T1, Some("12:03:00"), Some("the phone's clock was wrong")))
        .mark(Mark::T1, "12:03:00");
    let said: Vec<_> = story.incident.marks[&Mark::T1].iter().map(|word| word.at).collect();
    assert_eq!(said, [time("12:01:00"), time("12:03:00")]);
}

#[test]
fn a2_t0_never_comes_after_another_mark() {
    let late = mark(Mark::T0, Some("12:03:00"), Some("the monitor's clock was ahead"));
    Story::p0()
        .at("12:02:00")
        .says(Command::Acknowledge)
        .at("12:05:00")
        .refused(late, "A2", "T0 would lie after T1", "correct T1 first")
        .says(mark(Mark::T0, Some("11:58:00"), Some("the first log line")))
        .mark(Mark::T0, "11:58:00");
}

#[test]
fn a3_t3_is_not_set_by_hand_without_a_reason() {
    Story::p0()
        .at("12:04:00")
        .refused(mark(Mark::T3, None, None), "A3", "set by probes", "give a reason")
        .says(mark(Mark::T3, None, Some("the plug was pulled")))
        .mark(Mark::T3, "12:04:00");
}

#[test]
fn d1_a_person_confirms_the_class_and_says_why_it_is_lowered() {
    let story = Story::of(Severity::P1)
        .at("12:03:00")
        .refused(classify(Severity::P2, None), "D1", "P1 would be lowered to P2", "give the reason")
        .refused(classify(Severity::P2, Some("")), "D1", "lowered", "give the reason")
        .says(classify(Severity::P0, None))
        .mark(Mark::T2, "12:03:00")
        .at("12:09:00")
        .says(classify(Severity::P2, Some("only test data left")))
        .mark(Mark::T2, "12:03:00");
    assert_eq!(story.incident.severity, Severity::P2);
}

#[test]
fn c2_what_is_for_people_only_is_refused_to_an_ai_actor() {
    let people_only = [
        resolve(),
        reopen(),
        classify(Severity::P1, None),
        merge(7),
        mark(Mark::T4, None, None),
        assign(Role::Commander, "ai"),
        Command::ReleaseRole { role: Role::Commander },
        keep(1),
        Command::Decide { text: "roll back".into(), reason: "it is faster".into() },
        Command::SaveReview { revision: 1, sha256: "00".into() },
    ];
    for command in people_only {
        Story::isolated().by_ai("triage").refused(command, "C2 people_only", "for people only", "propose it");
    }
    Story::p0().by_ai("triage").says(Command::Note { text: "three deploys in the last hour".into() });
}

#[test]
fn a11_d2_roles_are_taken_and_handed_over_explicitly() {
    let story = Story::p0()
        .refused(assign(Role::Comms, " "), "D2", "the holder of a role is empty", "at least one word")
        .at("12:01:00")
        .says(assign(Role::Commander, "ana"))
        .mark(Mark::T1, "12:01:00")
        .refused(assign(Role::Commander, "ana"), "D2", "ana is Incident Commander already", "somebody else")
        .at("12:20:00")
        .says(assign(Role::Commander, "bo"));
    assert_eq!(story.incident.commander(), Some(&"bo".into()));
    assert_eq!(story.incident.roles[&Role::Commander].since, time("12:20:00"));
}

#[test]
fn a2_only_who_takes_command_themselves_has_acknowledged() {
    Story::p0().says(assign(Role::Commander, "bo")).mark(Mark::T1, "-");
    Story::p0().says(assign(Role::Scribe, "ana")).mark(Mark::T1, "-");
}

#[test]
fn d2_command_is_not_laid_down_while_the_incident_is_worked_on() {
    let release = || Command::ReleaseRole { role: Role::Commander };
    Story::p0()
        .refused(release(), "D2", "nobody is Incident Commander", "nothing to lay down")
        .says(assign(Role::Commander, "ana"))
        .says(release())
        .says(assign(Role::Commander, "ana"))
        .says(Command::Suppose { text: "the deploy of 11:50".into(), owner: "bo".into() })
        .refused(release(), "D2", "never laid down", "hand it over");
}

#[test]
fn c2_d10_levels_are_brought_in_by_their_written_trigger_once() {
    let escalate = |level, reason: Option<&str>| Command::Escalate { level, reason: reason.map(Text::from) };
    let story = Story::p0()
        .refused(escalate(9, None), "C2 escalation", "no escalation level 9", "use one of: 1, 2, 3")
        .at("12:15:00")
        .says(escalate(1, None))
        .refused(
            escalate(1, None),
            "C2 escalation",
            "secondary on-call) was brought in already",
            "one level up",
        )
        .at("12:16:00")
        .says(escalate(1, Some("the secondary did not answer")));
    assert_eq!(story.incident.escalations[&1], time("12:15:00"));
}

#[test]
fn resolving_asks_for_a_summary_and_a_confirmed_class() {
    let empty = Command::Resolve { summary: Text::default(), despite: Some("seen by hand".into()) };
    Story::p0()
        .refused(empty, "D4", "the summary of what ended it is empty", "at least one word")
        .refused(resolve(), "D1", "nobody has confirmed the class", "classify it first")
        .refused(mark(Mark::T2, None, None), "A2", "nobody has", "classify it, or give a reason")
        .refused(mark(Mark::T2, None, Some(" ")), "A2", "nobody has", "classify it, or give a reason")
        .says(mark(Mark::T2, None, Some("said on the phone")))
        .refused(resolve(), "D1", "nobody has confirmed the class", "classify it first")
        .says(classify(Severity::P0, None))
        .at("12:30:00")
        .says(resolve())
        .refused(resolve(), "A2 resolved", "INC-42 is resolved", "reopen it first")
        .refused(classify(Severity::P1, None), "A2 resolved", "INC-42 is resolved", "reopen it first")
        .asks_in_vain("isolate support-1", "A2 resolved", "INC-42 is resolved", "reopen it first");
}

#[test]
fn resolving_leaves_no_mitigation_behind_by_accident() {
    let left = "resolving would leave A1 isolate support-1 (verified) behind";
    Story::isolated()
        .says(classify(Severity::P0, None))
        .refused(resolve(), "A3 in force", left, "say who keeps it and why")
        .says(keep(1))
        .ignores(&keep(1))
        .says(resolve());
    Story::isolated()
        .says(classify(Severity::P0, None))
        .does("release support-1", "agent_status=running")
        .says(resolve());
}

#[test]
fn resolving_counts_what_leaks_or_is_in_doubt_as_in_force() {
    let classified = |story: Story| story.says(classify(Severity::P0, None));
    classified(Story::isolated().reads(1, crate::incident::story::WORKING)).refused(
        resolve(),
        "A3 in force",
        "(LEAKING) behind",
        "undo each",
    );
    classified(Story::p0().asks("isolate support-1").loses(1)).refused(
        resolve(),
        "A3 in force",
        "(in doubt) behind",
        "undo each",
    );
    classified(Story::p0().asks("isolate support-1").fails(1)).says(resolve());
}

#[test]
fn it_was_not_over() {
    let story = Story::p0()
        .refused(reopen(), "A2 open", "INC-42 is open", "go on")
        .says(classify(Severity::P0, None))
        .at("12:30:00")
        .says(resolve());
    assert_eq!(story.incident.resolved_at(), Some(time("12:30:00")));
    let silent = Command::Reopen { reason: Text::default() };
    let story = story
        .refused(silent, "D4", "the reason for reopening is empty", "at least one word")
        .says(reopen())
        .asks("isolate support-1");
    assert!(story.incident.is_open());
}

#[test]
fn a_duplicate_goes_on_as_the_other_and_nothing_begins_in_it_any_more() {
    let story = Story::p0()
        .refused(merge(42), "B12 merged", "cannot go on as itself", "name the incident")
        .says(merge(7))
        .refused(reopen(), "B12 merged", "went on as INC-7", "do it in INC-7")
        .refused(resolve(), "B12 merged", "went on as INC-7", "do it in INC-7")
        .asks_in_vain("isolate support-1", "B12 merged", "went on as INC-7", "do it in INC-7")
        .says(Command::Note { text: "see INC-7".into() });
    assert_eq!(story.incident.status, Status::Merged(IncidentId(7)));
    Story::isolated().refused(merge(7), "A3 in force", "merging would leave A1", "undo each");
}

#[test]
fn what_was_merged_with_its_mitigations_kept_can_still_be_undone() {
    let story = Story::isolated().says(keep(1)).says(merge(7));
    let story = story.does("release support-1", "agent_status=running");
    story.lamp(1, crate::incident::Lamp::Undone);
}

#[test]
fn a_duplicate_is_absorbed_once_and_never_by_itself() {
    let absorb = |other| Command::Absorb { other: IncidentId(other) };
    Story::p0().says(absorb(43)).ignores(&absorb(43)).refused(
        absorb(42),
        "B12 merged",
        "cannot absorb itself",
        "name the duplicate",
    );
}

#[test]
fn a3_a_whole_p0_from_alert_to_resolved() {
    let story = Story::blank()
        .says(fires(alert("k1")))
        .at("12:01:00")
        .says(assign(Role::Commander, "ana"))
        .at("12:02:00")
        .says(classify(Severity::P0, None))
        .at("12:03:00")
        .does("isolate support-1", ISOLATED)
        .at("12:20:00")
        .does("rollback-branch support-1 to=v11 back to=v12", "version=v11 agent_status=running healthy=yes")
        .at("12:25:00")
        .does("release support-1", "agent_status=running")
        .says(keep(2))
        .at("12:30:00")
        .says(resolve());
    story
        .mark(Mark::T0, "12:00:00")
        .mark(Mark::T1, "12:01:00")
        .mark(Mark::T2, "12:02:00")
        .mark(Mark::T3, "12:03:00")
        .mark(Mark::T4, "-");
}

/// `who = []` told a person to ask a person.
#[test]
fn c2_what_nobody_may_ask_for_says_which_line_would_allow_it() {
    let asked = |who: &[ActorKind], actor: Actor| {
        let mut policy = Policy::built_in();
        policy.actions.get_mut(&Op::Isolate).unwrap().who = who.to_vec();
        may_ask(&policy, Op::Isolate, &actor).map_err(|refusal| refusal.to_string())
    };
    let (ana, triage) = (Actor::person("ana"), Actor::Ai("triage".into()));
    assert_eq!(asked(&[ActorKind::Person], ana.clone()), Ok(()));
    for (who, actor, words) in [
        (&[][..], &ana, "not for anybody"),
        (&[], &triage, "not for anybody"),
        (&[ActorKind::Ai], &ana, "not for people"),
    ] {
        let refused = asked(who, actor.clone()).unwrap_err();
        let allows = "[actions] isolate = { who = [\"person\"] }";
        assert!(refused.contains(words) && refused.contains(allows), "{refused}");
    }
    let refused = asked(&[ActorKind::Person], triage).unwrap_err();
    assert!(refused.contains("not for AI actors") && refused.contains("ask a person"), "{refused}");
}

/// A record that was back-dated by a day read as if it were of today.
#[test]
fn a2_a_time_of_another_day_is_told_with_its_date() {
    let now = time("12:00:00");
    let set =
        |days: i64| Event::MarkSet { mark: Mark::T0, at: now - chrono::TimeDelta::days(days), reason: None };
    assert_eq!(telling::tell_event(&set(0), now, Naming::P), "T0 detected at 12:00:00");
    let told = telling::tell_event(&set(1), now, Naming::P);
    let date = (now - chrono::TimeDelta::days(1)).format("%Y-%m-%d");
    assert_eq!(told, format!("T0 detected at {date} 12:00:00"));
    let next_year = Command::SetMark {
        mark: Mark::T1,
        at: Some(now + chrono::TimeDelta::days(365)),
        reason: Some("x".into()),
    };
    let date = (now + chrono::TimeDelta::days(365)).format("%Y-%m-%d");
    Story::p0().refused(next_year, "A2", &format!("in the future ({date} 12:00:00)"), "");
}

#[test]
fn b3_regression_a_critical_alert_that_joined_left_the_class_as_it_was() {
    let fires = |key: &str, criticality: &str| Command::Alert {
        realm: Realm::Live,
        alert: Alert { criticality: criticality.into(), ..alert(key) },
    };
    let story = Story::blank().says(fires("k1", "warning"));
    assert_eq!((story.incident.severity, story.incident.classified), (Severity::P1, false));
    let raised = story.clone().at("12:03:00").says(fires("k2", "critical"));
    assert_eq!((raised.incident.severity, raised.incident.classified), (Severity::P0, false));
    let told = telling::tell_event(&raised.entries.last().unwrap().event, raised.now, Naming::P);
    assert_eq!(told, "raised to P0 by alert DataLeak, by itself: no person had confirmed the class");
    assert_eq!(raised.says(fires("k3", "warning")).incident.severity, Severity::P0, "and never lowered");
    let confirmed = story.says(Command::Classify { severity: Severity::P1, pattern: None, reason: None });
    assert_eq!(confirmed.says(fires("k2", "critical")).incident.severity, Severity::P1, "a person said so");
}

#[test]
fn a11_regression_command_that_was_taken_was_recorded_as_handed_over() {
    let assign = |holder: &str| Command::Assign { role: Role::Commander, holder: holder.into() };
    for (actor, holder, words) in [
        ("ana", "bo", "handed over from ana to bo"),
        ("bo", "bo", "bo took over from ana"),
        ("cy", "bo", "bo, in place of ana"),
    ] {
        let story = Story::p0().says(assign("ana")).by(actor).says(assign(holder));
        let told = telling::tell_event(&story.entries.last().unwrap().event, story.now, Naming::P);
        assert_eq!(told, format!("Incident Commander: {words}"));
    }
}

#[test]
fn regression_an_alert_that_is_over_was_told_by_its_fingerprint() {
    let key = || Text::line("75dfef4ca1c968bd");
    let story = Story::blank().says(fires(alert(key().as_str())));
    let at = story.now;
    let story = story.says(Command::ResolveAlert { key: key(), at });
    let told = telling::tell_event(&story.entries.last().unwrap().event, at, story.policy.naming);
    assert_eq!(told, "alert over by its source's word at 12:00:00: DataLeak");
    let older = Event::AlertResolved { key: key(), name: Text::default(), at };
    assert!(telling::tell_event(&older, at, story.policy.naming).ends_with(": 75dfef4ca1c968bd"));
}
