//! What is written down along the way.

use crate::incident::story::{Story, time};
use crate::incident::{
    ActionId, Area, Audience, Command, HypothesisId, ImprovementId, Mark, Outcome, Progress, Text,
};

fn suppose(text: &str, owner: &str) -> Command {
    Command::Suppose { text: text.into(), owner: owner.into() }
}

fn close(number: u32, outcome: Outcome, reason: &str) -> Command {
    Command::CloseHypothesis { hypothesis: HypothesisId(number), outcome, reason: reason.into() }
}

fn update(affected: &str, doing: &str, next_at: Option<&str>) -> Command {
    Command::Update {
        audience: Audience::Customers,
        affected: affected.into(),
        doing: doing.into(),
        next_at: next_at.map(time),
    }
}

fn improve(text: &str, owner: &str, due: &str) -> Command {
    Command::Improve { area: Area::Technical, text: text.into(), owner: owner.into(), due: time(due) }
}

fn moves(number: u32, progress: Progress, note: &str) -> Command {
    Command::MoveImprovement { improvement: ImprovementId(number), progress, note: note.into() }
}

#[test]
fn d5_a_hypothesis_gets_a_box_of_fifteen_minutes() {
    let story = Story::p0().at("12:05:00").says(suppose("the deploy of 11:50", "bo"));
    assert_eq!(story.incident.hypotheses[&HypothesisId(1)].until, time("12:20:00"));
    story
        .refused(suppose("", "bo"), "D5", "a hypothesis is empty", "at least one word")
        .refused(suppose("a loop", ""), "D5", "the owner of a hypothesis is empty", "at least one word")
        .refused(close(2, Outcome::Rejected, "x"), "D5", "no hypothesis H2", "read the list")
        .refused(close(1, Outcome::Rejected, ""), "D5", "what was found is empty", "at least one word")
        .says(close(1, Outcome::MovedOn, "no answer in its box"))
        .refused(close(1, Outcome::Confirmed, "x"), "D5", "ended already: moved-on", "suppose it anew");
}

#[test]
fn a2_the_first_confirmed_hypothesis_is_the_root_cause() {
    Story::p0()
        .says(suppose("the deploy", "bo"))
        .says(suppose("a prompt injection", "cy"))
        .at("12:08:00")
        .says(close(1, Outcome::Rejected, "older than the fault"))
        .mark(Mark::T4, "-")
        .at("12:19:00")
        .says(close(2, Outcome::Confirmed, "the mail is in the log"))
        .mark(Mark::T4, "12:19:00")
        .at("12:25:00")
        .says(suppose("a missing pre-check", "cy"))
        .says(close(3, Outcome::Confirmed, "it is not configured"))
        .mark(Mark::T4, "12:19:00");
}

#[test]
fn d3_an_update_says_what_is_affected_what_is_done_and_when_the_next_one_comes() {
    let story = Story::p0()
        .at("12:10:00")
        .refused(update("", "isolating", None), "D3", "what is affected is empty", "at least one word")
        .refused(update("mails", " ", None), "D3", "what is being done is empty", "at least one word")
        .refused(update("mails", "isolating", Some("12:10:00")), "D3", "in the past", "a time to come")
        .says(update("mails", "isolating", None));
    assert_eq!(story.incident.updates[&Audience::Customers].next_at, time("12:25:00"));
    let story = story.says(update("mails", "isolated", Some("12:20:00")));
    assert_eq!(story.incident.updates[&Audience::Customers].next_at, time("12:20:00"));
    story.under(|policy| policy.updates.clear()).refused(
        update("mails", "isolated", None),
        "D3 updates",
        "no cadence for customers",
        "say when",
    );
}

#[test]
fn d4_what_is_written_down_says_something() {
    let decide = |text: &str, reason: &str| Command::Decide { text: text.into(), reason: reason.into() };
    Story::p0()
        .refused(Command::Note { text: " \n ".into() }, "D4", "a note is empty", "at least one word")
        .refused(decide("", "x"), "D4", "a decision is empty", "at least one word")
        .refused(decide("roll back", ""), "D4", "the reason of a decision is empty", "at least one word")
        .says(decide("roll back", "a deploy caused it (D11)"));
}

#[test]
fn a4_evidence_names_an_action_that_there_is() {
    let store = |action: Option<u32>| Command::StoreEvidence {
        action: action.map(ActionId),
        name: "support-1.jsonl".into(),
        bytes: 12,
        sha256: "ab".into(),
        from: None,
        to: None,
        redacted: None,
    };
    let story = Story::isolated().says(store(None)).says(store(Some(1))).refused(
        store(Some(2)),
        "D4",
        "no action A2",
        "read the list of actions",
    );
    assert_eq!(story.incident.evidence.len(), 2);
}

#[test]
fn a14_d7_an_improvement_has_an_owner_and_a_date_to_come() {
    let story = Story::p0()
        .refused(improve("", "bo", "13:00:00"), "A14", "an improvement is empty", "at least one word")
        .refused(improve("pre-check", "", "13:00:00"), "D7", "owner of an improvement is empty", "one word")
        .refused(improve("pre-check", "bo", "12:00:00"), "D7", "lies in the past", "a date to come")
        .says(improve("switch the pre-check on", "bo", "+7 12:00:00"))
        .refused(moves(2, Progress::Done, "x"), "A14", "no improvement I2", "read the list")
        .refused(moves(1, Progress::Verified, ""), "A14", "how it was done or verified is empty", "one word")
        .says(moves(1, Progress::Done, "merged"))
        .says(moves(1, Progress::Verified, "the drill of June stops at the pre-check"));
    assert_eq!(story.incident.improvements[&ImprovementId(1)].progress, Progress::Verified);
}

#[test]
fn pinned_lines_and_revisions_land_on_the_timeline_as_they_are() {
    let pin = Command::PinLine {
        agent: "support-1".into(),
        source: "support-1.log".into(),
        offset: 4_096,
        sha256: "cd".into(),
        logged_at: None,
        text: Text::line("tool_call export_customers"),
    };
    let story = Story::p0().says(pin).says(Command::SaveReview { revision: 3, sha256: "ef".into() });
    assert_eq!((story.entries.len(), story.incident.review), (3, Some(3)));
}
