//! Work on the pieces of a file, done by several threads and handed over in order.
//!
//! The pieces are numbered; nothing here knows what they are. A window bounds how far the threads
//! run ahead of whoever takes the results, so memory stays bounded however slow that is.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Results that may lie ready for each thread: one that waits, one that is made meanwhile.
const AHEAD: usize = 2;

/// How many threads are worth having here: one for each core, and few, since the disk is one.
#[must_use]
pub fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get).min(8)
}

/// What the threads agree on.
struct Board<T> {
    /// The next piece that nobody works on.
    next: usize,
    /// The piece whose result is handed over next.
    due: usize,
    ready: BTreeMap<usize, T>,
    over: bool,
}

/// Does `work` for each of `pieces`, at most `threads` at a time, and hands the results to `sink` in
/// the order of the pieces, on the thread that called. `scratch` makes what a thread keeps between
/// two pieces. `sink` may end it early.
pub(super) fn in_order<S, T: Send>(
    pieces: usize,
    threads: usize,
    scratch: impl Fn() -> S + Sync,
    work: impl Fn(usize, &mut S) -> T + Sync,
    mut sink: impl FnMut(usize, T) -> ControlFlow<()>,
) {
    let threads = threads.clamp(1, pieces.max(1));
    if threads == 1 {
        let mut scratch = scratch();
        for piece in 0..pieces {
            if sink(piece, work(piece, &mut scratch)).is_break() {
                return;
            }
        }
        return;
    }
    let board = Mutex::new(Board { next: 0, due: 0, ready: BTreeMap::new(), over: false });
    let changed = Condvar::new();
    let (board, changed, scratch, work) = (&board, &changed, &scratch, &work);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(move || {
                // A thread that panics must not leave the others waiting for its piece.
                let end = End(board, changed);
                let mut scratch = scratch();
                while let Some(piece) = claim(board, changed, pieces, threads * AHEAD) {
                    let result = work(piece, &mut scratch);
                    let mut held = lock(board);
                    held.ready.insert(piece, result);
                    if held.due == piece {
                        changed.notify_all();
                    }
                }
                std::mem::forget(end);
            });
        }
        let _end = End(board, changed);
        for piece in 0..pieces {
            let Some(result) = take(board, changed, piece) else { return };
            if sink(piece, result).is_break() {
                return;
            }
        }
    });
}

/// Ends the work for everybody when it is dropped: nobody takes the results any more, or a thread
/// panicked.
struct End<'a, T>(&'a Mutex<Board<T>>, &'a Condvar);

impl<T> Drop for End<'_, T> {
    fn drop(&mut self) {
        lock(self.0).over = true;
        self.1.notify_all();
    }
}

fn claim<T>(board: &Mutex<Board<T>>, changed: &Condvar, pieces: usize, window: usize) -> Option<usize> {
    let mut held = lock(board);
    loop {
        if held.over || held.next >= pieces {
            return None;
        }
        if held.next < held.due + window {
            held.next += 1;
            return Some(held.next - 1);
        }
        held = changed.wait(held).unwrap_or_else(PoisonError::into_inner);
    }
}

fn take<T>(board: &Mutex<Board<T>>, changed: &Condvar, piece: usize) -> Option<T> {
    let mut held = lock(board);
    loop {
        if let Some(result) = held.ready.remove(&piece) {
            held.due = piece + 1;
            changed.notify_all();
            return Some(result);
        }
        if held.over {
            return None;
        }
        held = changed.wait(held).unwrap_or_else(PoisonError::into_inner);
    }
}

fn lock<T>(board: &Mutex<Board<T>>) -> MutexGuard<'_, Board<T>> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_however_long_each_takes() {
        for threads in [1, 2, 3, 8] {
            let mut got = Vec::new();
            let work = |piece: usize, seen: &mut usize| {
                *seen += 1;
                // Some pieces are much more work than others.
                (0..(piece * 7_919 % 5_000)).fold(piece, |sum, n| std::hint::black_box(sum ^ n ^ n))
            };
            in_order(
                200,
                threads,
                || 0,
                work,
                |piece, result| {
                    got.push((piece, result));
                    ControlFlow::Continue(())
                },
            );
            assert_eq!(got, (0..200).map(|n| (n, n)).collect::<Vec<_>>(), "{threads} threads");
        }
    }

    #[test]
    fn whoever_takes_the_results_may_stop_and_is_never_run_away_from() {
        let began = std::sync::atomic::AtomicUsize::new(0);
        let mut got = 0;
        in_order(
            10_000,
            2,
            || (),
            |_, ()| began.fetch_add(1, std::sync::atomic::Ordering::Relaxed),
            |piece, _| {
                got += 1;
                if piece == 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        assert_eq!(got, 5);
        assert!(began.into_inner() <= 5 + 2 * AHEAD + 2);
        in_order(0, 2, || (), |_, ()| (), |_, ()| unreachable!("there is no piece"));
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_thread_that_panics_ends_it_for_all() {
        let work = |piece: usize, (): &mut ()| assert_ne!(piece, 3, "made by the test");
        in_order(100, 2, || (), work, |_, ()| ControlFlow::Continue(()));
    }
}
