//! What is typed is kept, whatever else is on its way to the disk.

use std::sync::Arc;

use chrono::TimeZone as _;

use super::*;
use crate::adapters::{Live, Rig};
use crate::app::keymap::Keymap;
use crate::incident::{Event, Policy, Realm, Severity};
use crate::runtime::Clock;
use crate::runtime::engine::Extras;
use crate::store::Journal;

const INC: IncidentId = IncidentId(1);

/// A desk with the review of an incident on it.
struct Bench {
    engine: Engine,
    desk: Desk,
    model: Model,
    answer: mpsc::Sender<Answer>,
    answers: mpsc::Receiver<Answer>,
}

impl Bench {
    fn new() -> Self {
        let journal = Journal::memory(Realm::Live).unwrap();
        let policy = Arc::new(Policy::built_in());
        let rig = Rig::Live(Live::new(vec![]));
        let hub = Hub::new(journal, policy.clone(), Clock::wall(), rig, false);
        let engine = Engine::start(hub, Extras::default()).unwrap();
        let ana = Actor::person("ana");
        let declare = |title: &str| Command::Declare {
            realm: Realm::Live,
            title: title.into(),
            severity: Severity::P2,
            pattern: None,
            agents: vec![],
            detected_at: None,
        };
        let now = chrono::Utc.timestamp_opt(1_700_000_000, 0).unwrap();
        let mut model = Model::new(ana.clone(), Realm::Live, policy, Arc::new(Keymap::new("none")), now);
        for title in ["one", "another"] {
            let done = engine.block_on(engine.hub().submit(None, declare(title), &ana)).unwrap();
            done.entries.iter().for_each(|entry| model.board.apply(entry));
        }
        let template = review::TEMPLATES[0].1.to_owned();
        let desk = Desk::new(template, "en".into(), PathBuf::new(), "ana".into());
        let (answer, answers) = mpsc::channel(8);
        let mut bench = Self { engine, desk, model, answer, answers };
        bench.does(ReviewDeed::Open(INC));
        bench.hears();
        bench
    }

    fn does(&mut self, deed: ReviewDeed) -> Vec<Msg> {
        self.desk.perform(&self.engine, deed, &self.model, &self.answer)
    }

    fn types(&mut self, text: &str) {
        self.does(ReviewDeed::Paste(text.into()));
    }

    fn tick(&mut self) {
        self.desk.autosave(&self.engine, &self.answer);
    }

    /// Takes the next answer; says what the person is told.
    fn hears(&mut self) -> Vec<Msg> {
        let Some(Answer::Desk(news)) = self.engine.block_on(self.answers.recv()) else {
            panic!("the desk is answered")
        };
        self.desk.take(news, &self.model)
    }

    /// What is on disk, oldest first: whether somebody saved it, and the first written words.
    fn kept(&self, incident: IncidentId) -> Vec<(bool, String)> {
        let all = self.engine.block_on(self.engine.hub().journal().revisions(incident)).unwrap();
        // Written above the first question.
        let words = |text: &str| {
            let above = text.lines().take(review::questions(text)[0]);
            above.last().unwrap_or_default().to_owned()
        };
        all.into_iter().map(|r| (!r.draft, words(&r.text))).collect()
    }

    fn digests(&self) -> usize {
        let board = self.engine.hub().board();
        let saved = |entry: &&Arc<crate::incident::Entry>| matches!(entry.event, Event::ReviewSaved { .. });
        board.record(INC).map_or(0, |record| record.entries.iter().filter(saved).count())
    }
}

fn says(told: &[Msg], words: &str) -> bool {
    told.iter().any(|msg| matches!(msg, Msg::Notice(notice) if notice.text.as_str().contains(words)))
}

#[test]
fn a_save_asked_for_during_another_is_done_and_said_only_then() {
    // Regression: it was skipped, and the person was told that it was done.
    let mut bench = Bench::new();
    bench.types("a draft ");
    bench.tick();
    bench.types("and more ");
    assert!(!says(&bench.does(ReviewDeed::Save), "saved"));
    assert!(!says(&bench.hears(), "saved"), "that was the draft");
    bench.tick();
    assert!(says(&bench.hears(), "its digest is on the timeline"));
    let kept = [(false, "a draft ".to_owned()), (true, "a draft and more ".to_owned())];
    assert_eq!((bench.kept(INC).as_slice(), bench.digests()), (&kept[..], 1));
}

#[test]
fn what_was_typed_before_another_review_was_opened_is_there_on_the_way_back() {
    // Regression: while a save was under way, leaving kept nothing newer.
    let mut bench = Bench::new();
    bench.types("a draft ");
    bench.tick();
    bench.types("and more ");
    bench.does(ReviewDeed::Open(IncidentId(2)));
    bench.does(ReviewDeed::Open(INC));
    while bench.desk.open.as_ref().is_none_or(|open| open.incident != INC) {
        bench.hears();
    }
    let text = bench.desk.editor().unwrap().text();
    assert!(text.contains("a draft and more "), "{text}");
}

#[test]
fn the_end_of_a_session_keeps_what_somebody_saved_as_saved() {
    let mut bench = Bench::new();
    bench.types("a draft ");
    bench.tick();
    bench.types("and more ");
    bench.does(ReviewDeed::Save);
    bench.desk.save_now(&bench.engine);
    assert_eq!(bench.kept(INC).last(), Some(&(true, "a draft and more ".to_owned())));
    assert_eq!(bench.digests(), 1);
}
