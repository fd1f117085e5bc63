//! Which time evidence covers: T0 to T1, unless somebody says otherwise (A4).

use chrono::TimeDelta;

use super::{Incident, Mark, Params, Text, Time};

/// How much of the time before T0 is covered: what led to it.
const BEFORE: TimeDelta = TimeDelta::minutes(10);

/// How times stand in a plan.
const FORM: &str = "%Y-%m-%dT%H:%M:%SZ";

impl Incident {
    /// The parameters of a snapshot, with marks made times.
    ///
    /// # Errors
    /// In words: what is no time, or a range that ends before it begins.
    pub fn covered(&self, params: &Params, now: Time) -> Result<Params, Text> {
        let written = |name: &str, default: &'static str| {
            params.get(name).map(Text::as_str).map(str::trim).filter(|w| !w.is_empty()).unwrap_or(default)
        };
        let from = match written("from", "T0") {
            "T0" => self.mark(Mark::T0).unwrap_or(now) - BEFORE,
            word => self.moment("from", word, now)?,
        };
        let to = match written("to", "T1") {
            "T1" => self.mark(Mark::T1).unwrap_or(now),
            word => self.moment("to", word, now)?,
        };
        if to <= from {
            let words =
                format!("it would end ({}) before it begins ({})", to.format(FORM), from.format(FORM));
            return Err(Text::line(&words));
        }
        let mut params = params.clone();
        // Whole seconds, and nothing of the last one is left out.
        let ends = to + TimeDelta::milliseconds(999);
        params.insert("from".to_owned(), Text::line(&from.format(FORM).to_string()));
        params.insert("to".to_owned(), Text::line(&ends.format(FORM).to_string()));
        Ok(params)
    }

    fn moment(&self, name: &str, word: &str, now: Time) -> Result<Time, Text> {
        if word.eq_ignore_ascii_case("now") {
            return Ok(now);
        }
        let told = match word.parse::<Mark>() {
            Ok(mark) => self.mark(mark).ok_or_else(|| format!("{name}: {mark} was never set")),
            Err(_) => match chrono::DateTime::parse_from_rfc3339(word) {
                Ok(time) => Ok(time.to_utc()),
                Err(_) => {
                    let shown = Text::line(word);
                    Err(format!("{name}: '{shown}' is no time; write T0 to T5, now or 2026-11-21T14:05:00Z"))
                }
            },
        };
        told.map_err(|words| Text::line(&words))
    }
}

/// The range that a snapshot's parameters name, where they name times.
#[must_use]
pub fn range(params: &Params) -> Option<(Time, Time)> {
    let time = |name: &str| params.get(name)?.as_str().parse::<Time>().ok();
    time("from").zip(time("to"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::story::{Story, params, time};
    use crate::incident::{Command, Severity};

    #[test]
    fn a4_regression_evidence_covered_the_last_ten_minutes_and_not_t0_to_t1() {
        let story = Story::of(Severity::P0).at("12:06:12").says(Command::Acknowledge);
        let late = time("13:13:00");
        let ranges = |story: &Story, words: &str| {
            story.incident.covered(&params(words), late).map(|params| range(&params).unwrap())
        };
        let whole = Ok((time("11:50:00"), time("12:06:12")));
        assert_eq!(ranges(&story, ""), whole);
        assert_eq!(ranges(&story, "from=T0 to=T1 limit=1000"), whole);
        assert_eq!(ranges(&story, "from=T1 to=now"), Ok((time("12:06:12"), late)));
        let open = Story::p0();
        assert_eq!(ranges(&open, ""), Ok((time("11:50:00"), late)), "nobody acknowledged: until now");
        for wrong in ["from=yesterday", "to=T5", "from=now to=T0"] {
            assert!(ranges(&story, wrong).is_err(), "{wrong}");
        }
    }
}
