//! The way from ratatui to a terminal: one frame is one write.
//!
//! ratatui's stock backend makes thousands of small writes a frame, flushes twice and asks the
//! process's terminal for its size. This one collects a frame, lets the painter find the fewest
//! bytes, brackets them for synchronized output and writes them at once. It asks nothing: the
//! size is what the session says, so it serves a terminal at the far end of a network too.

use std::io::{self, ErrorKind, Write};
use std::thread;
use std::time::Duration;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::{Buffer, Cell, CellWidth};
use ratatui::layout::{Position, Rect, Size};

use super::colour::Depth;
use super::painter::Painter;

/// Begins synchronized output: the terminal shows nothing until the end comes.
const BEGIN: &[u8] = b"\x1b[?2026h";
/// Ends synchronized output.
const END: &[u8] = b"\x1b[?2026l";
/// A frame up to this many bytes goes without the brackets: it reaches the terminal in one read
/// and cannot tear, and a clock that changes one digit would otherwise cost eight times as much.
const SMALL: usize = 48;
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

/// A ratatui backend that writes each frame at once.
#[derive(Debug)]
pub struct FrameBackend<W: Write> {
    out: W,
    painter: Painter,
    /// The terminal's size, which ratatui asks for before it draws.
    size: Size,
    /// The whole screen as ratatui wants it.
    wanted: Buffer,
    /// The rows of `wanted` that ratatui drew into since the last frame.
    drawn: Vec<bool>,
    /// Where ratatui put its cursor, and whether it is to be seen.
    position: Position,
    visible: bool,
    /// Whether there may be something to send.
    pending: bool,
    frame: Vec<u8>,
    sent: Sent,
}

impl<W: Write> FrameBackend<W> {
    /// A backend for a terminal of this size, of which nothing else is known.
    pub fn new(out: W, size: Size, depth: Depth) -> Self {
        let mut backend = Self {
            out,
            painter: Painter::new(depth),
            size,
            wanted: Buffer::default(),
            drawn: Vec::new(),
            position: Position::ORIGIN,
            visible: false,
            pending: false,
            frame: Vec::with_capacity(8 * 1024),
            sent: Sent::default(),
        };
        backend.begin();
        backend
    }

    /// The terminal has a new size, maybe; ratatui learns it with its next draw.
    ///
    /// Until then `wanted` stays: after there and back again ratatui finds the size it knows, and
    /// draws only what changed since.
    pub fn set_size(&mut self, size: Size) {
        self.size = size;
        self.forget();
    }

    /// Begins with a blank screen of the terminal's size.
    fn begin(&mut self) {
        self.wanted = Buffer::empty(Rect::from((Position::ORIGIN, self.size)));
        self.drawn = vec![true; usize::from(self.size.height)];
        self.forget();
    }

    /// Somebody else wrote to the terminal: the next frame clears and draws all of it.
    pub fn forget(&mut self) {
        self.painter.forget();
        self.pending = true;
    }

    /// What was sent so far.
    #[must_use]
    pub fn sent(&self) -> Sent {
        self.sent
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

    fn blank(&mut self, from: usize, to: usize) {
        self.wanted.content[from..to].fill(Cell::EMPTY);
        self.drawn.fill(true);
        self.pending = true;
    }

    fn send_frame(&mut self) -> io::Result<()> {
        let cursor = self.visible.then_some(self.position);
        let drawn = &self.drawn;
        self.frame.clear();
        self.frame.extend_from_slice(BEGIN);
        self.painter.paint(&self.wanted, |y| drawn[usize::from(y)], cursor, &mut self.frame);
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

impl<W: Write> Backend for FrameBackend<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        for (x, y, cell) in content {
            let right = self.wanted.area.right();
            let Some(slot) = self.wanted.cell_mut((x, y)) else {
                continue;
            };
            slot.clone_from(cell);
            // ratatui says nothing of the cells under a wide one.
            let after = if cell.symbol().len() == 1 { x } else { x.saturating_add(cell.cell_width()) };
            for covered in x + 1..after.min(right) {
                self.wanted[(covered, y)].reset();
            }
            self.drawn[usize::from(y)] = true;
            self.pending = true;
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.pending |= self.visible;
        self.visible = false;
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.pending |= !self.visible;
        self.visible = true;
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.position)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        self.pending |= self.visible && position != self.position;
        self.position = position;
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        let Size { width, height } = self.wanted.area.as_size();
        let columns = usize::from(width);
        let row = usize::from(self.position.y.min(height)) * columns;
        let here = (row + usize::from(self.position.x.min(width))).min(self.wanted.content.len());
        let row_end = (row + columns).min(self.wanted.content.len());
        match clear_type {
            ClearType::All => self.begin(),
            ClearType::AfterCursor => self.blank(here, self.wanted.content.len()),
            ClearType::BeforeCursor => self.blank(0, here),
            ClearType::CurrentLine => self.blank(row.min(row_end), row_end),
            ClearType::UntilNewLine => self.blank(here, row_end),
        }
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.pending {
            return Ok(());
        }
        let sent = self.send_frame();
        if sent.is_err() {
            // How much of the frame arrived is not known.
            self.forget();
            return sent;
        }
        self.drawn.fill(false);
        self.pending = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
