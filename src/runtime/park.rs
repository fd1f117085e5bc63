//! Waiting on a thread of one's own for a person's keys and everything else, with a deadline.
//!
//! Keys are read by the thread that draws: one that is handed over from another thread comes a
//! good part of a frame later. And tokio's timer wheel wakes twice for a sleep of a second, once
//! to move it to a finer wheel: a session whose clock ticks all night wakes once.

use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::AsFd;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// Why the waiting ended: its deadline has come, when neither of these.
#[derive(Debug, PartialEq, Eq)]
pub struct Ended<T> {
    /// Whether there is something to read, which comes first.
    pub readable: bool,
    /// What the future came to.
    pub ready: Option<T>,
}

/// Where one thread waits.
pub struct Park {
    bell: Arc<Bell>,
    waker: Waker,
    heard: PipeReader,
}

/// Wakes the thread; rung many times, it rings once.
struct Bell {
    rung: AtomicBool,
    pipe: PipeWriter,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            // One byte at most is in the pipe, and whoever waits holds the other end.
            drop((&self.pipe).write(&[0]));
        }
    }
}

impl Park {
    /// A place to wait.
    ///
    /// # Errors
    /// When there are no file descriptors left.
    pub fn new() -> io::Result<Self> {
        let (heard, pipe) = io::pipe()?;
        let bell = Arc::new(Bell { rung: AtomicBool::new(false), pipe });
        Ok(Self { waker: Waker::from(Arc::clone(&bell)), bell, heard })
    }

    /// Waits until there is something to read, `future` is ready, or `deadline` has come. The future
    /// is dropped. Where nothing is there already, the system is asked once.
    ///
    /// # Errors
    /// When the system does not let it wait.
    pub fn wait<F: Future>(
        &self,
        input: impl AsFd,
        future: F,
        deadline: Instant,
    ) -> io::Result<Ended<F::Output>> {
        let mut future = pin!(future);
        let mut context = Context::from_waker(&self.waker);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                let readable = self.sleep(&input, Duration::ZERO)?.readable;
                return Ok(Ended { readable, ready: Some(output) });
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let Slept { readable, rung } = self.sleep(&input, left)?;
            if readable || (!rung && Instant::now() >= deadline) {
                return Ok(Ended { readable, ready: None });
            }
        }
    }

    /// Sleeps until there is something to read, the bell is rung, or so long.
    fn sleep(&self, input: impl AsFd, time: Duration) -> io::Result<Slept> {
        let mut both = [PollFd::new(&input, PollFlags::IN), PollFd::new(&self.heard, PollFlags::IN)];
        let time = Timespec::try_from(time).map_err(io::Error::other)?;
        match poll(&mut both, Some(&time)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        // Any other news of a terminal is that it is gone: reading says so.
        let [readable, rung] = both.map(|one| !one.revents().is_empty());
        if rung {
            // Emptied first and only then said: what is rung from here on is heard.
            (&self.heard).read_exact(&mut [0])?;
            self.bell.rung.store(false, Ordering::Release);
        }
        Ok(Slept { readable, rung })
    }
}

/// What a sleep ended with; neither, when the time was up or a signal came.
struct Slept {
    readable: bool,
    rung: bool,
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const KEY: Ended<()> = Ended { readable: true, ready: None };
    const LATE: Ended<()> = Ended { readable: false, ready: None };

    fn ready<T>(output: T) -> Ended<T> {
        Ended { readable: false, ready: Some(output) }
    }

    const LONG: Duration = Duration::from_secs(60);

    fn after(time: Duration) -> Instant {
        Instant::now() + time
    }

    #[test]
    fn a_key_is_told_beside_whatever_else_is_there() {
        let (keys, mut hand) = io::pipe().unwrap();
        hand.write_all(b"k").unwrap();
        let park = Park::new().unwrap();
        let ended = park.wait(&keys, async { 7 }, Instant::now()).unwrap();
        assert_eq!(ended, Ended { readable: true, ready: Some(7) });
    }

    #[test]
    fn what_is_ready_is_returned_even_when_the_deadline_is_past() {
        let (keys, _hand) = io::pipe().unwrap();
        let park = Park::new().unwrap();
        let past = Instant::now() - Duration::from_secs(1);
        assert_eq!(park.wait(&keys, async { 7 }, past).unwrap(), ready(7));
    }

    #[test]
    fn another_thread_wakes_it_with_news_or_a_key() {
        let (keys, mut hand) = io::pipe().unwrap();
        let park = Park::new().unwrap();
        for round in 0..100 {
            let (send, receive) = tokio::sync::oneshot::channel();
            let sender = thread::spawn(move || send.send(round));
            assert_eq!(park.wait(&keys, receive, after(LONG)).unwrap(), ready(Ok(round)));
            assert_eq!(sender.join().unwrap(), Ok(()));
        }
        let typist = thread::spawn(move || hand.write_all(b"k").map(|()| hand));
        let never = std::future::pending::<()>();
        assert_eq!(park.wait(&keys, never, after(LONG)).unwrap(), KEY);
        typist.join().unwrap().unwrap();
    }

    #[test]
    fn a_deadline_ends_the_waiting_and_a_bell_rung_too_often_does_not() {
        let (keys, _hand) = io::pipe().unwrap();
        let park = Park::new().unwrap();
        for _ in 0..100 {
            park.waker.wake_by_ref();
        }
        let never = std::future::pending::<()>();
        let began = Instant::now();
        assert_eq!(park.wait(&keys, never, after(Duration::from_millis(2))).unwrap(), LATE);
        assert!(began.elapsed() >= Duration::from_millis(2));
    }

    #[test]
    fn a_terminal_that_is_gone_is_readable() {
        let (keys, hand) = io::pipe().unwrap();
        drop(hand);
        let park = Park::new().unwrap();
        let never = std::future::pending::<()>();
        assert_eq!(park.wait(&keys, never, after(LONG)).unwrap(), KEY);
    }
}
