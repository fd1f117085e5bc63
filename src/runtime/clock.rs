//! The one clock. Everything below the runtime is told the time; this is where it comes from.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use tokio::time::Instant;

use crate::incident::Time;

/// A clock: the wall's, or a drill's virtual one. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Kind>);

#[derive(Debug)]
enum Kind {
    Wall,
    Virtual { began: Instant, start: Time, speed: f64 },
}

impl Clock {
    /// The wall's.
    #[must_use]
    pub fn wall() -> Self {
        Self(Arc::new(Kind::Wall))
    }

    /// One that begins at `start` now and runs `speed` seconds for each real one.
    #[must_use]
    pub fn running(start: Time, speed: f64) -> Self {
        Self(Arc::new(Kind::Virtual { began: Instant::now(), start, speed }))
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Time {
        match &*self.0 {
            Kind::Wall => Utc::now(),
            Kind::Virtual { began, start, speed } => {
                let gone = began.elapsed().mul_f64(*speed);
                *start + chrono::TimeDelta::from_std(gone).unwrap_or(chrono::TimeDelta::MAX)
            }
        }
    }

    /// How long to really wait for `span` to pass on this clock.
    #[must_use]
    pub fn real(&self, span: Duration) -> Duration {
        match &*self.0 {
            Kind::Wall => span,
            Kind::Virtual { speed, .. } => span.div_f64(speed.max(f64::EPSILON)),
        }
    }

    /// How long to really wait until the next full second of this clock, and not less than
    /// `least`: a fast drill is redrawn at a calm pace all the same.
    #[must_use]
    pub fn until_next_second(&self, least: Duration) -> Duration {
        let millis = self.now().timestamp_subsec_millis().min(999);
        self.real(Duration::from_millis(u64::from(1_000 - millis))).max(least)
    }
}
