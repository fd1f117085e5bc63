//! A terminal with a program in it, as a person has it: what it shows, and hands on its keyboard.
//!
//! Nothing here sleeps: every wait is for something to become true of the screen, with a deadline.

#![expect(clippy::panic, reason = "what does not come true fails the test, and shows the screen")]

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use flightdeck::app::key::{Code, Key};
use memchr::memmem;
use portable_pty::{ChildKiller, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use super::home::Home;

/// For anything to become true, on a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

/// Columns and rows.
pub type Size = (u16, u16);

/// How synchronized output begins and ends: a frame of any length.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// A terminal with a program in it. The program is killed when this is dropped.
pub struct Screen {
    shown: Arc<Shown>,
    master: Box<dyn MasterPty>,
    keyboard: Option<Box<dyn Write + Send>>,
    killer: Box<dyn ChildKiller + Send + Sync>,
    pid: Pid,
    /// How the terminal was set before the program came.
    before: String,
}

/// What the terminal shows, and a bell for who waits for a change.
struct Shown {
    view: Mutex<View>,
    change: Condvar,
    /// Read no more: somebody closes the terminal's window.
    closing: AtomicBool,
}

/// A terminal at one moment.
pub struct View {
    parser: vt100::Parser,
    /// Everything that was ever written to it.
    pub bytes: Vec<u8>,
    /// Whether anybody reads what the program writes.
    open: bool,
    /// How the program ended.
    ended: Option<End>,
}

/// How a program ended: its exit code, or the signal's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself.
    Code(u32),
    /// By a signal.
    Signal(String),
}

impl View {
    /// What is on the screen, a line for each row.
    pub fn text(&self) -> String {
        let (_, columns) = self.parser.screen().size();
        self.parser.screen().rows(0, columns.get()).collect::<Vec<_>>().join("\n")
    }

    /// Whether these words are on the screen.
    pub fn has(&self, words: &str) -> bool {
        self.text().contains(words)
    }

    /// The terminal's modes.
    pub fn modes(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// Whether a frame is on its way and only a part of it is here.
    fn is_mid_frame(&self) -> bool {
        memmem::rfind(&self.bytes, BEGIN) > memmem::rfind(&self.bytes, END)
    }
}

/// How many frames were written in synchronized output.
pub fn frames(bytes: &[u8]) -> usize {
    memmem::find_iter(bytes, BEGIN).count()
}

impl Screen {
    /// The cockpit, or a subcommand of it, on a terminal of its own.
    pub fn open(home: &Home, size: Size, arguments: &[&str]) -> Self {
        Self::with(home, size, arguments, &[])
    }

    /// The same with other variables; an empty one is not set at all.
    pub fn with(home: &Home, size: Size, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::program(home, size, env!("CARGO_BIN_EXE_flightdeck"), arguments, variables)
    }

    /// Any program, on a terminal of its own.
    pub fn program(
        home: &Home,
        size: Size,
        program: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        for (name, value) in home.variables() {
            command.env(name, value);
        }
        for (name, value) in variables {
            if value.is_empty() {
                command.env_remove(name);
            } else {
                command.env(name, value);
            }
        }
        command.cwd(home.path());
        let pty = native_pty_system().openpty(cells(size)).expect("a terminal");
        let before = termios(&*pty.master);
        let mut child = pty.slave.spawn_command(command).expect("the program starts");
        drop(pty.slave);
        let pid = child.process_id().and_then(|id| Pid::from_raw(id.cast_signed())).expect("it has an id");
        let view = View { parser: parser(size), bytes: Vec::new(), open: true, ended: None };
        let shown = Arc::new(Shown {
            view: Mutex::new(view),
            change: Condvar::new(),
            closing: AtomicBool::new(false),
        });
        let reader = pty.master.try_clone_reader().expect("the terminal's screen");
        let keyboard = pty.master.take_writer().expect("the terminal's keyboard");
        let killer = child.clone_killer();
        let reading = Arc::clone(&shown);
        thread::spawn(move || reading.read(reader));
        let waiting = Arc::clone(&shown);
        thread::spawn(move || {
            let status = child.wait().expect("it is our child");
            let signal = status.signal().map(str::to_owned);
            let end = signal.map_or(End::Code(status.exit_code()), End::Signal);
            waiting.view().ended = Some(end);
            waiting.change.notify_all();
        });
        Self { shown, master: pty.master, keyboard: Some(keyboard), killer, pid, before }
    }

    /// Waits until something is true of a whole frame, and gives what it found.
    #[track_caller]
    pub fn wait<T>(&self, what: &str, found: impl Fn(&View) -> Option<T>) -> T {
        let until = Instant::now() + DEADLINE;
        let mut view = self.shown.view();
        loop {
            if !view.is_mid_frame()
                && let Some(found) = found(&view)
            {
                return found;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                panic!("{what}: not within {DEADLINE:?}; {:?}\n{}", view.ended, view.text());
            }
            view = self.shown.change.wait_timeout(view, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until these words are on the screen.
    #[track_caller]
    pub fn wait_for(&self, words: &str) {
        self.wait(&format!("'{words}' is shown"), |view| view.has(words).then_some(()));
    }

    /// Waits until these words are no longer on the screen.
    #[track_caller]
    pub fn wait_gone(&self, words: &str) {
        self.wait(&format!("'{words}' is gone"), |view| (!view.has(words)).then_some(()));
    }

    /// Waits until the program has ended and all it wrote is here.
    #[track_caller]
    pub fn wait_end(&self) -> End {
        self.wait("the program ends", |view| view.ended.clone().filter(|_| !view.open))
    }

    /// Waits until the program has ended, where nobody reads any more.
    #[track_caller]
    pub fn wait_exit(&self) -> End {
        self.wait("the program ends", |view| view.ended.clone())
    }

    /// What is on the screen now.
    pub fn text(&self) -> String {
        self.shown.view().text()
    }

    /// Presses keys one after another, each written on its own: `"i a ctrl-s enter"`.
    ///
    /// A key that answers to what is not on the screen yet needs a wait before it, and so does
    /// whatever follows `esc`: a terminal sends alt and a key as Escape and that key.
    #[track_caller]
    pub fn press(&mut self, keys: &str) {
        for written in keys.split(' ') {
            let key = written.parse().unwrap_or_else(|error| panic!("{written}: {error}"));
            self.write(&bytes_of(key));
        }
    }

    /// Types a text, all at once.
    pub fn type_text(&mut self, text: &str) {
        self.write(text.as_bytes());
    }

    /// Writes bytes as if they came from the keyboard.
    pub fn write(&mut self, bytes: &[u8]) {
        let keyboard = self.keyboard.as_mut().expect("the terminal is open");
        keyboard.write_all(bytes).expect("the terminal takes them");
    }

    /// Gives the window another size.
    pub fn resize(&self, size: Size) {
        // First the terminal, then the program: as a window does it.
        let (columns, rows) = nonzero(size);
        self.shown.view().parser.screen_mut().set_size(rows, columns);
        self.master.resize(cells(size)).expect("the terminal is open");
    }

    /// How much was written so far, for [`Self::since`].
    pub fn mark(&self) -> usize {
        self.shown.view().bytes.len()
    }

    /// What was written since.
    pub fn since(&self, mark: usize) -> Vec<u8> {
        self.shown.view().bytes[mark..].to_vec()
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).expect("it runs");
    }

    /// The program that has the keyboard, where a shell runs others.
    pub fn foreground(&self) -> Pid {
        let leader = self.master.process_group_leader();
        leader.and_then(Pid::from_raw).expect("somebody has the keyboard")
    }

    /// Closes the terminal's window.
    pub fn close(mut self) -> Closed {
        self.shown.closing.store(true, Ordering::SeqCst);
        // The screen is let go of when more is read: redraw.
        self.press("ctrl-l");
        self.wait("the screen is let go of", |view| (!view.open).then_some(()));
        Closed(self.shown.clone())
    }

    /// Asserts that the terminal is as the program found it.
    #[track_caller]
    pub fn assert_given_back(&self) {
        let view = self.shown.view();
        let modes = view.modes();
        assert!(!modes.alternate_screen(), "the alternate screen is left");
        assert!(!modes.hide_cursor(), "the cursor is shown");
        assert!(!modes.bracketed_paste(), "pasting is plain again");
        assert_eq!(
            modes.mouse_protocol_mode(),
            vt100::MouseProtocolMode::None,
            "the mouse is the terminal's"
        );
        assert!(!view.is_mid_frame(), "no frame is left open");
        for (on, off) in [("\x1b[?1004h", "\x1b[?1004l"), ("\x1b[>1u", "\x1b[<1u")] {
            let last = |mode: &str| memmem::rfind(&view.bytes, mode.as_bytes());
            assert!(last(on) <= last(off), "{on:?} is undone");
        }
        assert_eq!(termios(&*self.master), self.before, "lines are edited and echoed as before");
    }
}

/// A program whose terminal was closed.
pub struct Closed(Arc<Shown>);

impl Closed {
    /// Waits until it has ended.
    #[track_caller]
    pub fn wait_exit(&self) -> End {
        let view = self.0.view();
        let waits = |view: &mut View| view.ended.is_none();
        let waited = self.0.change.wait_timeout_while(view, DEADLINE, waits);
        let (view, _) = waited.unwrap_or_else(PoisonError::into_inner);
        view.ended.clone().expect("it ends when its terminal is gone")
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // It may have ended by itself.
        if self.shown.view().ended.is_none() && !self.shown.closing.load(Ordering::SeqCst) {
            let _ = self.killer.kill();
        }
    }
}

impl Shown {
    fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, mut reader: Box<dyn Read + Send>) {
        let mut bytes = vec![0; 64 * 1024];
        // The end of a terminal is an error on Linux.
        while let Ok(count @ 1..) = reader.read(&mut bytes) {
            let mut view = self.view();
            view.bytes.extend_from_slice(&bytes[..count]);
            view.parser.process(&bytes[..count]);
            drop(view);
            self.change.notify_all();
            if self.closing.load(Ordering::SeqCst) {
                break;
            }
        }
        drop(reader);
        self.view().open = false;
        self.change.notify_all();
    }
}

fn parser((columns, rows): Size) -> vt100::Parser {
    let (columns, rows) = nonzero((columns, rows));
    vt100::Parser::new(rows, columns, 0)
}

fn nonzero((columns, rows): Size) -> (NonZeroU16, NonZeroU16) {
    let cells = |n| NonZeroU16::new(n).expect("a terminal has cells");
    (cells(columns), cells(rows))
}

fn cells((columns, rows): Size) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn termios(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}

/// What a terminal sends for a key.
fn bytes_of(key: Key) -> Vec<u8> {
    let csi = |end: &str| format!("\x1b[{end}");
    let sent = match key.code {
        Code::Char(c) if key.ctrl => char::from(c as u8 & 0x1f).to_string(),
        Code::Char(c) => c.to_string(),
        Code::Enter => "\r".to_owned(),
        Code::Esc => "\x1b".to_owned(),
        Code::Tab if key.shift => csi("Z"),
        Code::Tab => "\t".to_owned(),
        Code::Backspace => "\x7f".to_owned(),
        Code::Delete => csi("3~"),
        Code::Insert => csi("2~"),
        Code::Left => csi("D"),
        Code::Right => csi("C"),
        Code::Up => csi("A"),
        Code::Down => csi("B"),
        Code::Home => csi("H"),
        Code::End => csi("F"),
        Code::PageUp => csi("5~"),
        Code::PageDown => csi("6~"),
        Code::F(n @ 1..=4) => format!("\x1bO{}", char::from(b'O' + n)),
        Code::F(n @ 5..) => csi(&format!("{}~", [15, 17, 18, 19, 20, 21, 23, 24][usize::from(n) - 5])),
        Code::F(0) => String::new(),
    };
    let alt = if key.alt { "\x1b" } else { "" };
    format!("{alt}{sent}").into_bytes()
}
