//! A person's seat at the process's terminal: what every full-screen program here reads its keys
//! from, draws onto, lends out and gives back.

use std::fs::File;
use std::io;
use std::time::{Duration, Instant};

use ratatui::layout::{Position, Size};

use super::park::{Ended, Park};
use crate::app::key::Input;
use crate::error::{Error, Result};
use crate::tui::backend::FrameBackend;
use crate::tui::canvas::Canvas;
use crate::tui::colour::Depth;
use crate::tui::input::{ESC_WAIT, Reader};
use crate::tui::pace::Pace;
use crate::tui::terminal::{Guard, LocalTty, Modes, size_of, stop_process};

/// A terminal that is taken over until this is dropped.
pub(super) struct Seat {
    terminal: FrameBackend<File>,
    guard: Guard<LocalTty>,
    park: Park,
    reader: Reader<File>,
    /// Until when an Escape waits for the rest of a sequence.
    escape_at: Option<Instant>,
    /// When to draw.
    pub pace: Pace,
    began: Instant,
}

impl Seat {
    /// Takes the terminal over.
    pub fn take(tty: LocalTty, modes: Modes, depth: Depth, frames_per_second: u32) -> Result<Self> {
        let broken = |error: io::Error| Error::user("the terminal cannot be taken over").because(error);
        let (columns, rows) = tty.size();
        let out = tty.writer().map_err(broken)?;
        let keys = tty.keys().map_err(broken)?;
        let guard = Guard::enter(tty, modes).map_err(broken)?;
        guard.leave_on_panic();
        Ok(Self {
            terminal: FrameBackend::new(out, Size::new(columns, rows), depth),
            guard,
            park: Park::new().map_err(broken)?,
            reader: Reader::new(keys),
            escape_at: None,
            pace: Pace::new(frames_per_second),
            began: Instant::now(),
        })
    }

    /// Gives the terminal back from another thread, when a signal comes before signals are heard.
    pub fn other_hand(&self) -> impl FnOnce() + Send + 'static {
        self.guard.other_hand()
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        size_of(self.terminal.out())
    }

    /// Waits for keys, the future, or `deadline`, whichever is first; keys come before the future.
    pub fn wait<F: Future>(&self, future: F, deadline: Instant) -> Result<Ended<F::Output>> {
        let broken = |error: io::Error| Error::internal("the session cannot wait").because(error);
        self.park.wait(self.reader.source(), future, deadline).map_err(broken)
    }

    /// The keys that are there.
    pub fn read(&mut self) -> Vec<Input> {
        let inputs = self.reader.read();
        self.escape_at = self.reader.is_waiting().then(|| Instant::now() + ESC_WAIT);
        inputs
    }

    /// When an Escape whose sequence does not go on is a key of its own.
    pub const fn escape_at(&self) -> Option<Instant> {
        self.escape_at
    }

    /// The keys that an Escape turns out to be.
    pub fn give_up_escape(&mut self) -> Vec<Input> {
        self.escape_at = None;
        self.reader.give_up()
    }

    /// How long until the next frame; `None` as long as nothing changes.
    pub fn frame_in(&self) -> Option<Duration> {
        self.pace.due(self.began.elapsed())
    }

    /// Whether a frame is to be drawn now.
    pub fn is_frame_due(&self) -> bool {
        self.frame_in().is_some_and(|due| due.is_zero())
    }

    /// Draws a frame; `draw` says where the cursor belongs.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Canvas) -> Option<Position>) -> Result<()> {
        // A panic in another thread gave the terminal back; the session goes on.
        if !self.guard.is_entered() && self.guard.resume().is_ok() {
            self.terminal.forget();
        }
        self.terminal.draw(draw).map_err(|error| Error::user("the terminal is gone").because(error))?;
        self.pace.drawn(self.began.elapsed());
        Ok(())
    }

    /// Sends bytes that are no picture. A terminal that cannot take them is noticed by the next frame.
    pub fn send(&mut self, bytes: &[u8]) {
        drop(self.terminal.send(bytes));
    }

    /// Nothing of what the terminal shows is known: the next frame shows all of it.
    pub fn forget(&mut self) {
        self.terminal.forget();
    }

    /// The terminal has a new size, or somebody else had it: nothing of what it shows is known, even
    /// if the size is the one it was, and only those were told of another who had it.
    pub fn look_anew(&mut self) -> Input {
        let (columns, rows) = self.size();
        self.terminal.set_size(Size::new(columns, rows));
        self.pace.key();
        Input::Resize { columns, rows }
    }

    /// Gives the terminal to another program. Nobody reads keys here meanwhile.
    pub fn lend(&mut self) {
        drop(self.guard.suspend());
    }

    /// Takes it back: whether it had been lent.
    pub fn take_back(&mut self) -> bool {
        let was_lent = !self.guard.is_entered();
        if was_lent {
            drop(self.guard.resume());
        }
        was_lent
    }

    /// Stops the process, as Ctrl-Z means it, until its shell lets it go on.
    pub fn suspend(&mut self) -> Result<Input> {
        let broken = |error: io::Error| Error::internal("the process cannot be stopped").because(error);
        self.guard.suspend().map_err(broken)?;
        stop_process().map_err(broken)?;
        self.guard.resume().map_err(broken)?;
        Ok(self.look_anew())
    }
}
