//! The review at work: prefilled from the timeline, edited, kept as revisions, handed to other
//! programs. Whatever is typed is on disk within a second.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command as Program;

use tokio::sync::mpsc;

use super::engine::Engine;
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
    Opened(IncidentId, Option<Revision>),
    /// A revision is on disk.
    Saved(Revision),
    /// It is not, or cannot be read.
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
    open: Option<OpenReview>,
}

/// A review on the desk.
struct OpenReview {
    incident: IncidentId,
    editor: Editor,
    /// What needs no saving: what is on disk, or what was filled in and not touched.
    saved: String,
    revision: u32,
    saving: bool,
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
        Self { template, language, scratch, author, open: None }
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
        let Some(open) = &mut self.open else { return vec![] };
        let found = |found: bool| if found { None } else { Some(Notice::info("not found")) };
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
            ReviewDeed::Search(text) => found(open.editor.search(text.as_str())),
            ReviewDeed::SearchNext => found(open.editor.search_next()),
            ReviewDeed::Save => {
                self.save(engine, answer, false);
                Some(Notice::info("saved, and its digest is on the timeline"))
            }
            ReviewDeed::Refill => Some(self.refill(model).unwrap_or_else(Notice::error)),
            ReviewDeed::External => Some(self.hand_over().unwrap_or_else(Notice::error)),
            ReviewDeed::Export(file) => Some(self.export(model, &file).unwrap_or_else(Notice::error)),
        };
        notice.map(Msg::Notice).into_iter().chain(self.view()).collect()
    }

    /// What the journal said.
    pub fn take(&mut self, news: DeskNews, model: &Model) -> Vec<Msg> {
        let notice = match news {
            DeskNews::Opened(incident, kept) => self.lay_out(incident, kept, model).err().map(Notice::error),
            DeskNews::Saved(revision) => {
                if let Some(open) = self.open.as_mut().filter(|o| o.incident == revision.incident) {
                    open.saving = false;
                    open.saved = revision.text;
                    open.revision = revision.number;
                }
                Some(Notice::clear("review"))
            }
            DeskNews::Failed(error) => {
                if let Some(open) = &mut self.open {
                    open.saving = false;
                }
                Some(Notice::lasting("review", format!("the review is not on disk: {error}")))
            }
        };
        notice.map(Msg::Notice).into_iter().chain(self.view()).collect()
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
        if self.open.as_ref().is_some_and(|open| open.incident == incident) {
            return self.view().into_iter().collect();
        }
        self.save(engine, answer, true);
        self.open = None;
        let (journal, answer) = (engine.hub().journal().clone(), answer.clone());
        engine.handle().spawn(async move {
            let news = match journal.latest_revision(incident).await {
                Ok(kept) => DeskNews::Opened(incident, kept),
                Err(error) => DeskNews::Failed(error),
            };
            drop(answer.send(Answer::Desk(news)).await);
        });
        vec![Msg::Review(ReviewView::default())]
    }

    /// Opens what was kept, or fills a document from the timeline.
    fn lay_out(&mut self, incident: IncidentId, kept: Option<Revision>, model: &Model) -> Result<(), String> {
        let (text, revision) = match kept {
            Some(kept) => (kept.text, kept.number),
            None => {
                let record = model.board.record(incident).ok_or("its timeline is not loaded yet")?;
                let text = review::document(record, &model.policy, &self.template, model.now)
                    .map_err(|error| error.to_string())?;
                (text, 0)
            }
        };
        let mut editor = Editor::open(&text);
        editor.go_to(review::beginning(&text));
        let saved = editor.text();
        self.open = Some(OpenReview { incident, editor, saved, revision, saving: false });
        Ok(())
    }

    /// Fills in what happened since; a person's edits stay.
    fn refill(&mut self, model: &Model) -> Result<Notice, String> {
        let open = self.open.as_mut().ok_or("no review is open")?;
        let record = model.board.record(open.incident).ok_or("its timeline is not loaded yet")?;
        let edited = open.editor.text();
        let filled = review::refilled(record, &model.policy, &self.template, model.now, &edited)
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

    /// Keeps what changed since the last time; called about once a second.
    pub fn autosave(&mut self, engine: &Engine, answer: &mpsc::Sender<Answer>) {
        self.save(engine, answer, true);
    }

    /// Keeps the text as a revision; one that a person saves goes on the timeline by its digest.
    fn save(&mut self, engine: &Engine, answer: &mpsc::Sender<Answer>, draft: bool) {
        let Some(open) = self.open.as_mut() else { return };
        if open.saving || (draft && !open.is_dirty()) || engine.hub().journal().is_read_only() {
            return;
        }
        open.saving = true;
        let Some(new) = self.revision(engine, draft) else { return };
        let (hub, answer, actor) = (engine.hub().clone(), answer.clone(), Actor::Person(self.author.clone()));
        engine.handle().spawn(async move {
            let incident = new.incident;
            let news = match hub.journal().save_revision(new).await {
                Ok(saved) => {
                    if !draft {
                        let sha256 = Text::line(&saved.sha256);
                        let command = Command::SaveReview { revision: saved.number, sha256 };
                        drop(hub.submit(Some(incident), command, &actor).await);
                    }
                    DeskNews::Saved(saved)
                }
                Err(error) => DeskNews::Failed(error),
            };
            drop(answer.send(Answer::Desk(news)).await);
        });
    }

    /// Keeps what is not on disk yet, and waits for it: the last thing a session does.
    pub fn save_now(&mut self, engine: &Engine) {
        if self.open.as_ref().is_some_and(OpenReview::is_dirty)
            && let Some(new) = self.revision(engine, true)
        {
            // Nobody is left to tell; the last autosave is a second old at most.
            drop(engine.block_on(engine.hub().journal().save_revision(new)));
        }
    }

    fn revision(&self, engine: &Engine, draft: bool) -> Option<NewRevision> {
        let open = self.open.as_ref()?;
        Some(NewRevision {
            incident: open.incident,
            at: engine.hub().clock().now(),
            author: self.author.clone(),
            language: self.language.clone(),
            draft,
            text: open.editor.text(),
        })
    }

    /// Hands the text to $VISUAL or $EDITOR. The terminal was given back before.
    fn hand_over(&mut self) -> Result<Notice, String> {
        let open = self.open.as_mut().ok_or("no review is open")?;
        let file = self.scratch.join(format!("{}-review.md", open.incident));
        let text = edit(&file, &open.editor.text())?;
        if text != open.editor.text() {
            open.editor.replace(&text);
        }
        Ok(Notice::info("back from the editor"))
    }

    fn export(&self, model: &Model, file: &Text) -> Result<Notice, String> {
        let open = self.open.as_ref().ok_or("no review is open")?;
        let text = if file.as_str().ends_with(".json") {
            let record = model.board.record(open.incident).ok_or("its timeline is not loaded yet")?;
            review::to_json(&ReviewFacts::of(record, &model.policy, model.now))
        } else {
            open.editor.text()
        };
        write_new(Path::new(file.as_str()), text.as_bytes())?;
        Ok(Notice::info(format!("written to {file}")))
    }
}

/// Writes a file that is not there yet: an export never overwrites.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let words = |error: std::io::Error| format!("cannot write {}: {error}", path.display());
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(words)?;
    file.write_all(bytes).map_err(words)
}

/// Lets the person's own editor change a text.
fn edit(file: &Path, text: &str) -> Result<String, String> {
    let editor = ["VISUAL", "EDITOR"]
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .filter(|editor| !editor.trim().is_empty())
        .ok_or("neither VISUAL nor EDITOR is set")?;
    // What an earlier hand-over left behind is ours to replace.
    drop(std::fs::remove_file(file));
    write_new(file, text.as_bytes())?;
    let mut argv = editor.split_whitespace();
    let program = argv.next().unwrap_or_default();
    let ended = Program::new(program).args(argv).arg(file).status();
    let status = ended.map_err(|error| format!("{program}: {error}"))?;
    if !status.success() {
        return Err(format!("{program} ended with {status}; the text is in {}", file.display()));
    }
    let edited = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    drop(std::fs::remove_file(file));
    Ok(edited)
}
