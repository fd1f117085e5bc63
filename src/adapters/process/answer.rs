//! What a run that is over says of the call.

use crate::adapters::CallOutcome;
use crate::incident::Text;

use super::child::{How, Ran};

/// The outcome of a call by one program. Evidence is added by who knows of it.
pub fn outcome(program: &str, limit_s: u32, ran: &Ran) -> CallOutcome {
    let said = said(ran);
    let with = |first: String| Text::block(&if said.is_empty() { first } else { format!("{first}\n{said}") });
    match &ran.how {
        How::NotStarted(why) => {
            CallOutcome::Failed(with(format!("{program} could not be started, nothing was called: {why}")))
        }
        How::Exited(0) => CallOutcome::Accepted { answer: Text::block(&said), evidence: Vec::new() },
        How::Exited(code) => CallOutcome::Refused(with(match last_line(ran) {
            Some(last) => format!("{program} ended with code {code}: {last}"),
            None => format!("{program} ended with code {code} and said nothing"),
        })),
        // From here on the call may have taken effect, or half of it.
        How::Signalled(signal) => CallOutcome::Unknown(with(format!(
            "{program} was killed by signal {signal}: nobody knows whether it took effect"
        ))),
        How::TimeLimit => CallOutcome::Unknown(with(format!(
            "{program} did not end within {limit_s} s and was stopped: nobody knows whether it took effect"
        ))),
        How::Lost(why) => CallOutcome::Unknown(with(format!(
            "{program} was lost sight of: nobody knows whether it took effect: {why}"
        ))),
    }
}

/// Both streams, each where it is told from the other.
fn said(ran: &Ran) -> String {
    let mut parts = vec![ran.stdout.text()];
    parts.extend(
        Some(ran.stderr.text()).filter(|text| !text.is_empty()).map(|text| format!("stderr: {text}")),
    );
    if ran.left_running {
        parts.push(
            "[it left something running that still holds its output; what that prints is lost]".to_owned(),
        );
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

/// Where programs say why: the last line of standard error, or else of standard output.
fn last_line(ran: &Ran) -> Option<String> {
    [&ran.stderr, &ran.stdout].into_iter().find_map(|stream| {
        stream.text().lines().rev().find(|line| !line.trim().is_empty()).map(str::to_owned)
    })
}
