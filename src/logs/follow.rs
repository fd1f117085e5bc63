//! Follows one path through everything that can happen to the file behind it.
//!
//! A follower has no clock and never waits: whoever drives it says what time it is, looks now and
//! then ([`Follower::look`]) and reads while there is room ([`Follower::read`]). Looking is separate
//! from reading so that rotated files are still caught while the receiver has no room.

use std::collections::{HashSet, VecDeque};
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::batch::Happening;
use super::generation::{Generation, Outcome};
use super::ledger::{FileId, Ledger};
use super::passed::{Passed, passed};
use super::sibling::{siblings, standing};
use super::splitter::Piece;
use crate::incident::Text;
use crate::incident::name::Time;

/// What a follower finds.
#[derive(Debug)]
pub(super) enum Found<'a> {
    Lines(Piece<'a>),
    Happening(Happening),
}

/// Takes what is found.
pub(super) type Sink<'s> = dyn FnMut(Found<'_>) + 's;

/// Where reading begins when a path is first opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// The file was there before: its last lines.
    Tail(usize),
    /// The file has come to be since: all of it.
    Beginning,
    /// The file was read up to this byte; from the beginning if it is shorter by now.
    At(u64),
}

/// How long a follower waits for what may still come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// A file that left its path is held open this long after its last change: a writer told to
    /// reopen its log goes on writing to the old one until it does.
    pub linger: Duration,
    /// A last line without its end is given out when nothing came for this long.
    pub unfinished: Duration,
}

/// Follows one path.
#[derive(Debug)]
pub(super) struct Follower {
    path: PathBuf,
    patience: Patience,
    start: Start,
    /// The files that stood at the path, oldest first. The last is the one standing there now, if
    /// the condition says so.
    generations: VecDeque<Generation>,
    condition: Condition,
    /// The rotated siblings that were there at the last rotation: those that are not among them have
    /// stood at the path since.
    siblings: HashSet<FileId>,
    was_read: bool,
    /// After a failed read the file is left alone until then.
    rests_until: Option<Time>,
}

#[derive(Debug, PartialEq, Eq)]
enum Condition {
    /// Not looked at yet.
    New,
    /// The newest generation stands at the path.
    Open,
    /// The file at the path is read under another of its names.
    Elsewhere,
    Missing,
    Unreadable(Text),
}

impl Follower {
    /// Files held open at once for one path. Only reached when reading is held up through as many
    /// rotations; 64 leave room for other paths within the usual 1,024 of a process.
    const GENERATIONS_MAX: usize = 64;

    pub fn new(path: PathBuf, start: Start, patience: Patience) -> Self {
        Self {
            path,
            patience,
            start,
            generations: VecDeque::new(),
            condition: Condition::New,
            siblings: HashSet::new(),
            was_read: false,
            rests_until: None,
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the path is gone and everything that stood there is read and let go.
    pub fn is_over(&self) -> bool {
        self.condition == Condition::Missing && self.generations.is_empty()
    }

    /// Whether everything known is read.
    pub fn is_caught_up(&self) -> bool {
        self.generations.iter().all(Generation::is_caught_up)
    }

    /// Whether a line has begun and not ended.
    pub fn is_unfinished(&self) -> bool {
        self.generations.iter().any(Generation::is_unfinished)
    }

    /// Looks at what stands at the path and how long it is. Reads no line, but may give out an
    /// unfinished one that will not be finished.
    pub fn look(&mut self, now: Time, ledger: &mut Ledger, sink: &mut Sink<'_>) {
        if self.rests_until.is_none_or(|until| until <= now) {
            self.rests_until = None;
            self.look_at_path(now, ledger, sink);
        }
        self.let_go(now, ledger, sink);
    }

    fn look_at_path(&mut self, now: Time, ledger: &mut Ledger, sink: &mut Sink<'_>) {
        if self.condition == Condition::New {
            self.know_siblings();
        }
        match fs::metadata(&self.path) {
            Ok(meta) if meta.is_file() => self.look_at(&meta, now, ledger, sink),
            Ok(_) => self.leave(Condition::Unreadable(Text::line("it is not a file")), now, sink),
            Err(error) => self.leave(condition(&error), now, sink),
        }
    }

    /// Reads at most `buf` and `room` lines, older files first.
    pub fn read(
        &mut self,
        now: Time,
        buf: &mut [u8],
        room: &mut usize,
        ledger: &mut Ledger,
        sink: &mut Sink<'_>,
    ) {
        let mut place = 0;
        while place < self.generations.len() && *room > 0 {
            let generation = &mut self.generations[place];
            match generation.read(buf, room, &mut |lines| sink(Found::Lines(lines))) {
                Ok(Outcome::CaughtUp) => {
                    if generation.is_unfinished() && generation.quiet_for(now) >= self.patience.unfinished {
                        generation.flush(&mut |lines| sink(Found::Lines(lines)));
                        *room -= 1;
                    }
                    place += 1;
                }
                // What comes later must not overtake it.
                Ok(Outcome::More) => return,
                Ok(Outcome::Truncated { lost }) => {
                    // A copy of it may lie beside it by now; what is newer than it is none.
                    let id = generation.id();
                    self.siblings.extend(passed(&self.path, id, |_| false, standing).older);
                    sink(Found::Happening(Happening::Truncated { lost }));
                    return;
                }
                Err(error) => {
                    let newest = place + 1 == self.generations.len();
                    self.close(place, ledger, sink);
                    if newest && self.condition == Condition::Open {
                        self.rests_until = Some(now + self.patience.linger);
                        self.leave(condition(&error), now, sink);
                    }
                }
            }
        }
    }

    fn look_at(&mut self, meta: &Metadata, now: Time, ledger: &mut Ledger, sink: &mut Sink<'_>) {
        let id = FileId::from(meta);
        if let Some(place) = self.generations.iter().position(|generation| generation.id() == id) {
            // It may have been moved away and back.
            let current = self.generations.remove(place).map(|mut generation| {
                generation.look_at(meta, now);
                generation
            });
            self.generations.extend(current);
            self.enter(false, sink);
        } else if ledger.holds(id) {
            self.retire_newest(now);
            self.condition = Condition::Elsewhere;
        } else {
            match self.open(now, ledger) {
                Ok(Some(generation)) => {
                    self.retire_newest(now);
                    self.take_passed(generation.id(), now, ledger, sink);
                    self.generations.push_back(generation);
                    self.enter(true, sink);
                    self.bound(ledger, sink);
                }
                // Changed again since the look: the next one sees what came of it.
                Ok(None) => {}
                Err(error) => self.leave(condition(&error), now, sink),
            }
        }
    }

    /// Takes up the files that stood at the path since the last look and left again, before the one
    /// that stands there now.
    fn take_passed(&mut self, current: FileId, now: Time, ledger: &mut Ledger, sink: &mut Sink<'_>) {
        if self.condition == Condition::New {
            return;
        }
        let wanted = |id| !self.siblings.contains(&id) && !ledger.holds(id) && ledger.place(id).is_none();
        let Passed { files, older, mut is_all } = passed(&self.path, current, wanted, standing);
        // What is kept ends before what was held open: files in between may have gone the same way.
        is_all &= files.is_empty() || !self.generations.back().is_some_and(Generation::is_deleted);
        for (file, meta) in files {
            let Ok(mut generation) = Generation::at_beginning(file, &meta, now) else {
                is_all = false;
                continue;
            };
            ledger.take(generation.id());
            generation.retire(now);
            self.generations.push_back(generation);
            sink(Found::Happening(Happening::Rotated));
        }
        self.siblings = older;
        if !is_all {
            sink(Found::Happening(Happening::Overtaken));
        }
    }

    /// Takes note of the rotated siblings: whatever comes to be there later stood at the path first.
    fn know_siblings(&mut self) {
        self.siblings.extend(siblings(&self.path));
    }

    fn open(&self, now: Time, ledger: &mut Ledger) -> io::Result<Option<Generation>> {
        let file = File::open(&self.path)?;
        // The name may lead to another file by now: what counts is the one that was opened.
        let meta = file.metadata()?;
        let id = FileId::from(&meta);
        if !meta.is_file() || ledger.holds(id) {
            return Ok(None);
        }
        let generation = match (ledger.place(id), self.start) {
            (Some(place), _) => Generation::at_place(file, &meta, place, now),
            (None, Start::Tail(lines)) => Generation::at_tail(file, &meta, lines, now),
            (None, Start::At(offset)) if offset <= meta.len() => {
                Generation::at_offset(file, &meta, offset, now)
            }
            (None, Start::Beginning | Start::At(_)) => Generation::at_beginning(file, &meta, now),
        }?;
        ledger.take(id);
        Ok(Some(generation))
    }

    /// Another file, or the same again, stands at the path.
    fn enter(&mut self, another: bool, sink: &mut Sink<'_>) {
        let happened = match std::mem::replace(&mut self.condition, Condition::Open) {
            Condition::New => None,
            Condition::Elsewhere if !self.was_read => None,
            Condition::Open | Condition::Elsewhere => another.then_some(Happening::Rotated),
            Condition::Missing if !self.was_read => Some(Happening::Appeared),
            Condition::Missing | Condition::Unreadable(_) => Some(Happening::Returned),
        };
        self.start = Start::Beginning;
        self.was_read = true;
        if let Some(happened) = happened {
            sink(Found::Happening(happened));
        }
    }

    /// Nothing that can be read stands at the path.
    fn leave(&mut self, condition: Condition, now: Time, sink: &mut Sink<'_>) {
        self.retire_newest(now);
        if self.condition == condition {
            return;
        }
        let happened = match &condition {
            Condition::Missing => {
                // Whatever comes after this has come to be since.
                self.start = Start::Beginning;
                Some(Happening::Missing)
            }
            Condition::Unreadable(why) => Some(Happening::Unreadable { why: why.clone() }),
            Condition::New | Condition::Open | Condition::Elsewhere => None,
        };
        self.condition = condition;
        if let Some(happened) = happened {
            sink(Found::Happening(happened));
        }
    }

    fn retire_newest(&mut self, now: Time) {
        if self.condition == Condition::Open
            && let Some(generation) = self.generations.back_mut()
        {
            generation.retire(now);
        }
    }

    /// Looks at the files that left the path, and closes those that are read and stay quiet.
    fn let_go(&mut self, now: Time, ledger: &mut Ledger, sink: &mut Sink<'_>) {
        let standing = usize::from(self.condition == Condition::Open);
        let mut place = 0;
        while place + standing < self.generations.len() {
            let generation = &mut self.generations[place];
            let lost = generation.look(now).is_err();
            let done = generation.is_caught_up() && generation.quiet_for(now) >= self.patience.linger;
            if lost || done {
                self.close(place, ledger, sink);
            } else {
                place += 1;
            }
        }
    }

    /// Closes the oldest files beyond the bound, read or not.
    fn bound(&mut self, ledger: &mut Ledger, sink: &mut Sink<'_>) {
        while self.generations.len() > Self::GENERATIONS_MAX {
            let lost = self.generations.front().map_or(0, Generation::unread);
            self.close(0, ledger, sink);
            if lost > 0 {
                sink(Found::Happening(Happening::Abandoned { lost }));
            }
        }
    }

    fn close(&mut self, place: usize, ledger: &mut Ledger, sink: &mut Sink<'_>) {
        if let Some(generation) = self.generations.remove(place) {
            ledger.give_back(generation.close(&mut |lines| sink(Found::Lines(lines))));
        }
    }
}

fn condition(error: &io::Error) -> Condition {
    if error.kind() == io::ErrorKind::NotFound {
        Condition::Missing
    } else {
        Condition::Unreadable(Text::line(&error.to_string()))
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod torture;
