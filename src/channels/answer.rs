//! What an HTTP answer says of a message: the same for every channel that speaks it.

use super::Delivery;
use crate::incident::Text;
use crate::web::{Answer, Outcome};

/// Characters of an answer that are kept on record.
const KEPT: usize = 200;

/// The delivery that an outcome means. `reference` finds the channel's own name in the answer, and
/// `check` what a success must hold besides its status: some say 200 and mean no.
pub fn delivery(
    outcome: Outcome,
    check: impl FnOnce(&Answer) -> Result<(), String>,
    reference: impl FnOnce(&Answer) -> Option<Text>,
) -> Delivery {
    judged(outcome, |answer, said| match check(answer) {
        Ok(()) => Delivery::Delivered { answer: said, reference: reference(answer) },
        Err(why) => Delivery::Refused(Text::line(&format!("{why}: {said}"))),
    })
}

/// The same where a system has its own words for what its success means: they are judged together
/// with what is kept of the answer.
pub fn judged(outcome: Outcome, success: impl FnOnce(&Answer, Text) -> Delivery) -> Delivery {
    let answer = match outcome {
        Outcome::NotSent(why) => return Delivery::Failed { why, retry_after: None },
        Outcome::Unknown(why) => return Delivery::Unknown(why),
        Outcome::Answered(answer) => answer,
    };
    let said = said(&answer);
    if answer.is_success() {
        return success(&answer, said);
    }
    if answer.is_doubtful() {
        return Delivery::Unknown(said);
    }
    match answer.status {
        // Too early, too many, broken: another time it may go well.
        425 | 429 | 500.. => Delivery::Failed { why: said, retry_after: answer.retry_after() },
        300..=399 => Delivery::Refused(Text::line(&format!("{said}: redirects are not followed"))),
        _ => Delivery::Refused(said),
    }
}

/// A success, or what anything else means for the message.
///
/// # Errors
/// What became of the message.
pub fn success(outcome: Outcome) -> Result<Answer, Delivery> {
    match outcome {
        Outcome::Answered(answer) if answer.is_success() => Ok(answer),
        Outcome::Answered(_) | Outcome::NotSent(_) | Outcome::Unknown(_) => {
            Err(delivery(outcome, |_| Ok(()), |_| None))
        }
    }
}

/// What the end of a mere look means for the message: nothing was changed by looking.
#[must_use]
pub fn looked(delivery: Delivery) -> Delivery {
    match delivery {
        Delivery::Unknown(why) | Delivery::Repeated(why) => Delivery::Failed { why, retry_after: None },
        Delivery::Delivered { .. }
        | Delivery::Failed { .. }
        | Delivery::Refused(_)
        | Delivery::Unknowable(_) => delivery,
    }
}

/// `200 {"ok":true}`, bounded.
fn said(answer: &Answer) -> Text {
    let text = answer.text();
    let body: String = text.as_str().chars().take(KEPT).collect();
    Text::line(format!("{} {}", answer.status, body.replace('\n', " ")).trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn answered(status: u16, headers: &[(&str, &str)], body: &str) -> Delivery {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let answer = Answer { status, headers, body: body.into(), tries: 1, after_doubt: false };
        delivery(Outcome::Answered(answer), |_| Ok(()), |_| None)
    }

    #[test]
    fn what_each_status_means_for_a_message() {
        for (status, word) in [
            (200, "delivered"),
            (202, "delivered"),
            (301, "refused"),
            (400, "refused"),
            (401, "refused"),
            (404, "refused"),
            (408, "unknown"),
            (410, "refused"),
            (425, "failed"),
            (429, "failed"),
            (500, "failed"),
            (502, "unknown"),
            (503, "failed"),
            (504, "unknown"),
        ] {
            let said = match answered(status, &[], "x") {
                Delivery::Delivered { .. } => "delivered",
                Delivery::Failed { .. } => "failed",
                Delivery::Refused(_) => "refused",
                Delivery::Unknown(_) | Delivery::Repeated(_) | Delivery::Unknowable(_) => "unknown",
            };
            assert_eq!(said, word, "{status}");
        }
    }

    #[test]
    fn retry_after_is_passed_on_and_an_answer_is_bounded() {
        let asked = answered(429, &[("retry-after", "7")], "slow\ndown");
        assert_eq!(
            asked,
            Delivery::Failed { why: "429 slow down".into(), retry_after: Some(Duration::from_secs(7)) }
        );
        let Delivery::Refused(why) = answered(400, &[], &"x".repeat(100_000)) else { unreachable!() };
        assert!(why.as_str().len() < 300);
    }
}
