//! The review at work: prefilled from the timeline, edited, kept as revisions, handed to other
//! programs. Whatever is typed is on disk within a second.

use std::path::{Path, PathBuf};

use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::task::JoinHandle;

use super::elsewhere::{edit, write_new};
use super::engine::Engine;
use super::hub::Hub;
use crate::app::effect::ReviewDeed;
use crate::app::model::Model;
use crate::app::msg::{Msg, Notice, ReviewView};
use crate::app::review;
use crate::incident::{Actor, Command, IncidentId, ReviewFacts, Text};
use crate::store::{NewRevision, Revision, StoreError};
use crate::tui::editor::Editor;

/// What the engine answers to the desk.
#[derive(Debug)]
pub enum DeskNews {
    /// The newest revision of a review that the journal holds.
    Opened(IncidentId, Result<Option<Revision>, StoreError>),
    /// A revision is on disk; if a person saved it, whether its digest is on the timeline.
    Saved(Revision, Result<(), Text>),
    /// It is not.
    Failed(StoreError),
}

/// What the loop of a session is answered.
#[derive(Debug)]
pub enum Answer {
    /// For the model.
    Msg(Msg),
    /// For the desk.
    Desk(DeskNews),
}

/// One person's review desk.
pub struct Desk {
    template: String,
    language: Text,
    /// Where a file handed to another program lies.
    scratch: PathBuf,
    author: Text,
    /// Whose review was asked for last.
    wanted: Option<IncidentId>,
    open: Option<OpenReview>,
    /// What is under way with the journal. The next waits for it: an older text must not come
    /// after a newer one, and what is left is kept before anything is opened.
    under_way: Option<JoinHandle<()>>,
}

/// A review on the desk.
struct OpenReview {
    incident: IncidentId,
    editor: Editor,
    /// What needs no saving: what is on disk, or what was filled in and not touched.
    saved: String,
    revision: u32,
    /// What was kept from here last.
    own: Option<u32>,
    saving: Option<Saving>,
    /// A person saves it, and what is under way is older.
    asked: bool,
}

/// Who wanted the save that is under way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Saving {
    Draft,
    Asked,
}

impl OpenReview {
    /// Whether there is something that is not on disk.
    fn is_dirty(&self) -> bool {
        self.saved != self.editor.text()
    }
}

impl Desk {
    /// An empty desk.
    #[must_use]
    pub fn new(template: String, language: Text, scratch: PathBuf, author: Text) -> Self {
        Self { template, language, scratch, author, wanted: None, open: None, under_way: None }
    }

    /// The open text.
    #[must_use]
    pub fn editor(&self) -> Option<&Editor> {
        self.open.as_ref().map(|open| &open.editor)
    }

    /// Does what was asked; says what the model should know.
    pub fn perform(
        &mut self,
        engine: &Engine,
        deed: ReviewDeed,
        model: &Model,
        answer: &mpsc::Sender<Answer>,
    ) -> Vec<Msg> {
        if let ReviewDeed::Open(incident) = deed {
            return self.begin(engine, incident, answer);
        }
        let Some(open) = &mut self.open else {
            let asked = matches!(deed, ReviewDeed::Search(_) | ReviewDeed::Export(_));
            return asked.then(|| Msg::Done(Err("no review is open".into()))).into_iter().collect();
        };
        let notice = match deed {
            ReviewDeed::Open(_) => None,
            ReviewDeed::Key(key) => {
                open.editor.key(key);
                None
            }
            ReviewDeed::Paste(text) => {
                open.editor.paste(text.as_str());
                None
            }
            ReviewDeed::Scroll(lines) => {
                open.editor.scroll(lines);
                None
            }
            ReviewDeed::Undo => (!open.editor.undo()).then(|| Notice::info("nothing to undo")),
            ReviewDeed::Redo => (!open.editor.redo()).then(|| Notice::info("nothing to redo")),
            ReviewDeed::Search(text) => {
                let found = open.editor.search(text.as_str()).then_some(None);
                return self.done(found.ok_or_else(|| format!("'{text}' is not found")));
            }
            ReviewDeed::SearchNext => (!open.editor.search_next()).then(|| Notice::info("not found")),
            ReviewDeed::Save if engine.hub().journal().is_read_only() => {
                Some(Notice::error("the journal is read-only, nothing was saved: export writes a file"))
            }
            ReviewDeed::Save => {
                open.asked = true;
                self.save(engine, answer);
                None
            }
            ReviewDeed::Refill => Some(self.refill(model).unwrap_or_else(Notice::error)),
            ReviewDeed::External => Some(self.hand_over().unwrap_or_else(Notice::error)),
            ReviewDeed::Export(file) => {
                let written = self.export(model, &file);
                return self.done(written.map(Some));
            }
        };
        notice.map(Msg::Notice).into_iter().chain(self.view()).collect()
    }

    /// Answers a form that waits.
    fn done(&self, answer: Result<Option<Text>, String>) -> Vec<Msg> {
        let answer = answer.map_err(|why| Text::line(&why));
        std::iter::once(Msg::Done(answer)).chain(self.view()).collect()
    }

    /// What the journal said.
    pub fn take(&mut self, news: DeskNews, model: &Model) -> Vec<Msg> {
        let notices = match news {
            DeskNews::Opened(incident, _) if self.wanted != Some(incident) => vec![],
            DeskNews::Opened(incident, kept) => {
                let kept = kept.map_err(|error| format!("the review cannot be read: {error}"));
                let laid_out = kept.and_then(|kept| self.lay_out(incident, kept, model));
                self.wanted = self.wanted.filter(|_| laid_out.is_ok());
                laid_out.err().map(Notice::error).into_iter().collect()
            }
            DeskNews::Saved(revision, on_record) => {
                let said = (!revision.draft).then(|| match on_record {
                    Ok(()) => Notice::info("saved, and its digest is on the timeline"),
                    Err(why) => Notice::error(format!("saved, but its digest is not on the timeline: {why}")),
                });
                let mut beside = None;
                if let Some(open) = self.open.as_mut().filter(|o| o.incident == revision.incident) {
                    let (number, before) = (revision.number, open.revision);
                    beside = (number > before + 1).then(|| {
                        let theirs = if number == before + 2 { "revision" } else { "revisions up to" };
                        let theirs = format!("{theirs} {}", number - 1);
                        Notice::error(format!(
                            "this review is written elsewhere too: {theirs}; yours is {number}"
                        ))
                    });
                    open.saving = None;
                    open.saved = revision.text;
                    open.revision = number;
                    open.own = Some(number);
                }
                std::iter::once(Notice::clear("review")).chain(said).chain(beside).collect()
            }
            DeskNews::Failed(error) => {
                if let Some(open) = &mut self.open {
                    // It is tried again, for the person too.
                    open.asked |= open.saving.take() == Some(Saving::Asked);
                }
                vec![Notice::lasting("review", format!("the review is not on disk: {error}"))]
            }
        };
        notices.into_iter().map(Msg::Notice).chain(self.view()).collect()
    }

    fn view(&self) -> Option<Msg> {
        let open = self.open.as_ref()?;
        Some(Msg::Review(ReviewView {
            incident: Some(open.incident),
            dirty: open.is_dirty(),
            revision: open.revision,
            questions: review::questions(&open.editor.text()).len(),
        }))
    }

    /// Fetches the newest revision; the answer lays it out.
    fn begin(&mut self, engine: &Engine, incident: IncidentId, answer: &mpsc::Sender<Answer>) -> Vec<Msg> {
        if self.wanted == Some(incident) {
            return self.view().into_iter().collect();
        }
        self.save_last(engine, answer);
        self.wanted = Some(incident);
        self.open = None;
        let (journal, answer) = (engine.hub().journal().clone(), answer.clone());
        self.then(engine, async move {
            let kept = journal.latest_revision(incident).await;
            tell(&answer, DeskNews::Opened(incident, kept));
        });
        vec![Msg::Review(ReviewView::default())]
    }

    /// Opens what was kept, or fills a document from the timeline.
    fn lay_out(&mut self, incident: IncidentId, kept: Option<Revision>, model: &Model) -> Result<(), String> {
        let (text, revision) = match kept {
            Some(kept) => (kept.text, kept.number),
            None => {
                let record = model.board.record(incident).ok_or("its timeline is not loaded yet")?;
                let text = review::document(record, &model.policy, &self.template, model.now())
                    .map_err(|error| error.to_string())?;
                (text, 0)
            }
        };
        let mut editor = Editor::open(&text);
        editor.go_to(review::beginning(&text));
        let saved = editor.text();
        self.open =
            Some(OpenReview { incident, editor, saved, revision, own: None, saving: None, asked: false });
        Ok(())
    }

    /// Fills in what happened since; a person's edits stay.
    fn refill(&mut self, model: &Model) -> Result<Notice, String> {
        let open = self.open.as_mut().ok_or("no review is open")?;
        let record = model.board.record(open.incident).ok_or("its timeline is not loaded yet")?;
        let edited = open.editor.text();
        let filled = review::refilled(record, &model.policy, &self.template, model.now(), &edited)
            .map_err(|error| error.to_string())?;
        if filled.text != edited {
            open.editor.replace(&filled.text);
        }
        Ok(match filled.conflicts.first() {
            None => Notice::info(format!("{} lines filled in; your edits stay", filled.inserted)),
            Some(first) => Notice::info(format!(
                "{} lines filled in; in {} places your words stay instead of news, first in line {}",
                filled.inserted,
                filled.conflicts.len(),
                first.line + 1
            )),
        })
    }

    /// Keeps what changed since the last time, or was asked for meanwhile; called about once a
    /// second.
    pub fn autosave(&mut self, engine: &Engine, answer: &mpsc::Sender<Answer>) {
        self.save(engine, answer);
    }

    /// Keeps the text as a revision; one that a person saves goes on the timeline by its digest.
    fn save(&mut self, engine: &Engine, answer: &mpsc::Sender<Answer>) {
        // Whatever comes meanwhile is one more revision, not one for each key.
        if self.open.as_ref().is_none_or(|open| open.saving.is_none()) {
            self.save_last(engine, answer);
        }
    }

    fn save_last(&mut self, engine: &Engine, answer: &mpsc::Sender<Answer>) {
        let (Some(new), Some(open)) = (self.unsaved(engine), self.open.as_mut()) else { return };
        open.saving = Some(if open.asked { Saving::Asked } else { Saving::Draft });
        open.asked = false;
        let (hub, answer) = (engine.hub().clone(), answer.clone());
        self.then(engine, async move {
            let news = keep(&hub, new).await;
            tell(&answer, news);
        });
    }

    /// Keeps what is not on disk yet, and waits for it: the last thing a session does.
    pub fn save_now(&mut self, engine: &Engine) {
        // Nobody is left to hear of it.
        self.save_last(engine, &mpsc::channel(1).0);
        if let Some(task) = self.under_way.take() {
            // If it fails, the last autosave is a second old at most.
            drop(engine.block_on(task));
        }
    }

    fn then(&mut self, engine: &Engine, work: impl Future<Output = ()> + Send + 'static) {
        let before = self.under_way.take();
        self.under_way = Some(engine.handle().spawn(async move {
            if let Some(before) = before {
                // A task that panicked holds up nothing.
                drop(before.await);
            }
            work.await;
        }));
    }

    /// The text, unless it is on disk and nobody saves it.
    fn unsaved(&self, engine: &Engine) -> Option<NewRevision> {
        let open = self.open.as_ref()?;
        if engine.hub().journal().is_read_only() || (!open.asked && !open.is_dirty()) {
            return None;
        }
        Some(NewRevision {
            incident: open.incident,
            at: engine.hub().clock().now(),
            author: self.author.clone(),
            language: self.language.clone(),
            draft: !open.asked,
            after: open.own,
            text: open.editor.text(),
        })
    }

    /// Hands the text to $VISUAL or $EDITOR. The terminal was given back before.
    fn hand_over(&mut self) -> Result<Notice, String> {
        let open = self.open.as_mut().ok_or("no review is open")?;
        // Its own: another person may have the same review in an editor.
        let file = self.scratch.join(format!("{}-review-{}.md", open.incident, std::process::id()));
        let text = edit(&file, &open.editor.text())?;
        if text != open.editor.text() {
            open.editor.replace(&text);
        }
        Ok(Notice::info("back from the editor"))
    }

    fn export(&self, model: &Model, file: &Text) -> Result<Text, String> {
        let open = self.open.as_ref().ok_or("no review is open")?;
        let text = if file.as_str().ends_with(".json") {
            let record = model.board.record(open.incident).ok_or("its timeline is not loaded yet")?;
            review::to_json(&ReviewFacts::of(record, &model.policy, model.now()))
        } else {
            open.editor.text()
        };
        let path = Path::new(file.as_str());
        write_new(path, text.as_bytes())?;
        // Where the cockpit was started is nothing a person remembers at night.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Ok(Text::line(&format!("written to {}", path.display())))
    }
}

/// Keeps a revision; one that is no draft goes on the timeline by its digest.
async fn keep(hub: &Hub, new: NewRevision) -> DeskNews {
    let author = Actor::Person(new.author.clone());
    let saved = match hub.journal().save_revision(new).await {
        Ok(saved) => saved,
        Err(error) => return DeskNews::Failed(error),
    };
    let on_record = if saved.draft {
        Ok(())
    } else {
        let command = Command::SaveReview { revision: saved.number, sha256: Text::line(&saved.sha256) };
        let done = hub.submit(Some(saved.incident), command, &author).await;
        done.map(drop).map_err(|error| Text::line(&error.to_string()))
    };
    DeskNews::Saved(saved, on_record)
}

/// Answers the session. Whoever waits for the journal does not wait for the session.
fn tell(answer: &mpsc::Sender<Answer>, news: DeskNews) {
    if let Err(TrySendError::Full(news)) = answer.try_send(Answer::Desk(news)) {
        let answer = answer.clone();
        tokio::spawn(async move { drop(answer.send(news).await) });
    }
}

#[cfg(test)]
mod tests;
