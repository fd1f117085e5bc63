//! From a terminal's bytes to inputs, as many at once as are there.
//!
//! The session reads on its own thread, when its terminal has something: a key press then wakes
//! one thread, and no other program steals keys while the session waits for that program. Bytes
//! come in any portions; a sequence or a character that was cut in two is put together again.
//! Nothing here knows what a key does, and no clock: how long to wait for the rest of a sequence
//! is said, the session waits.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use crate::app::key::Input;

use self::decoder::Decoder;

mod decoder;
mod sequence;

/// The most bytes of one batch: what a terminal holds at most, and far more than a person types
/// between two frames.
const BATCH: usize = 4096;

/// How long Escape waits for the rest of a sequence that it may be the first part of. Terminals
/// write a sequence at once; a network may split it, but the second part follows closely.
pub const ESC_WAIT: Duration = Duration::from_millis(25);

/// Reads inputs from a terminal.
#[derive(Debug)]
pub struct Reader<R> {
    from: R,
    bytes: Vec<u8>,
    decoder: Decoder,
}

impl<R: Read> Reader<R> {
    /// Reads the terminal whose bytes `from` gives.
    pub fn new(from: R) -> Self {
        Self { from, bytes: vec![0; BATCH], decoder: Decoder::default() }
    }

    /// Where the bytes come from, to wait until there are some.
    pub const fn source(&self) -> &R {
        &self.from
    }

    /// Reads once, and returns all inputs that are complete, in order.
    ///
    /// [`Input::Closed`] is the last one of a terminal that is gone, with nothing lost before it.
    pub fn read(&mut self) -> Vec<Input> {
        match self.from.read(&mut self.bytes) {
            Ok(count) if count > 0 => {
                let mut inputs = Vec::new();
                self.decoder.feed(&self.bytes[..count], &mut inputs);
                inputs
            }
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => vec![],
            Ok(_) | Err(_) => {
                let mut inputs = self.give_up();
                inputs.push(Input::Closed);
                inputs
            }
        }
    }

    /// Whether something is held that only time can decide: ask [`Reader::give_up`] when
    /// [`ESC_WAIT`] has gone by without another byte.
    pub fn is_waiting(&self) -> bool {
        self.decoder.is_waiting()
    }

    /// The rest of the sequence did not come: it was the Escape key, and what followed it.
    pub fn give_up(&mut self) -> Vec<Input> {
        let mut inputs = Vec::new();
        self.decoder.give_up(&mut inputs);
        inputs
    }
}

#[cfg(test)]
mod tests;
