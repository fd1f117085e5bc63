//! `flightdeck serve`: the alert receiver without a screen.

use super::context::Context;
use super::output::{DONE, Out, Outcome, say};
use super::words::shown;
use crate::app::msg::NoticeLevel;
use crate::incident::telling::tell_event;
use crate::incident::{Entry, Naming};
use crate::runtime::errand::live_hub;
use crate::runtime::serve::{Told, serve};

/// Serves until it is told to stop.
pub fn run(context: &Context, out: &mut Out) -> Outcome {
    let config = context.config();
    let (hub, problems) = live_hub(&config, &context.paths, &context.env(), context.global.read_only)?;
    for problem in problems {
        say(&format!("flightdeck: {problem}"));
    }
    let naming = config.policy.naming;
    serve(hub, &config.settings, &context.paths, &context.env(), &mut |told| {
        let line = match told {
            Told::Ready(at) => {
                format!("taking alerts on http://{at}/v1/alerts/alertmanager and /v1/alerts/generic")
            }
            Told::Entry(entry) => line(&entry, naming),
            Told::Notice(notice) => {
                if notice.level != NoticeLevel::Clear {
                    say(&format!("flightdeck: {}", notice.text));
                }
                return;
            }
        };
        // Alerts are taken whether or not anybody reads the log.
        drop(out.line(&line).and_then(|()| out.flush()));
    })?;
    Ok(DONE)
}

fn line(entry: &Entry, naming: Naming) -> String {
    let text = tell_event(&entry.event, entry.at, naming).replace('\n', " / ");
    format!("{} {} {} {}: {text}", shown(entry.at), entry.incident, entry.seq, entry.actor)
}
