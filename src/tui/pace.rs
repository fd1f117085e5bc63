//! When to draw: a key at once, everything else at most so many times a second, nothing never.
//!
//! A pure state machine. Time is a value: the time since any fixed beginning.

use std::time::Duration;

/// Decides when the next frame is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// The shortest time between two frames that no key caused.
    interval: Duration,
    last: Option<Duration>,
    wanted: Wanted,
}

/// Whether something changed since the last frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Nothing,
    /// A change in the background: it waits for its turn.
    Soon,
    /// A person waits for an answer.
    Now,
}

impl Pace {
    /// At most this many frames a second for changes in the background.
    #[must_use]
    pub fn new(frames_per_second: u32) -> Self {
        let interval = Duration::from_secs(1) / frames_per_second.max(1);
        Self { interval, last: None, wanted: Wanted::Now }
    }

    /// A person pressed a key, or the terminal has a new size: draw at once.
    pub fn key(&mut self) {
        self.wanted = Wanted::Now;
    }

    /// Something changed by itself: draw with what else changes until then.
    pub fn change(&mut self) {
        if self.wanted == Wanted::Nothing {
            self.wanted = Wanted::Soon;
        }
    }

    /// How long until the next frame: `None` as long as nothing changes, zero for at once.
    #[must_use]
    pub fn due(&self, now: Duration) -> Option<Duration> {
        match self.wanted {
            Wanted::Nothing => None,
            Wanted::Now => Some(Duration::ZERO),
            Wanted::Soon => {
                let next = self.last.map_or(now, |last| last + self.interval);
                Some(next.saturating_sub(now))
            }
        }
    }

    /// A frame was written. Say so after the write: a slow terminal then gets fewer frames.
    pub fn drawn(&mut self, now: Duration) {
        self.last = Some(now);
        self.wanted = Wanted::Nothing;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    fn started(rate: u32) -> Pace {
        let mut pace = Pace::new(rate);
        pace.drawn(ms(0));
        pace
    }

    #[test]
    fn the_first_frame_is_due_at_once() {
        assert_eq!(Pace::new(30).due(ms(5)), Some(ms(0)));
    }

    #[test]
    fn an_idle_screen_wakes_nobody() {
        assert_eq!(started(30).due(ms(60_000)), None);
    }

    #[test]
    fn a_key_is_drawn_at_once_however_recent_the_last_frame() {
        let mut pace = started(10);
        pace.change();
        pace.key();
        assert_eq!(pace.due(ms(1)), Some(ms(0)));
    }

    #[test]
    fn changes_in_the_background_are_drawn_together() {
        let mut pace = started(10);
        pace.change();
        assert_eq!(pace.due(ms(30)), Some(ms(70)));
        pace.change();
        assert_eq!(pace.due(ms(90)), Some(ms(10)));
        assert_eq!(pace.due(ms(100)), Some(ms(0)));
        pace.drawn(ms(101));
        assert_eq!(pace.due(ms(102)), None);
    }

    #[test]
    fn a_change_after_a_quiet_time_is_drawn_at_once() {
        let mut pace = started(10);
        pace.change();
        assert_eq!(pace.due(ms(5_000)), Some(ms(0)));
    }

    #[test]
    fn a_flood_is_drawn_at_the_frame_rate() {
        let mut pace = started(30);
        let mut frames = 0;
        for now in 1..=1_000 {
            pace.change();
            if pace.due(ms(now)) == Some(ms(0)) {
                pace.drawn(ms(now));
                frames += 1;
            }
        }
        assert!((28..=30).contains(&frames), "{frames}");
    }
}
