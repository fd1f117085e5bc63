//! From a terminal's events to inputs, as many at once as are there.
//!
//! crossterm reads and parses the bytes. Two of its habits are mended here: an escape sequence
//! that arrives in two parts comes out as Escape and letters, and a reader that takes one event at
//! a time would draw a frame for each. Nothing here knows what a key does.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use crossterm::event::{
    Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};
use futures::Stream;

use crate::app::key::{Code, Input, Key, Mouse, MouseKind};
use crate::incident::Text;

use self::rejoin::Rejoin;

mod rejoin;

/// The most inputs of one batch: after so many, a person wants to see something.
const BATCH: usize = 1024;

/// How long Escape waits for the rest of a sequence that it may be the first part of. Terminals
/// write a sequence at once; a network may split it, but the second part follows closely.
const ESC_WAIT: Duration = Duration::from_millis(25);

/// Reads inputs from a terminal. Use it from one task only, and drop it while another program has
/// the terminal: two readers steal each other's keys.
#[derive(Debug)]
pub struct Reader<S = EventStream> {
    events: S,
    rejoin: Rejoin,
    closed: bool,
}

impl Reader {
    /// Reads the process's terminal.
    #[must_use]
    pub fn new() -> Self {
        Self::from_events(EventStream::new())
    }
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Stream<Item = io::Result<Event>> + Unpin> Reader<S> {
    /// Reads any events.
    pub fn from_events(events: S) -> Self {
        Self { events, rejoin: Rejoin::default(), closed: false }
    }

    /// Waits for an input and returns all that have come by then, in order; never empty.
    ///
    /// After [`Input::Closed`] it says so again and again. Dropping the future loses nothing.
    ///
    /// A terminal that died without a word makes crossterm wait forever: SIGHUP must end the
    /// session too.
    pub async fn batch(&mut self) -> Vec<Input> {
        loop {
            let batch = if self.rejoin.is_waiting() {
                match tokio::time::timeout(ESC_WAIT, self.ready()).await {
                    Ok(batch) => batch,
                    Err(_) => self.rejoin.give_up(),
                }
            } else {
                self.ready().await
            };
            if !batch.is_empty() {
                return batch;
            }
        }
    }

    /// Takes every event that is there. Empty when all of them made no input.
    ///
    /// Polls with the waker of the waiting task only: crossterm keeps the first one it sees.
    fn ready(&mut self) -> impl Future<Output = Vec<Input>> + '_ {
        poll_fn(|cx| {
            if self.closed {
                return Poll::Ready(vec![Input::Closed]);
            }
            let mut batch = Vec::new();
            let mut events = 0;
            while events < BATCH {
                match Pin::new(&mut self.events).poll_next(cx) {
                    Poll::Ready(Some(Ok(event))) => {
                        events += 1;
                        self.take(event, &mut batch);
                    }
                    Poll::Ready(Some(Err(_)) | None) => {
                        self.closed = true;
                        batch.append(&mut self.rejoin.give_up());
                        batch.push(Input::Closed);
                        break;
                    }
                    Poll::Pending => break,
                }
            }
            if events == 0 && batch.is_empty() { Poll::Pending } else { Poll::Ready(batch) }
        })
    }

    fn take(&mut self, event: Event, batch: &mut Vec<Input>) {
        let Some(input) = translate(event) else {
            return;
        };
        self.rejoin.push(input, batch);
        // While a window is dragged larger only its last size matters.
        if let [.., Input::Resize { .. }, Input::Resize { .. }] = batch.as_slice() {
            batch.swap_remove(batch.len() - 2);
        }
    }
}

/// What an event means, if it means anything here.
fn translate(event: Event) -> Option<Input> {
    match event {
        Event::Key(event) => key(event).map(Input::Key),
        Event::Mouse(event) => mouse(event).map(Input::Mouse),
        Event::Paste(text) => Some(Input::Paste(Text::block(&text))),
        Event::Resize(columns, rows) => Some(Input::Resize { columns, rows }),
        Event::FocusGained => Some(Input::Focus(true)),
        Event::FocusLost => Some(Input::Focus(false)),
    }
}

fn key(event: KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let mut shift = event.modifiers.contains(KeyModifiers::SHIFT);
    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum: keys that nothing here knows")]
    let code = match event.code {
        KeyCode::Char(c) if c.is_control() => return None,
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => {
            shift = true;
            Code::Tab
        }
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Insert => Code::Insert,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::F(n @ 1..=24) => Code::F(n),
        _ => return None,
    };
    let held = |modifier| event.modifiers.contains(modifier);
    Some(Key::new(code, held(KeyModifiers::CONTROL), held(KeyModifiers::ALT), shift))
}

fn mouse(event: MouseEvent) -> Option<Mouse> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum: other buttons and movements")]
    let kind = match event.kind {
        MouseEventKind::Down(MouseButton::Left) => MouseKind::Down,
        MouseEventKind::Drag(MouseButton::Left) => MouseKind::Drag,
        MouseEventKind::Up(MouseButton::Left) => MouseKind::Up,
        MouseEventKind::ScrollUp => MouseKind::ScrollUp,
        MouseEventKind::ScrollDown => MouseKind::ScrollDown,
        _ => return None,
    };
    Some(Mouse { kind, column: event.column, row: event.row })
}

#[cfg(test)]
mod tests;
