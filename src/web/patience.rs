//! How often and after which waits a request is repeated (E1), and which one may be.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use chrono::DateTime;

use super::request::Repeat;
use super::{Answer, Outcome};

/// E1: tries, and the waits between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Tries in all, the first one included.
    pub tries: u32,
    /// The first wait, before jitter; each next one is twice as long.
    pub base: Duration,
    /// The longest wait.
    pub cap: Duration,
    /// How long one try of several may take.
    pub each: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries: 4,
            base: Duration::from_secs(1),
            cap: Duration::from_secs(60),
            each: Duration::from_secs(10),
        }
    }
}

impl Patience {
    /// One try, for whoever repeats by a rule of its own.
    pub const ONCE: Self = Self {
        tries: 1,
        base: Duration::from_secs(1),
        cap: Duration::from_secs(60),
        each: Duration::from_secs(60),
    };

    /// The waits of one request, one fewer than tries.
    pub(super) fn waits(&self) -> Waits {
        let steps = ExponentialBuilder::new()
            .with_min_delay(self.base)
            .with_max_delay(self.cap)
            .with_factor(2.0)
            .with_max_times(self.tries.saturating_sub(1) as usize)
            .build();
        Waits { steps, cap: self.cap }
    }
}

/// Waits of 1, 2, 4, 8 … s, each spread from half to one and a half of itself, so that many who
/// fail at once do not come back at once.
pub struct Waits {
    steps: ExponentialBackoff,
    cap: Duration,
}

impl Iterator for Waits {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let step = self.steps.next()?;
        Some(step.mul_f64(0.5 + fastrand::f64()).min(self.cap))
    }
}

/// Whether another try is allowed after this. What never left us may always be sent; the rest only
/// where twice is the same as once.
pub(super) fn may_repeat(outcome: &Outcome, repeat: Repeat) -> bool {
    match (outcome, repeat) {
        (Outcome::NotSent(_), _) => true,
        (Outcome::Unknown(_), repeat) => repeat == Repeat::Always,
        (Outcome::Answered(_), Repeat::Never) => false,
        (Outcome::Answered(answer), Repeat::Refused) => matches!(answer.status, 425 | 429),
        (Outcome::Answered(answer), Repeat::Always) => {
            matches!(answer.status, 408 | 425 | 429 | 500 | 502..=504)
        }
    }
}

/// How long the backend asks to be left alone. A date is measured against the answer's own, so
/// that neither clock has to be right.
pub(super) fn retry_after(answer: &Answer) -> Option<Duration> {
    let asked = answer.header("retry-after")?.trim();
    if let Ok(seconds) = asked.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |raw: &str| DateTime::parse_from_rfc2822(raw).ok();
    (date(asked)? - date(answer.header("date")?.trim())?).to_std().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::Text;

    #[test]
    fn e1_waits_double_and_spread_and_end() {
        for _ in 0..200 {
            let waits: Vec<f64> =
                Patience { tries: 5, ..Patience::default() }.waits().map(|wait| wait.as_secs_f64()).collect();
            assert_eq!(waits.len(), 4, "five tries have four waits between them");
            for (wait, step) in waits.iter().zip([1.0, 2.0, 4.0, 8.0]) {
                assert!((step * 0.5..=step * 1.5).contains(wait), "{wait} for {step}");
            }
        }
        let long = Patience { tries: 12, ..Patience::default() };
        assert!(long.waits().all(|wait| wait <= long.cap));
        assert_eq!(Patience::ONCE.waits().count(), 0);
    }

    fn answer(status: u16, headers: &[(&str, &str)]) -> Answer {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Answer { status, headers, body: vec![], tries: 1, after_doubt: false }
    }

    #[test]
    fn only_what_twice_is_once_is_repeated_after_it_went_out() {
        let why = || Text::line("why");
        for (outcome, repeat, may) in [
            (Outcome::NotSent(why()), Repeat::Never, true),
            (Outcome::Unknown(why()), Repeat::Never, false),
            // The world is read before what changes something is sent again.
            (Outcome::Unknown(why()), Repeat::Refused, false),
            (Outcome::Unknown(why()), Repeat::Always, true),
            (Outcome::Answered(answer(503, &[])), Repeat::Never, false),
            (Outcome::Answered(answer(503, &[])), Repeat::Refused, false),
            (Outcome::Answered(answer(503, &[])), Repeat::Always, true),
            (Outcome::Answered(answer(429, &[])), Repeat::Never, false),
            (Outcome::Answered(answer(429, &[])), Repeat::Refused, true),
            (Outcome::Answered(answer(429, &[])), Repeat::Always, true),
            (Outcome::Answered(answer(404, &[])), Repeat::Always, false),
            (Outcome::Answered(answer(200, &[])), Repeat::Always, false),
        ] {
            assert_eq!(may_repeat(&outcome, repeat), may, "{outcome:?} {repeat:?}");
        }
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let date = ("date", "Sat, 21 Nov 2026 12:00:00 GMT");
        for (headers, seconds) in [
            (&[("retry-after", "7")][..], Some(7)),
            (&[("retry-after", "Sat, 21 Nov 2026 12:02:00 GMT"), date], Some(120)),
            (&[("retry-after", "Sat, 21 Nov 2026 12:02:00 GMT")], None),
            (&[("retry-after", "Sat, 21 Nov 2026 11:00:00 GMT"), date], None),
            (&[("retry-after", "soon")], None),
            (&[], None),
        ] {
            assert_eq!(retry_after(&answer(503, headers)), seconds.map(Duration::from_secs), "{headers:?}");
        }
    }
}
