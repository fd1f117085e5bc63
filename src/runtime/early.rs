//! Signals that come before a session's loop hears them: from the moment the terminal is taken over
//! until the journal is open, which may take seconds where another process holds it.
//!
//! They must be caught from the first moment on, or they end the process with the terminal taken.

use std::io;
use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// Signals are caught, and nobody acts on them yet.
pub(super) struct Early {
    runtime: Runtime,
    ends: [Signal; 3],
}

/// Somebody acts on them until this is ended.
pub(super) struct Watching {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<bool>,
}

impl Early {
    /// Catches them from now on: call it before the terminal is taken over.
    pub fn catch() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let entered = runtime.enter();
        let kinds = [SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt()];
        let [term, hangup, int] = kinds.map(signal);
        let ends = [term?, hangup?, int?];
        drop(entered);
        Ok(Self { runtime, ends })
    }

    /// Gives the terminal back as soon as one comes, or has come. Whoever draws must have done so.
    pub fn watch(self, give_back: impl FnOnce() + Send + 'static) -> io::Result<Watching> {
        let (stop, stopped) = oneshot::channel();
        let Self { runtime, ends: [mut term, mut hangup, mut int] } = self;
        let run = move || {
            let came = runtime.block_on(async {
                tokio::select! {
                    biased;
                    _ = term.recv() => true,
                    _ = hangup.recv() => true,
                    _ = int.recv() => true,
                    _ = stopped => false,
                }
            });
            if came {
                give_back();
            }
            came
        };
        let thread = thread::Builder::new().name("early signals".into()).spawn(run)?;
        Ok(Watching { stop, thread })
    }
}

impl Watching {
    /// Ends it, once somebody else hears the signals; whether one came before.
    pub fn end(self) -> bool {
        // It may have ended by itself.
        let _ = self.stop.send(());
        self.thread.join().unwrap_or(true)
    }
}
