//! Waiting on a thread of one's own, with a deadline, without a timer.
//!
//! tokio's timer wheel wakes twice for a sleep of a second: once to move it to a finer wheel, once
//! to end it. A session whose clock ticks all night wakes once.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake};
use std::thread::{self, Thread};
use std::time::Instant;

/// Unparks the thread that waits.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Polls a future on this thread until it is ready, or until `deadline`: none then, and the future
/// is dropped.
pub fn wait_until<F: Future>(future: F, deadline: Instant) -> Option<F::Output> {
    let mut future = pin!(future);
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        thread::park_timeout(left);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_ready_is_returned_even_when_the_deadline_is_past() {
        assert_eq!(wait_until(async { 7 }, Instant::now() - Duration::from_secs(1)), Some(7));
    }

    #[test]
    fn another_thread_wakes_it() {
        let (send, receive) = tokio::sync::oneshot::channel();
        let sender = thread::spawn(move || send.send(7));
        assert_eq!(wait_until(receive, Instant::now() + Duration::from_secs(60)), Some(Ok(7)));
        assert_eq!(sender.join().expect("it does not panic"), Ok(()));
    }

    #[test]
    fn a_deadline_ends_the_waiting() {
        let never = std::future::pending::<()>();
        assert_eq!(wait_until(never, Instant::now() + Duration::from_millis(1)), None);
    }
}
