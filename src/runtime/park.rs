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

/// Why the waiting ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended<T> {
    /// There is something to read.
    Readable,
    /// The future is ready.
    Ready(T),
    /// The deadline has come.
    Late,
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

    /// Waits until there is something to read, `future` is ready, or `deadline` has come; the first
    /// of them counts when several have. The future is dropped.
    ///
    /// # Errors
    /// When the system does not let it wait.
    pub fn wait<F: Future>(
        &self,
        input: impl AsFd,
        future: F,
        deadline: Instant,
    ) -> io::Result<Ended<F::Output>> {
        if self.sleep(&input, Duration::ZERO)? {
            return Ok(Ended::Readable);
        }
        let mut future = pin!(future);
        let mut context = Context::from_waker(&self.waker);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return Ok(Ended::Ready(output));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Ended::Late);
            }
            if self.sleep(&input, left)? {
                return Ok(Ended::Readable);
            }
        }
    }

    /// Sleeps until there is something to read, the bell is rung, or so long; says whether there is
    /// something to read.
    fn sleep(&self, input: impl AsFd, time: Duration) -> io::Result<bool> {
        let mut both = [PollFd::new(&input, PollFlags::IN), PollFd::new(&self.heard, PollFlags::IN)];
        let time = Timespec::try_from(time).map_err(io::Error::other)?;
        match poll(&mut both, Some(&time)) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        // Any other news of a terminal is that it is gone: reading says so.
        let [readable, rung] = both.map(|one| !one.revents().is_empty());
        if rung {
            // Emptied first and only then said: what is rung from here on is heard.
            (&self.heard).read_exact(&mut [0])?;
            self.bell.rung.store(false, Ordering::Release);
        }
        Ok(readable)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn after(time: Duration) -> Instant {
        Instant::now() + time
    }

    #[test]
    fn a_key_comes_before_everything_else() {
        let (keys, mut hand) = io::pipe().unwrap();
        hand.write_all(b"k").unwrap();
        let park = Park::new().unwrap();
        assert_eq!(park.wait(&keys, async { 7 }, Instant::now()).unwrap(), Ended::Readable);
    }

    #[test]
    fn what_is_ready_is_returned_even_when_the_deadline_is_past() {
        let (keys, _hand) = io::pipe().unwrap();
        let park = Park::new().unwrap();
        let past = Instant::now() - Duration::from_secs(1);
        assert_eq!(park.wait(&keys, async { 7 }, past).unwrap(), Ended::Ready(7));
    }

    #[test]
    fn another_thread_wakes_it_with_news_or_a_key() {
        let (keys, mut hand) = io::pipe().unwrap();
        let park = Park::new().unwrap();
        for round in 0..100 {
            let (send, receive) = tokio::sync::oneshot::channel();
            let sender = thread::spawn(move || send.send(round));
            assert_eq!(park.wait(&keys, receive, after(LONG)).unwrap(), Ended::Ready(Ok(round)));
            assert_eq!(sender.join().unwrap(), Ok(()));
        }
        let typist = thread::spawn(move || hand.write_all(b"k").map(|()| hand));
        let never = std::future::pending::<()>();
        assert_eq!(park.wait(&keys, never, after(LONG)).unwrap(), Ended::Readable);
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
        assert_eq!(park.wait(&keys, never, after(Duration::from_millis(2))).unwrap(), Ended::Late);
        assert!(began.elapsed() >= Duration::from_millis(2));
    }

    #[test]
    fn a_terminal_that_is_gone_is_readable() {
        let (keys, hand) = io::pipe().unwrap();
        drop(hand);
        let park = Park::new().unwrap();
        let never = std::future::pending::<()>();
        assert_eq!(park.wait(&keys, never, after(LONG)).unwrap(), Ended::Readable);
    }
}
