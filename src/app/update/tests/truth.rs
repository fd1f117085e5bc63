//! A screen never shows a better state than was proved, whether that can be recorded or not.

use super::*;
use crate::app::journal::JournalAlarm;
use crate::app::model::DrillInfo;
use crate::incident::story::{ISOLATED, Story, WORKING, time};
use crate::incident::{Incident, Lamp, Mark, Report};

const INC: IncidentId = IncidentId(42);
const A1: ActionId = ActionId(1);

/// A screen that shows what a story tells.
fn shows(story: &Story) -> Model {
    let policy = Arc::new(story.policy.clone());
    let mut model = Model::new(Actor::person("ana"), Realm::Live, policy, Arc::new(keymap()), story.now);
    update(&mut model, Msg::Entries(story.entries.clone()));
    update(&mut model, Msg::Loaded);
    model.selection.incident = Some(INC);
    model
}

/// What probes read at this time, and no more than that.
fn reads(model: &mut Model, story: &Story, clock: &str, words: &str) -> Vec<Effect> {
    let story = story.clone().at(clock);
    let Report::Readings(readings) = story.readings(1, words) else { return vec![] };
    model.set_now(time(clock));
    update(model, Msg::Readings { incident: INC, action: A1, readings })
}

fn incident(model: &Model) -> &Incident {
    model.board.incident(INC).unwrap()
}

fn says(model: &Model, words: &str) -> bool {
    model.warned().iter().any(|one| one.warning.text.contains(words))
}

#[test]
fn a3_regression_a_leak_that_could_not_be_recorded_was_shown_as_verified() {
    let story = Story::isolated();
    let mut model = shows(&story);
    reads(&mut model, &story, "12:05:00", WORKING);
    assert_eq!(incident(&model).actions[&A1].lamp, Lamp::Verified, "its entry may be on its way");
    let effects = update(&mut model, Msg::Tick(time("12:05:02")));
    let action = &incident(&model).actions[&A1];
    assert_eq!((action.lamp, action.unrecorded, action.changed_at), (Lamp::Leaking, true, time("12:05:00")));
    assert!(effects.contains(&Effect::Bell), "{effects:?}");
    assert!(says(&model, "A1 isolate support-1 is LEAKING, NOT RECORDED"), "{:?}", model.warned());
    assert_eq!(incident(&model).controlled_since(), None, "control is lost whoever writes it down");
    assert_eq!(incident(&model).seq, story.incident.seq, "it is on no timeline");
    // Once it is recorded it is the same leak.
    let leaked = story.at("12:05:20").reads(1, WORKING);
    let effects = update(&mut model, Msg::Entries(leaked.entries.clone()));
    assert_eq!(*incident(&model), leaked.incident);
    assert!(!effects.contains(&Effect::Bell), "told already: {effects:?}");
}

#[test]
fn a3_a_leak_that_was_not_recorded_is_over_when_it_is_read_to_hold() {
    let story = Story::isolated();
    let mut model = shows(&story);
    update(&mut model, Msg::Journal(JournalAlarm::Unwritten, Some("JOURNAL FULL".into())));
    reads(&mut model, &story, "12:05:00", WORKING);
    assert!(incident(&model).actions[&A1].unrecorded, "nothing can follow it: at once");
    reads(&mut model, &story, "12:05:05", "agent_status=running");
    assert!(incident(&model).actions[&A1].unrecorded, "what was not read proves nothing");
    reads(&mut model, &story, "12:05:10", ISOLATED);
    assert_eq!(*incident(&model), story.incident);
    let noted = story.at("12:06:00").says(Command::Note { text: "x".into() });
    reads(&mut model, &noted, "12:06:00", WORKING);
    update(&mut model, Msg::Entries(noted.entries.clone()));
    update(&mut model, Msg::Tick(time("12:06:05")));
    let action = &incident(&model).actions[&A1];
    assert!(action.unrecorded && incident(&model).mark(Mark::T1).is_none(), "and after another entry");
}

#[test]
fn an_effect_that_goes_away_on_purpose_is_no_leak_here_either() {
    let story = Story::isolated().at("12:04:00").asks("release support-1").accepts(2);
    let mut model = shows(&story);
    reads(&mut model, &story, "12:05:00", WORKING);
    update(&mut model, Msg::Tick(time("12:05:09")));
    assert_eq!(*incident(&model), story.incident);
}

#[test]
fn a3_regression_readings_older_than_an_entry_stood_in_its_place() {
    // Another process watched, and this one had heard of a reading before the proof.
    let story = Story::isolating();
    let mut model = shows(&story);
    reads(&mut model, &story, "12:01:02", WORKING);
    let verified = story.at("12:01:05").reads(1, ISOLATED);
    update(&mut model, Msg::Entries(verified.entries.clone()));
    for second in ["12:01:06", "12:08:00"] {
        update(&mut model, Msg::Tick(time(second)));
        let shown = model.readings_of(INC, A1);
        assert!(shown.iter().all(Reading::holds), "{shown:?}");
        assert_eq!(incident(&model).actions[&A1].lamp, Lamp::Verified);
    }
    reads(&mut model, &verified, "12:08:01", WORKING);
    assert!(!model.readings_of(INC, A1).iter().all(Reading::holds), "what was read later counts");
}

#[test]
fn a_journal_that_cannot_be_written_rings_once_each_time() {
    let mut model = shows(&Story::isolated());
    let full = || Msg::Journal(JournalAlarm::Unwritten, Some("JOURNAL FULL: nothing is recorded".into()));
    let rings = |effects: Vec<Effect>| effects.contains(&Effect::Bell);
    assert!(rings(update(&mut model, full())));
    assert!(!rings(update(&mut model, full())), "it is known");
    assert!(!rings(update(&mut model, Msg::Journal(JournalAlarm::Unwritten, None))));
    assert!(model.journal.is_empty());
    assert!(rings(update(&mut model, full())), "a new one");
}

/// At ten times the speed it stood for less than a second.
#[test]
fn a_notice_stays_as_long_for_a_person_however_fast_a_drill_runs() {
    for (speed, still, gone) in [(1.0, "12:00:07", "12:00:08"), (10.0, "12:01:19", "12:01:20")] {
        let mut model = shows(&Story::p0());
        model.set_now(time("12:00:00"));
        model.drill = Some(DrillInfo { scenario: "data-leak".into(), seed: 1, speed });
        update(&mut model, Msg::Notice(Notice::info("saved")));
        update(&mut model, Msg::Tick(time(still)));
        assert!(model.notice.is_some(), "{speed}");
        update(&mut model, Msg::Tick(time(gone)));
        assert!(model.notice.is_none(), "{speed}");
    }
}

#[test]
fn b12_a_channel_that_keeps_failing_rings_once_until_it_delivers_again() {
    use crate::incident::{Doubt, MessageId, Receipt, Route};
    let chat = |policy: &mut Policy| policy.routes = vec![Route::everything("chat")];
    let audience = crate::incident::Audience::Engineering;
    let update_of =
        || Command::Update { audience, affected: "mails".into(), doing: "x".into(), next_at: None };
    let mut story = Story::isolated().under(chat).says(update_of()).says(update_of());
    let mut model = shows(&story);
    // What rings is told from what else does.
    model.attention.notify = true;
    let becomes = |story: Story, model: &mut Model, clock: &str, message: u32, receipt: Receipt| {
        let story = story.at(clock).says(Command::Deliver { message: MessageId(message), receipt });
        model.set_now(time(clock));
        let effects = update(model, Msg::Entries(story.entries.clone()));
        let told = |effect: &Effect| matches!(effect, Effect::Notify(words) if words.as_str().contains("chat DOES NOT DELIVER"));
        let rings = effects.iter().any(told);
        assert!(!rings || effects.contains(&Effect::Bell), "{effects:?}");
        (story, rings)
    };
    let again_at = Some(time("13:00:00"));
    let failed = || Receipt::Failed { reason: "503".into(), again_at, doubt: Doubt::None };
    for (clock, rings) in [("12:02:01", false), ("12:02:03", false), ("12:02:07", true), ("12:02:15", false)]
    {
        let became = becomes(story, &mut model, clock, 1, failed());
        assert_eq!(became.1, rings, "{clock}");
        story = became.0;
    }
    let delivered = Receipt::Delivered { answer: "200".into(), reference: None };
    let (mut story, rang) = becomes(story, &mut model, "12:02:30", 1, delivered);
    assert!(!rang && model.failing_channels().is_empty());
    for (clock, rings) in [("12:02:31", false), ("12:02:33", false), ("12:02:37", true)] {
        let became = becomes(story, &mut model, clock, 2, failed());
        assert_eq!(became.1, rings, "anew: {clock}");
        story = became.0;
    }
}
