//! Takes the terminal over and always gives it back: on leaving, on a panic, on a signal.
//!
//! The guard is shared with the panic hook and nothing else; there is no global. What it writes
//! goes out in one write, so that no signal can fall between two modes.

use std::io::{self, Write};
use std::panic;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

/// What is asked of a terminal besides a full screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Modes {
    /// Reports buttons, drags and the wheel. It takes the terminal's own selection away.
    pub mouse: bool,
    /// Reports when the window gains or loses the keyboard.
    pub focus: bool,
}

/// What leaves no matter which modes were entered, in this order: a frame that was cut off, the
/// pen, mouse, focus, paste, cursor, screen.
const LEAVE: &[u8] =
    b"\x1b[?2026l\x1b[m\x1b[?1006l\x1b[?1002l\x1b[?1000l\x1b[?1004l\x1b[?2004l\x1b[?25h\x1b[?1049l";

impl Modes {
    /// Alternate screen, no cursor, bracketed paste, and what else is asked.
    fn enter(self) -> Vec<u8> {
        let mut bytes = b"\x1b[?1049h\x1b[?25l\x1b[?2004h".to_vec();
        if self.mouse {
            // Buttons and drags, not every movement; in the form without a limit on columns.
            bytes.extend_from_slice(b"\x1b[?1000h\x1b[?1002h\x1b[?1006h");
        }
        if self.focus {
            bytes.extend_from_slice(b"\x1b[?1004h");
        }
        bytes
    }
}

/// A terminal that can be written to and made raw. The process's own is [`LocalTty`].
pub trait Tty: Write + Send + 'static {
    /// Keys come one by one and unechoed (true), or by the line, as a shell has it.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn set_raw(&mut self, raw: bool) -> io::Result<()>;
}

/// The terminal of this process.
#[cfg(unix)]
#[derive(Debug)]
pub struct LocalTty {
    out: std::fs::File,
}

#[cfg(unix)]
impl LocalTty {
    /// The terminal on standard output.
    ///
    /// # Errors
    /// When standard output or input is no terminal.
    pub fn open() -> io::Result<Self> {
        use std::io::IsTerminal as _;
        if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
            return Err(io::Error::other("standard input and output must be a terminal"));
        }
        Self::unbuffered().map(|out| Self { out })
    }

    /// The terminal on standard output, where standard input brings something else than keys.
    ///
    /// # Errors
    /// When standard output is no terminal, or no keys can be had.
    pub fn open_beside_input() -> io::Result<Self> {
        use std::io::IsTerminal as _;
        if !io::stdout().is_terminal() {
            return Err(io::Error::other("standard output must be a terminal"));
        }
        std::fs::File::open(Self::CONTROLLING)?;
        Self::unbuffered().map(|out| Self { out })
    }

    /// The terminal of the process, whatever its standard input is.
    const CONTROLLING: &str = "/dev/tty";

    /// The terminal's input, for the keys: not standard input where that is no terminal.
    ///
    /// # Errors
    /// When there are no file descriptors left.
    pub fn keys(&self) -> io::Result<std::fs::File> {
        use std::io::IsTerminal as _;
        if io::stdin().is_terminal() { Self::reader() } else { std::fs::File::open(Self::CONTROLLING) }
    }

    /// Another way to the same terminal, for the frames.
    ///
    /// # Errors
    /// When there are no file descriptors left.
    pub fn writer(&self) -> io::Result<std::fs::File> {
        self.out.try_clone()
    }

    /// The terminal's input, for the keys.
    ///
    /// # Errors
    /// When there are no file descriptors left.
    pub fn reader() -> io::Result<std::fs::File> {
        use std::os::fd::AsFd as _;
        io::stdin().as_fd().try_clone_to_owned().map(std::fs::File::from)
    }

    /// The terminal's size, as [`size_of`] has it.
    #[must_use]
    pub fn size(&self) -> (u16, u16) {
        size_of(&self.out)
    }

    /// Standard output without the buffer that would split a frame at its line ends.
    fn unbuffered() -> io::Result<std::fs::File> {
        use std::os::fd::AsFd as _;
        io::stdout().as_fd().try_clone_to_owned().map(std::fs::File::from)
    }
}

#[cfg(unix)]
impl Write for LocalTty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(unix)]
impl Tty for LocalTty {
    fn set_raw(&mut self, raw: bool) -> io::Result<()> {
        if raw { crossterm::terminal::enable_raw_mode() } else { crossterm::terminal::disable_raw_mode() }
    }
}

/// A terminal's size as the kernel knows it, in columns and rows; 80 by 24 if it knows none.
#[cfg(unix)]
#[must_use]
pub fn size_of(terminal: &std::fs::File) -> (u16, u16) {
    match rustix::termios::tcgetwinsize(terminal) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
        Ok(_) | Err(_) => (80, 24),
    }
}

/// Stops this process, as Ctrl-Z does in a shell, until somebody continues it.
///
/// [`Guard::suspend`] first; afterwards [`Guard::resume`], and read the size anew.
///
/// # Errors
/// When the system refuses.
#[cfg(unix)]
pub fn stop_process() -> io::Result<()> {
    // Not SIGTSTP: the session catches that one.
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP)?;
    Ok(())
}

/// Holds a terminal taken over; gives it back when dropped.
#[derive(Debug)]
pub struct Guard<T: Tty> {
    held: Arc<Mutex<Held<T>>>,
}

#[derive(Debug)]
struct Held<T> {
    tty: T,
    modes: Modes,
    entered: bool,
}

impl<T: Tty> Held<T> {
    fn enter(&mut self) -> io::Result<()> {
        if self.entered {
            return Ok(());
        }
        self.entered = true;
        self.tty.set_raw(true)?;
        self.tty.write_all(&self.modes.enter())?;
        self.tty.flush()
    }

    /// Does every part even if another part fails: half a terminal is better than none.
    fn leave(&mut self) -> io::Result<()> {
        if !self.entered {
            return Ok(());
        }
        self.entered = false;
        let written = self.tty.write_all(LEAVE).and_then(|()| self.tty.flush());
        self.tty.set_raw(false).and(written)
    }
}

impl<T: Tty> Guard<T> {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// When the terminal is gone; what was done so far is undone.
    pub fn enter(tty: T, modes: Modes) -> io::Result<Self> {
        let guard = Self { held: Arc::new(Mutex::new(Held { tty, modes, entered: false })) };
        guard.lock().enter()?;
        Ok(guard)
    }

    /// Gives the terminal back before a panic is printed, in whatever thread it happens.
    ///
    /// The panic of a task need not end the session: when [`Guard::is_entered`] is false
    /// afterwards, [`Guard::resume`] and draw everything again. The message stays on the screen
    /// that the shell has. The hook that was there before is called, and stays for the rest.
    pub fn leave_on_panic(&self) {
        let held = Arc::downgrade(&self.held);
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if let Some(held) = held.upgrade() {
                // The panicking thread may hold it; then it is dropped, and left, while unwinding.
                let held = match held.try_lock() {
                    Ok(held) => Some(held),
                    Err(TryLockError::Poisoned(held)) => Some(held.into_inner()),
                    Err(TryLockError::WouldBlock) => None,
                };
                if let Some(mut held) = held {
                    // Nobody is left to tell.
                    let _ = held.leave();
                }
            }
            before(info);
        }));
    }

    /// Gives the terminal back; a second time does nothing.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn leave(&self) -> io::Result<()> {
        self.lock().leave()
    }

    /// Gives the terminal back for a while: for a stopped process, or an editor.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn suspend(&self) -> io::Result<()> {
        self.leave()
    }

    /// Takes it over again. What it shows is then unknown: tell the backend to forget.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn resume(&self) -> io::Result<()> {
        self.lock().enter()
    }

    /// Gives the terminal back from another thread, if this is still there. Nothing may be drawn
    /// any more then.
    pub fn other_hand(&self) -> impl FnOnce() + Send + 'static {
        let held = Arc::downgrade(&self.held);
        move || {
            if let Some(held) = held.upgrade() {
                // Nobody is left to tell.
                let _ = held.lock().unwrap_or_else(PoisonError::into_inner).leave();
            }
        }
    }

    /// Whether the terminal is taken over now.
    #[must_use]
    pub fn is_entered(&self) -> bool {
        self.lock().entered
    }

    fn lock(&self) -> MutexGuard<'_, Held<T>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Tty> Drop for Guard<T> {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing.
        let _ = self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes what is done to it.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<String>>>);

    impl Log {
        fn take(&self) -> Vec<String> {
            std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
        }
    }

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().push(String::from_utf8_lossy(bytes).replace("\x1b[", "^"));
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Tty for Log {
        fn set_raw(&mut self, raw: bool) -> io::Result<()> {
            self.0.lock().unwrap().push(if raw { "raw" } else { "cooked" }.into());
            Ok(())
        }
    }

    const PLAIN: Modes = Modes { mouse: false, focus: false };
    const LEFT: &str = "^?2026l^m^?1006l^?1002l^?1000l^?1004l^?2004l^?25h^?1049l";

    #[test]
    fn each_way_is_one_write_and_leaving_twice_does_nothing() {
        let log = Log::default();
        let guard = Guard::enter(log.clone(), Modes { mouse: true, focus: true }).unwrap();
        assert_eq!(log.take(), ["raw", "^?1049h^?25l^?2004h^?1000h^?1002h^?1006h^?1004h"]);
        guard.leave().unwrap();
        assert_eq!(log.take(), [LEFT, "cooked"]);
        guard.leave().unwrap();
        drop(guard);
        assert_eq!(log.take(), [""; 0]);
    }

    #[test]
    fn a_stopped_session_takes_the_terminal_again() {
        let log = Log::default();
        let guard = Guard::enter(log.clone(), PLAIN).unwrap();
        guard.suspend().unwrap();
        assert!(!guard.is_entered());
        log.take();
        guard.resume().unwrap();
        assert!(guard.is_entered());
        assert_eq!(log.take(), ["raw", "^?1049h^?25l^?2004h"]);
        drop(guard);
        assert_eq!(log.take(), [LEFT, "cooked"]);
    }

    #[test]
    fn every_mode_that_is_entered_is_left() {
        let all = Modes { mouse: true, focus: true };
        for mode in String::from_utf8(all.enter()).unwrap().split('\x1b').skip(1) {
            let left = match mode {
                "[?25l" => "[?25h".to_owned(),
                mode => mode.replace('h', "l"),
            };
            assert!(String::from_utf8_lossy(LEAVE).contains(&left), "{mode}");
        }
    }

    #[test]
    fn a_panic_in_any_thread_is_printed_after_the_terminal_is_given_back() {
        let log = Log::default();
        let guard = Guard::enter(log.clone(), PLAIN).unwrap();
        let printed = log.clone();
        let outer = panic::take_hook();
        // Other tests run beside this one: only the panic made here counts, theirs are as ever.
        panic::set_hook(Box::new(move |info| {
            if info.payload_as_str() == Some("made by the test") {
                printed.0.lock().unwrap_or_else(PoisonError::into_inner).push("printed".into());
            } else {
                outer(info);
            }
        }));
        guard.leave_on_panic();
        log.take();
        std::thread::spawn(|| panic!("made by the test")).join().unwrap_err();
        assert_eq!(log.take(), [LEFT, "cooked", "printed"]);
        guard.resume().unwrap();
        assert!(guard.is_entered());
    }
}
