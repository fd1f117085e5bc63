//! Who is told what, when, how often, and what becomes of it.

use crate::incident::outbox::{NOBODY, OUTBOX, plan as page};
use crate::incident::rota::Turns;
use crate::incident::story::{ISOLATED, Story, WORKING, act, alert, plan, time};
use crate::incident::{
    Actor, Audience, Command, Doubt, DraftId, Due, Event, Lamp, Mark, MessageId, MessageKind, Op, Outgoing,
    Params, Plan, Policy, Reading, Realm, Receipt, Recipient, Report, Role, Route, Severity, Standing, Text,
    Weight, deadlines, decide, warnings,
};

/// Everything to `ops`, the worst to `pager`, updates for customers to `status`.
fn routes(policy: &mut Policy) {
    policy.routes = vec![
        Route::everything("ops"),
        Route {
            channel: "pager".into(),
            audiences: vec![Audience::Engineering],
            severities: vec![Severity::P0, Severity::P1],
            kinds: vec![
                MessageKind::Declared,
                MessageKind::Leaking,
                MessageKind::Resolved,
                MessageKind::Page,
            ],
        },
        Route {
            channel: "status".into(),
            audiences: vec![Audience::Customers],
            severities: Severity::ALL.to_vec(),
            kinds: MessageKind::ALL.to_vec(),
        },
    ];
}

/// Ana and Bo take turns, Cy is the secondary, level 2 is the pager's own to know.
fn rota(policy: &mut Policy) {
    let turns = |people: &[&str]| Turns {
        people: people.iter().map(|name| Text::line(name)).collect(),
        channel: "pager".into(),
    };
    let week = time("12:00:00").date_naive();
    policy.rota.starts = week;
    policy.rota.levels = [(0, turns(&["ana", "bo"])), (1, turns(&["cy"])), (2, turns(&[]))].into();
}

fn routed(severity: Severity) -> Story {
    let declare = Command::Declare {
        realm: Realm::Live,
        title: "mails leave".into(),
        severity,
        pattern: None,
        agents: vec!["support-1".parse().unwrap()],
        detected_at: None,
    };
    Story::blank().under(routes).says(declare)
}

/// What was queued after an entry: `M1 pager engineering declared`.
fn queued(story: &Story, after: u64) -> Vec<String> {
    let newer = story.incident.outbox.all().filter(|m| m.message.about > after);
    newer
        .map(|m| {
            let message = &m.message;
            format!("{} {} {} {}", message.id, message.channel, message.to, message.kind)
        })
        .collect()
}

fn delivers(story: Story, number: u32) -> Story {
    let receipt = Receipt::Delivered { answer: "200 OK".into(), reference: Some("thread-9".into()) };
    story.says(Command::Deliver { message: MessageId(number), receipt })
}

fn fails(story: Story, number: u32, again: Option<&str>) -> Story {
    let receipt = Receipt::Failed { reason: "503".into(), again_at: again.map(time), doubt: Doubt::None };
    story.says(Command::Deliver { message: MessageId(number), receipt })
}

fn sent(story: &Story, number: u32) -> &Outgoing {
    story.incident.outbox.get(MessageId(number)).unwrap()
}

fn classify(severity: Severity) -> Command {
    Command::Classify { severity, pattern: None, reason: Some("by what was found".into()) }
}

fn update(audience: Audience) -> Command {
    Command::Update { audience, affected: "mails".into(), doing: "isolating".into(), next_at: None }
}

fn due(story: &Story, due: Due) -> Option<Standing> {
    let all = deadlines(&story.incident, &story.policy, story.now);
    all.into_iter().find(|d| d.due == due).map(|d| d.standing(story.now))
}

#[test]
fn b12_a_new_incident_is_queued_in_the_same_moment_for_whom_it_concerns() {
    for (severity, told) in [
        (Severity::P0, vec!["M1 ops engineering declared", "M2 pager engineering declared"]),
        (Severity::P2, vec!["M1 ops engineering declared"]),
    ] {
        let story = routed(severity);
        assert_eq!(queued(&story, 0), told, "{severity}");
    }
    let story = Story::blank().under(routes).says(Command::Alert { realm: Realm::Live, alert: alert("k1") });
    assert_eq!(queued(&story, 0).len(), 2, "an alert declares too");
    assert!(matches!(story.entries[2].event, Event::MessageQueued { .. }), "declared, fired, queued");
    assert!(Story::p0().incident.outbox.is_empty(), "without a channel nothing is queued");
}

#[test]
fn b12_the_same_alert_is_not_sent_twice() {
    let again = Command::Alert { realm: Realm::Live, alert: alert("k1") };
    let other = Command::Alert { realm: Realm::Live, alert: alert("k2") };
    let story = Story::blank().under(routes).says(again.clone());
    let last = story.incident.seq;
    let story = story.at("12:01:00").says(again).says(other);
    assert_eq!(queued(&story, last), [""; 0]);
    // The same severity again is no news; another one is.
    let story = story.says(classify(Severity::P0));
    assert_eq!(queued(&story, last), [""; 0]);
    let story = story.says(classify(Severity::P1)).says(classify(Severity::P1));
    assert_eq!(queued(&story, last), ["M3 ops engineering severity"]);
}

#[test]
fn b12_a_leak_that_comes_and_goes_is_one_alarm_and_every_entry_of_the_timeline() {
    let story = routed(Severity::P0).at("12:00:30").asks("isolate support-1").accepts(1).reads(1, ISOLATED);
    let calm = story.incident.seq;
    let mut story = story.at("12:10:00").reads(1, WORKING);
    for minute in 11..15 {
        story = story.at(&format!("12:{minute}:00")).reads(1, ISOLATED);
        story = story.at(&format!("12:{minute}:30")).reads(1, WORKING);
    }
    assert_eq!(queued(&story, calm), ["M3 ops engineering leaking", "M4 pager engineering leaking"]);
    let leaks = story.entries.iter().filter(|entry| matches!(entry.event, Event::ActionLeaking { .. }));
    assert_eq!(leaks.count(), 5, "the timeline has each");
    // Nobody is told that it holds before it has settled, and then once.
    let story = story.at("12:20:00").reads(1, ISOLATED).at("12:24:59").reads(1, ISOLATED);
    assert_eq!(queued(&story, calm).len(), 2);
    let story = story.at("12:25:00").reads(1, ISOLATED).at("12:26:00").reads(1, ISOLATED).says(Command::Tick);
    assert_eq!(queued(&story, calm)[2..], ["M5 ops engineering leaking", "M6 pager engineering leaking"]);
    assert!(sent(&story, 5).message.subject.as_str().contains("holds again since 12:20:00"));
}

#[test]
fn a3_a_leak_is_told_with_how_long_it_had_held_and_how_much_was_logged_since() {
    let story = routed(Severity::P0).at("12:00:30").asks("isolate support-1").accepts(1).reads(1, ISOLATED);
    let action = story.action(1).clone();
    let readings = action.plan.checks.iter().map(|check| Reading {
        check: check.clone(),
        replica: None,
        source: None,
        value: Some("7".into()),
        why: None,
        at: time("12:10:00"),
    });
    let report = Report::Watched { readings: readings.collect(), logged: Some(12), held_at: None };
    let story = story.at("12:10:00").says(Command::Report { action: action.id, report });
    let told = &sent(&story, 3).message;
    assert!(
        told.subject.as_str().contains("stopped holding after 9:30; 12 log lines since it was proved"),
        "{}",
        told.subject
    );
}

#[test]
fn b12_a_leak_a_doubt_and_the_end_are_told_and_each_new_leak_anew() {
    let story = routed(Severity::P0).at("12:00:30").asks("isolate support-1").accepts(1).reads(1, ISOLATED);
    let calm = story.incident.seq;
    let story = story.at("12:10:00").reads(1, WORKING).reads(1, WORKING);
    assert_eq!(queued(&story, calm), ["M3 ops engineering leaking", "M4 pager engineering leaking"]);
    let story = story.reads(1, ISOLATED).at("12:16:00").reads(1, ISOLATED).at("12:20:00").reads(1, WORKING);
    assert_eq!(queued(&story, calm).len(), 6, "that it holds, and the second leak");
    assert!(
        sent(&story, 5).message.subject.as_str().contains("A1 isolate support-1 holds again since 12:10:00")
    );
    let before = story.incident.seq;
    let story = story.asks("snapshot support-1").loses(2);
    assert_eq!(queued(&story, before), ["M9 ops engineering in-doubt"]);
}

#[test]
fn b12_whoever_heard_of_it_hears_of_its_end_and_of_its_new_beginning() {
    let end = || Command::Resolve { summary: "the tool is off".into(), despite: Some("seen by hand".into()) };
    let lower = classify(Severity::P3);
    let story = routed(Severity::P0).says(lower).says(Command::Acknowledge);
    let before = story.incident.seq;
    let story = story.says(end()).says(Command::Reopen { reason: "it came back".into() }).says(end());
    assert_eq!(
        queued(&story, before),
        [
            "M4 ops engineering resolved",
            "M5 pager engineering resolved",
            "M6 ops engineering reopened",
            "M7 ops engineering resolved",
        ],
        "the pager is not told of reopening, so its end is no news to it"
    );
}

#[test]
fn c2_customers_hear_nothing_but_what_a_person_wrote() {
    let story = routed(Severity::P0).says(classify(Severity::P1)).says(update(Audience::Engineering));
    assert!(story.incident.outbox.all().all(|m| m.message.channel != *"status"));
    let before = story.incident.seq;
    let story = story.says(update(Audience::Customers)).says(update(Audience::Customers));
    assert_eq!(
        queued(&story, before),
        ["M5 status customers update", "M6 status customers update"],
        "the same words again are an update all the same (D3)"
    );
    let message = &sent(&story, 5).message;
    assert_eq!(
        (message.subject.as_str(), message.text.as_str()),
        (
            "Service update: mails",
            "What is affected: mails\nWhat we are doing: isolating\nThe next update comes at 12:15 UTC."
        )
    );
    for inside in ["INC", "support-1", "ana"] {
        assert!(!message.text.as_str().contains(inside), "{inside}");
    }
}

#[test]
fn c2_what_an_ai_actor_writes_for_customers_waits_for_a_person() {
    let story = routed(Severity::P0).by_ai("writer").says(update(Audience::Customers));
    assert!(story.incident.updates.is_empty());
    let words: Vec<_> =
        warnings(&story.incident, &story.policy, story.now).into_iter().map(|w| w.text).collect();
    assert!(words.iter().any(|w| w.contains("U1, an update for customers by ai:writer, waits")), "{words:?}");
    let send = Command::SendDraft {
        draft: DraftId(1),
        affected: "answers by mail".into(),
        doing: "stopping it".into(),
        next_at: None,
    };
    let story =
        story.refused(send.clone(), "C2 people_only", "for people only", "").by("ana").says(send.clone());
    assert_eq!(story.incident.updates[&Audience::Customers].affected, *"answers by mail");
    assert!(story.incident.drafts.is_empty());
    let story = story.refused(send, "C2", "no draft U1", "write the update");
    // Engineers may hear from an AI actor itself; a second draft has a number of its own.
    let story = story.by_ai("writer").says(update(Audience::Engineering)).says(update(Audience::Customers));
    let drop = |reason: &str| Command::DropDraft { draft: DraftId(2), reason: reason.into() };
    let story = story.by("ana").refused(drop(""), "C2", "why it is not sent", "").says(drop("it is wrong"));
    assert!(story.incident.drafts.is_empty() && story.incident.updates.len() == 2);
}

#[test]
fn e1_a_message_is_delivered_or_fails_is_given_up_retried_or_dropped() {
    let story = fails(routed(Severity::P0).at("12:00:01"), 1, Some("12:00:03"));
    assert_eq!(sent(&story, 1).standing(), "waiting, 1 try failed: 503");
    assert_eq!(story.incident.outbox.waiting().count(), 2);
    let story = fails(story, 1, None);
    assert_eq!(sent(&story, 1).standing(), "NOT TOLD, given up after 2 tries: 503");
    assert_eq!(
        due(&story, Due::Message(MessageId(1))),
        Some(Standing::Over),
        "at once, not when its time is up"
    );
    let words: Vec<_> =
        warnings(&story.incident, &story.policy, story.now).into_iter().map(|w| w.text).collect();
    assert_eq!(words[0], "M1 engineering NOT TOLD through ops: 503");
    // By hand: again, and then it is dropped by whoever decides.
    let retry = Command::RetryMessage { message: MessageId(1) };
    let drop = |reason: &str| Command::DropMessage { message: MessageId(1), reason: reason.into() };
    let story = story.says(retry.clone());
    assert_eq!((sent(&story, 1).tries, sent(&story, 1).is_waiting()), (0, true));
    let story = story
        .refused(retry.clone(), "B12", "about to be sent", "wait")
        .refused(drop(" "), "B12", "why it need not be told is empty", "")
        .says(Command::Assign { role: Role::Commander, holder: "ana".into() })
        .by("bo")
        .refused(drop("told by phone"), "A11", "commander or Comms", "ask them")
        .by("ana")
        .says(drop("told by phone"))
        .refused(drop("again"), "B12", "M1 is dropped", "nothing to drop");
    // It arrived after all: the truth counts, and it is not sent again.
    let story = delivers(story, 1);
    assert_eq!(sent(&story, 1).standing(), "delivered");
    assert_eq!(story.incident.outbox.reference("ops"), Some(&"thread-9".into()));
    let story = story.refused(retry, "B12", "not sent twice", "send an update");
    let late = Receipt::Failed { reason: "503".into(), again_at: None, doubt: Doubt::None };
    let twice = Receipt::Delivered { answer: "200".into(), reference: None };
    for receipt in [late, twice] {
        let deliver = Command::Deliver { message: MessageId(1), receipt };
        assert_eq!(story.tries(&deliver), Ok(vec![]));
    }
    let forged = Command::Deliver {
        message: MessageId(2),
        receipt: Receipt::Delivered { answer: "ok".into(), reference: None },
    };
    let decided = decide(&story.incident, &story.policy, &forged, &Actor::person("bo"), story.now);
    assert_eq!(decided.unwrap_err().rule, "B12");
}

#[test]
fn b12_people_are_told_within_the_time_of_the_severity() {
    for (severity, last, over) in [
        (Severity::P0, "12:00:29", "12:00:30"),
        (Severity::P1, "12:04:59", "12:05:00"),
        (Severity::P2, "12:14:59", "12:15:00"),
        (Severity::P3, "12:29:59", "12:30:00"),
    ] {
        let story = routed(severity).at(last);
        assert_eq!(due(&delivers(story.clone(), 1), Due::Notify), Some(Standing::Met), "{severity}");
        assert_eq!(due(&story, Due::Notify), Some(Standing::Near), "queued is not told");
        let story = story.at(over);
        assert_eq!(due(&story, Due::Notify), Some(Standing::Over));
        assert_eq!(due(&delivers(story, 1), Due::Notify), Some(Standing::MetLate));
    }
}

#[test]
fn b12_whatever_told_them_first_counts() {
    let page = |story: Story| story.does("page dee reason=help", "delivered=yes");
    for (what, story) in [
        ("acknowledged", Story::p0().says(Command::Acknowledge)),
        ("escalated", Story::p0().says(Command::Escalate { level: 1, reason: None })),
        ("paged", page(Story::p0())),
        ("an update by other means", Story::p0().says(update(Audience::Engineering))),
    ] {
        assert_eq!(due(&story, Due::Notify), Some(Standing::Met), "{what}");
    }
    let waits = routed(Severity::P0).says(update(Audience::Engineering));
    assert_eq!(due(&waits, Due::Notify), Some(Standing::Running), "an update on its way has told nobody");
}

#[test]
fn b12_a_message_is_a_worry_when_it_is_late_or_failing_not_before() {
    let story = delivers(routed(Severity::P0).at("12:00:02"), 1);
    assert_eq!(due(&story, Due::Message(MessageId(2))), None, "on its way");
    let failing = fails(story.clone(), 2, Some("12:00:04"));
    assert_eq!(due(&failing, Due::Message(MessageId(2))), Some(Standing::Running));
    let story = story.at("12:00:31");
    assert_eq!(due(&story, Due::Message(MessageId(2))), Some(Standing::Over));
    assert_eq!(due(&delivers(story, 2), Due::Message(MessageId(2))), None);
}

/// A page through the outbox, as the plan would be shown now.
fn paging(story: &Story, op: Op, target: &str) -> Result<Plan, String> {
    let params: Params = [("reason".to_owned(), Text::line("we need you"))].into();
    page(&story.policy, op, &target.into(), &params, story.now)
}

#[test]
fn d10_who_would_be_paged_is_shown_before_it_is_sent() {
    let story = routed(Severity::P0).under(rota);
    for (op, target, call) in [
        (Op::Escalate, "0", "page ana (until Mon 11 May 10:00 UTC) through pager"),
        (Op::Escalate, "2", "page whoever pager has on call"),
        (Op::Page, "bo", "page bo through pager"),
    ] {
        assert_eq!(paging(&story, op, target).unwrap().call, *call);
    }
    for (op, target, why) in [
        (Op::Escalate, "9", "nobody is on call at level 9: [oncall.levels] 9 = {"),
        (Op::Page, "zoe", "does not say how to page zoe; it knows ana, bo, cy"),
    ] {
        assert!(paging(&story, op, target).unwrap_err().contains(why), "{target}");
    }
}

#[test]
fn a3_a_page_is_accepted_when_queued_and_verified_when_delivered() {
    let story = routed(Severity::P1).under(rota);
    let plan = paging(&story, Op::Escalate, "1").unwrap();
    let story = story.says(act(&plan)).lamp(1, Lamp::Accepted);
    assert_eq!(story.action(1).answer, *"queued M3 for cy through pager");
    assert!(story.incident.escalations.is_empty(), "queued is not brought in");
    let message = &sent(&story, 3).message;
    assert_eq!((&message.to, message.kind), (&Recipient::Person("cy".into()), MessageKind::Page));
    assert!(message.text.as_str().contains("we need you\n\nstate: detected"), "{}", message.text);
    let story = delivers(story.at("12:00:05"), 3).reads(1, "delivered=yes").lamp(1, Lamp::Verified);
    assert_eq!(story.incident.escalations.get(&1), Some(&time("12:00:05")));
}

#[test]
fn d10_a_page_reaches_whom_the_plan_named_or_is_refused() {
    let story = routed(Severity::P0).under(rota).at("+6 23:59:00");
    let plan = paging(&story, Op::Escalate, "0").unwrap();
    // The duty is handed over between reading and confirming.
    story.at("+7 10:00:00").refused(act(&plan), "D10", "not who the plan named", "read the plan again");
    let forged = Plan { call: "page nobody".into(), ..plan.clone() };
    routed(Severity::P0).under(rota).refused(act(&forged), "D10", "not who the plan named", "");
    routed(Severity::P0).refused(act(&plan), "D10", "nobody is on call at level 0", "[oncall]");
}

#[test]
fn d10_the_primary_is_paged_at_once_and_the_next_level_by_flightdeck_itself() {
    let story = Story::blank().under(routes).under(rota);
    let story = story.says(Command::Alert { realm: Realm::Live, alert: alert("k1") });
    assert_eq!(queued(&story, 0)[2], "M3 pager ana page");
    let story = story.at("12:14:59").ticks();
    assert!(story.incident.actions.is_empty());
    let story = story.at("12:15:00").ticks().lamp(1, Lamp::Accepted);
    let action = story.action(1);
    assert_eq!((&action.asked_by, action.plan.adapter.as_str()), (&Actor::Flightdeck, OUTBOX));
    assert_eq!(action.plan.params["reason"], *"not acknowledged within 15 minutes (D10)");
    assert_eq!(story.tries(&Command::Tick), Ok(vec![]), "once");
    let story = delivers(story, 4).reads(1, "delivered=yes");
    assert!(story.incident.escalations.contains_key(&1));
    // The level that the pager itself knows is next, by its own written trigger.
    let story = story.at("12:30:00").ticks();
    assert_eq!(story.action(2).plan.call, *"page whoever pager has on call");
}

#[test]
fn d10_what_was_acknowledged_and_then_forgotten_escalates_too() {
    let story = routed(Severity::P0).under(rota).says(Command::Acknowledge);
    let story = story.at("12:05:00").does("isolate support-1", ISOLATED).mark(Mark::T3, "12:05:00");
    let story = story.at("12:20:00").says(Command::Note { text: "still looking".into() });
    // Probes, messages and AI actors are no word of a person.
    let story = delivers(story.at("12:40:00"), 1).by_ai("triage").says(Command::Note { text: "hm".into() });
    assert_eq!(story.at("12:49:59").tries(&Command::Tick), Ok(vec![]));
    let story = routed(Severity::P0).under(rota).says(Command::Acknowledge).at("12:29:59");
    assert_eq!(story.tries(&Command::Tick), Ok(vec![]));
    let story = story.does("isolate support-1", ISOLATED).at("12:59:59").ticks();
    let asked: Vec<_> = story.incident.actions.values().filter(|a| a.plan.op == Op::Escalate).collect();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].plan.params["reason"], *"acknowledged, and then 30 minutes without a word (D10)");
}

#[test]
fn c2_what_cannot_be_reached_or_is_for_people_is_left_to_people() {
    let late = |story: Story| story.at("12:20:00");
    assert_eq!(late(routed(Severity::P0)).tries(&Command::Tick), Ok(vec![]), "no on-call table");
    let by_people =
        |policy: &mut Policy| policy.escalation.iter_mut().for_each(|level| level.automatic = false);
    let story = late(routed(Severity::P0).under(rota).under(by_people));
    assert_eq!(story.tries(&Command::Tick), Ok(vec![]));
    assert_eq!(due(&story, Due::Escalation(1)), Some(Standing::Over), "it stands in the Timer all the same");
    let asked = plan("escalate 1 reason=x");
    assert!(
        late(routed(Severity::P0).under(rota)).says(act(&asked)).tries(&Command::Tick).unwrap().is_empty()
    );
}

#[test]
fn c2_a_level_that_the_table_does_not_reach_is_brought_in_by_an_adapter() {
    let bring_in = |found| Command::BringIn { level: 1, found, runner: "host".into() };
    let by_adapter = Plan { adapter: "duty".into(), ..plan("escalate 1 reason=x") };
    let story = routed(Severity::P0).at("12:14:59");
    let found = || Ok(Box::new(by_adapter.clone()));
    assert_eq!(story.tries(&bring_in(found())), Ok(vec![]), "it is not due yet");
    let story = story.at("12:15:00").says(bring_in(found())).lamp(1, Lamp::Requested);
    assert_eq!((&story.action(1).asked_by, &story.action(1).runner), (&Actor::Flightdeck, &"host".into()));
    assert_eq!(story.tries(&bring_in(found())), Ok(vec![]), "once");
    let acknowledged = routed(Severity::P0).says(Command::Acknowledge).at("12:15:00");
    assert_eq!(acknowledged.tries(&bring_in(found())), Ok(vec![]), "somebody is on it");
    let reached = routed(Severity::P0).under(rota).at("12:15:00");
    assert_eq!(reached.tries(&bring_in(found())), Ok(vec![]), "the table reaches it");
    let other = routed(Severity::P0).at("12:15:00");
    assert!(other.tries(&bring_in(Ok(Box::new(plan("isolate support-1"))))).is_err(), "and nothing else");
}

#[test]
fn c2_a_level_that_nobody_can_be_told_of_is_on_record_and_alarms_and_is_told_on_the_channels() {
    let why = "nobody is on call at level 1: [oncall.levels] 1 = ...\n\nor by an adapter: ...";
    let bring_in = Command::BringIn { level: 1, found: Err(Text::block(why)), runner: "host".into() };
    let story = routed(Severity::P0).at("12:15:00").says(bring_in.clone()).lamp(1, Lamp::Failed);
    assert_eq!(story.action(1).plan.adapter, *NOBODY);
    let first =
        "level 1 is due and nobody can be told: nobody is on call at level 1: [oncall.levels] 1 = ...";
    assert!(story.action(1).answer.as_str().starts_with(first), "{}", story.action(1).answer);
    let told: Vec<_> =
        story.incident.outbox.all().filter(|m| m.message.kind == MessageKind::Escalation).collect();
    assert!(!told.is_empty() && told[0].message.subject.as_str().contains("nobody can be told"));
    let alarms = |story: &Story| {
        let all = warnings(&story.incident, &story.policy, story.now);
        all.iter().any(|w| w.weight == Weight::Alarm && w.row == "C2" && w.text.contains(first))
    };
    assert!(alarms(&story));
    assert_eq!(story.tries(&bring_in), Ok(vec![]), "once");
    assert!(!alarms(&story.says(Command::Acknowledge)), "somebody is on it after all");
}

#[test]
fn a_drill_marks_every_word_as_one() {
    let declare = Command::Declare {
        realm: Realm::Drill,
        title: "mails leave".into(),
        severity: Severity::P0,
        pattern: None,
        agents: vec![],
        detected_at: None,
    };
    let story = Story::blank().under(routes).says(declare).says(update(Audience::Customers));
    assert!(story.incident.outbox.all().all(|m| m.message.subject.as_str().starts_with("[DRILL] ")));
}

#[test]
fn hostile_words_stay_words_in_messages() {
    let declare = Command::Declare {
        realm: Realm::Live,
        title: "{affected}\u{202e}\r\nBcc: all@example.com {text}".into(),
        severity: Severity::P0,
        pattern: None,
        agents: vec![],
        detected_at: None,
    };
    let story = Story::blank().under(routes).says(declare).says(update(Audience::Engineering));
    for sent in story.incident.outbox.all() {
        let subject = sent.message.subject.as_str();
        assert!(subject.contains("{affected}") && !subject.contains(['\n', '\r', '\u{202e}']), "{subject}");
    }
}

fn note(text: &str) -> Command {
    Command::Note { text: text.into() }
}

#[test]
fn a_note_goes_to_the_channel_that_it_names_and_to_no_other() {
    for (text, told) in [
        ("@ops rolled back", vec!["M3 ops engineering note"]),
        ("@pager rolled back", vec![]),
        ("@nobody rolled back", vec![]),
        ("@ops", vec![]),
        ("@ops  ", vec![]),
        ("rolled back, @ops", vec![]),
    ] {
        let story = routed(Severity::P0);
        let before = story.incident.seq;
        let story = story.says(note(text));
        // The pager of these stories is not told of notes.
        assert_eq!(queued(&story, before), told, "{text}");
        assert!(
            matches!(story.entries[before as usize].event, Event::Noted { .. }),
            "it is a note all the same"
        );
    }
    let story = routed(Severity::P0).says(note("@ops one")).says(note("@ops two"));
    assert!(sent(&story, 4).message.subject.as_str().ends_with("ana: two"), "each is told, in order");
}

#[test]
fn that_somebody_is_on_it_is_told_once_to_whom_the_incident_was_told() {
    let story = routed(Severity::P0).under(|policy| policy.routes[0].kinds.push(MessageKind::Acknowledged));
    let before = story.incident.seq;
    let story = story.says(Command::Acknowledge);
    assert_eq!(queued(&story, before), ["M3 ops engineering acknowledged"]);
    assert!(sent(&story, 3).message.subject.as_str().ends_with("ana is on it"));
    let corrected = Command::SetMark { mark: Mark::T1, at: None, reason: Some("by phone".into()) };
    let before = story.incident.seq;
    assert_eq!(queued(&story.says(corrected), before), [""; 0], "a correction is no news");
}

#[test]
fn b3_the_team_is_told_within_its_own_time() {
    use crate::incident::policy::WindowName;
    for (severity, at) in [
        // The same time as B12's: one deadline for it.
        (Severity::P0, None),
        (Severity::P1, Some("12:00:30")),
        (Severity::P2, Some("12:05:00")),
        (Severity::P3, Some("12:05:00")),
    ] {
        let story = routed(severity);
        let all = deadlines(&story.incident, &story.policy, story.now);
        let tell = all.into_iter().find(|d| d.due == Due::Window(WindowName::Tell));
        assert_eq!(tell.as_ref().map(|d| d.at), at.map(time), "{severity}");
        assert!(tell.is_none_or(|d| d.enforced && d.met.is_none()));
    }
    let story = delivers(routed(Severity::P2).at("12:01:00"), 1);
    assert_eq!(due(&story, Due::Window(WindowName::Tell)), Some(Standing::Met));
    let story = Story::of(Severity::P2).at("12:06:00");
    let tell = due(&story, Due::Window(WindowName::Tell));
    assert_eq!(tell, None, "without a channel flightdeck can tell nobody");
}

fn heard(id: &str, by: Option<&str>, acknowledges: bool) -> Command {
    let heard = crate::incident::Elsewhere {
        source: "pagerduty".into(),
        id: id.into(),
        called: "PGR0VU2".into(),
        by: by.map(Into::into),
        acknowledges,
        text: "acknowledged".into(),
        at: time("11:00:00"),
    };
    Command::Hear { heard }
}

#[test]
fn b12_what_another_system_says_is_taken_once_from_the_program_and_ends_nothing() {
    let story = routed(Severity::P0).at("12:01:00");
    let (ana, forged) = (Actor::person("ana"), heard("E1", None, false));
    let refused = decide(&story.incident, &story.policy, &forged, &ana, story.now).unwrap_err();
    assert_eq!(refused.rule, "B12");
    let story = story.says(heard("E1", None, true));
    assert_eq!(story.incident.mark(Mark::T1), None, "a program that acknowledges is nobody");
    let seq = story.incident.seq;
    let story = story.says(heard("E1", Some("Bo"), true));
    assert_eq!(story.incident.seq, seq, "the same word again");
    let story = story.says(heard("E2", Some("Bo"), true));
    // By another clock, which goes wrong: never before it was detected.
    assert_eq!(story.incident.mark(Mark::T1), story.incident.mark(Mark::T0));
    assert_eq!(story.incident.heard_at, Some(time("12:01:00")), "D10: it is not forgotten");
    assert!(story.incident.is_open());
    let mark = story.incident.marks[&Mark::T1].last().unwrap().reason.clone().unwrap();
    assert_eq!(mark, "Bo acknowledged it in pagerduty");
}

/// A try that surely failed made another forget that it may have arrived: what stood there was posted again.
#[test]
fn regression_that_a_message_may_have_arrived_is_not_forgotten_by_the_next_try() {
    let lost =
        Receipt::Failed { reason: "no answer".into(), again_at: Some(time("12:00:03")), doubt: Doubt::Lost };
    let story = routed(Severity::P0).at("12:00:01");
    let story = story.says(Command::Deliver { message: MessageId(1), receipt: lost });
    let story = fails(story, 1, None);
    assert_eq!(sent(&story, 1).doubt, Doubt::Lost);
    assert_eq!(sent(&story, 1).standing(), "NOT KNOWN TO BE TOLD, given up after 2 tries: 503");
    let story = story.says(Command::RetryMessage { message: MessageId(1) });
    assert_eq!(sent(&story, 1).doubt, Doubt::None, "a person decided to tell it again");
}
