//! The bars above a log on the whole screen: a thread of its own reads all that passes the filter, and
//! says now and then how far it is.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::pager::News;
use crate::app::volume::{self, Bar};
use crate::incident::hint::{Given, Hints, Tally};
use crate::incident::{Level, Time};
use crate::logs::{Filter, Log, Moment, Query, Record, crew};

/// The time between two words on how far it is.
const PROGRESS: Duration = Duration::from_millis(100);

/// What is known so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    pub bars: Vec<Bar>,
    pub tally: Tally,
    /// Nothing more comes.
    pub all: bool,
}

/// One record, as its thread hands it over: its bar, whether it is an error, what it hints at.
const NONE: u8 = u8::MAX;
const PIECE: usize = 6;

/// Reads all of them, unless it is stopped.
pub(super) fn measure(
    logs: &[Log],
    filter: &Filter,
    hints: &Arc<Hints>,
    number: u64,
    stop: &AtomicBool,
    tell: &mpsc::Sender<News>,
) {
    let mut measured = Measured { bars: empty(logs), ..Measured::default() };
    let places = measured.bars.clone();
    let mut said = Instant::now();
    let mut all = true;
    for log in logs {
        let newest = log.reading().newest;
        let note = |record: &Record<'_>, out: &mut Vec<u8>| {
            let at = record.time(newest).and_then(Moment::time);
            let place = at.and_then(|at| volume::place(&places, at));
            out.push(place.and_then(|place| u8::try_from(place).ok()).unwrap_or(NONE));
            out.push(u8::from(record.level() >= Some(Level::Error)));
            out.extend_from_slice(&hints.given_by(record.text()).bits().to_le_bytes());
        };
        let query = Query { filter, range: 0..log.size(), threads: crew::threads() };
        let outcome = log.render(
            &query,
            |_, record, out| note(record, out),
            |out| {
                out.as_chunks::<PIECE>().0.iter().for_each(|piece| take(&mut measured, piece));
                let is_due = said.elapsed() >= PROGRESS;
                if stop.load(Ordering::Relaxed) || (is_due && !send(tell, number, &measured)) {
                    return ControlFlow::Break(());
                }
                if is_due {
                    said = Instant::now();
                }
                ControlFlow::Continue(())
            },
        );
        all &= outcome.is_ok();
        if stop.load(Ordering::Relaxed) {
            return;
        }
    }
    measured.all = all;
    send(tell, number, &measured);
}

fn send(tell: &mpsc::Sender<News>, number: u64, measured: &Measured) -> bool {
    let measured = Box::new(measured.clone());
    tell.blocking_send(News::Measured { filter: number, measured }).is_ok()
}

fn take(measured: &mut Measured, piece: &[u8; PIECE]) {
    let [place, error, hints @ ..] = *piece;
    measured.tally.add(Given::of(u32::from_le_bytes(hints)));
    if let Some(bar) = measured.bars.get_mut(usize::from(place)) {
        bar.lines += 1;
        bar.errors += u64::from(error);
    }
}

/// Bars from the first time that is stated to the last.
fn empty(logs: &[Log]) -> Vec<Bar> {
    // What cannot be read is said by whoever shows it.
    let spans: Vec<(Time, Time)> = logs.iter().filter_map(|log| span(log).ok().flatten()).collect();
    let (first, last) = (spans.iter().map(|span| span.0).min(), spans.iter().map(|span| span.1).max());
    first.zip(last).map(|(first, last)| volume::bars(first, last.max(first))).unwrap_or_default()
}

/// The first time and the last: a log is nearly in order.
fn span(log: &Log) -> io::Result<Option<(Time, Time)>> {
    let size = log.size();
    let first = log.first_time(0, size)?.and_then(|(_, at)| at.time());
    // The last lines may state none: a trace.
    let last = match log.first_time(log.last_record()?, size)? {
        Some((_, at)) => at.time(),
        None => log.reading().newest.time(),
    };
    Ok(first.zip(last))
}
