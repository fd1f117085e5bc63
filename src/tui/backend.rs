//! The way from a drawn screen to a terminal: one frame is one write.
//!
//! ratatui's own way there compares two screens, makes thousands of small writes a frame, flushes
//! twice and asks the process's terminal for its size. Here the screen is drawn onto one canvas
//! that stays, the painter finds the fewest bytes, and they are bracketed for synchronized output
//! and written at once. Nothing is asked: the size is what the session says, so it serves a
//! terminal at the far end of a network too.

use std::io::{self, ErrorKind, Write};
use std::thread;
use std::time::Duration;

use ratatui::layout::{Position, Size};

use super::canvas::Canvas;
use super::colour::Depth;
use super::painter::Painter;

/// Begins synchronized output: the terminal shows nothing until the end comes.
const BEGIN: &[u8] = b"\x1b[?2026h";
/// Ends synchronized output.
const END: &[u8] = b"\x1b[?2026l";
/// A frame up to this many bytes goes without the brackets: it reaches the terminal in one read
/// and cannot tear. A clock that changes one digit would otherwise cost eight times as much, and a log
/// that scrolls by one line a seventh more.
const SMALL: usize = 256;
/// How long to wait for a terminal that takes no bytes now, before trying again.
const FULL_WAIT: Duration = Duration::from_millis(1);

/// What has been sent to a terminal so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// Frames that changed something.
    pub frames: u64,
    /// Bytes of all frames.
    pub bytes: u64,
    /// Calls to write. More than one a frame only when the terminal took a part.
    pub writes: u64,
    /// Bytes of the last frame.
    pub last: usize,
}

/// A terminal to which each frame is written at once.
#[derive(Debug)]
pub struct FrameBackend<W: Write> {
    out: W,
    painter: Painter,
    /// The terminal's size, which the canvas has from the next frame on.
    size: Size,
    canvas: Canvas,
    frame: Vec<u8>,
    sent: Sent,
}

impl<W: Write> FrameBackend<W> {
    /// A backend for a terminal of this size, of which nothing else is known.
    pub fn new(out: W, size: Size, depth: Depth) -> Self {
        Self {
            out,
            painter: Painter::new(depth),
            size,
            canvas: Canvas::new(size),
            frame: Vec::with_capacity(8 * 1024),
            sent: Sent::default(),
        }
    }

    /// The terminal has a new size, maybe: the next frame clears and shows all of it.
    pub fn set_size(&mut self, size: Size) {
        self.size = size;
        self.forget();
    }

    /// Somebody else wrote to the terminal: the next frame clears and shows all of it.
    pub fn forget(&mut self) {
        self.painter.forget();
    }

    /// Draws a frame and sends what the terminal does not show yet. `draw` says where the cursor
    /// belongs, if it is to be seen.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Canvas) -> Option<Position>) -> io::Result<()> {
        if self.canvas.area().as_size() != self.size {
            self.canvas = Canvas::new(self.size);
        }
        let cursor = draw(&mut self.canvas);
        let sent = self.send_frame(cursor);
        if sent.is_err() {
            // How much of the frame arrived is not known.
            self.forget();
        } else {
            self.canvas.shown();
        }
        sent
    }

    /// What was sent so far.
    #[must_use]
    pub fn sent(&self) -> Sent {
        self.sent
    }

    /// The screen as it was drawn last.
    #[must_use]
    pub fn canvas(&self) -> &Canvas {
        &self.canvas
    }

    /// Where the bytes go.
    #[must_use]
    pub fn out(&self) -> &W {
        &self.out
    }

    /// Where the bytes go, to send what is no part of the screen: a bell, a clipboard.
    pub fn out_mut(&mut self) -> &mut W {
        &mut self.out
    }

    /// Sends bytes that move no cursor and draw nothing, as `tui/osc` makes them.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        write_whole(&mut self.out, bytes).map(|_| ())
    }

    fn send_frame(&mut self, cursor: Option<Position>) -> io::Result<()> {
        self.frame.clear();
        self.frame.extend_from_slice(BEGIN);
        self.painter.paint(&self.canvas, cursor, &mut self.frame);
        let body = self.frame.len() - BEGIN.len();
        if body == 0 {
            return Ok(());
        }
        let bytes = if body <= SMALL {
            &self.frame[BEGIN.len()..]
        } else {
            self.frame.extend_from_slice(END);
            &self.frame[..]
        };
        let writes = write_whole(&mut self.out, bytes)?;
        self.sent.frames += 1;
        self.sent.bytes += bytes.len() as u64;
        self.sent.writes += writes;
        self.sent.last = bytes.len();
        Ok(())
    }
}

/// Writes all of it, in one call when the terminal takes it, and says in how many.
fn write_whole(out: &mut impl Write, mut bytes: &[u8]) -> io::Result<u64> {
    let mut writes = 0;
    while !bytes.is_empty() {
        match out.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(taken) => {
                writes += 1;
                bytes = &bytes[taken..];
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // Whoever shares the terminal may have made it non-blocking.
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(FULL_WAIT),
            Err(error) => return Err(error),
        }
    }
    out.flush()?;
    Ok(writes)
}

#[cfg(test)]
mod tests;
