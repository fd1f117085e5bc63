//! The alert receiver without a screen: takes alerts, probes what is in force, tells what is
//! recorded.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::broadcast::{Receiver as Feeds, error::RecvError};
use tokio_util::sync::CancellationToken;

use super::engine::{Engine, Extras};
use super::feed::Feed;
use super::hub::Hub;
use crate::app::msg::Notice;
use crate::config::{Paths, Settings};
use crate::error::{Error, Result};
use crate::incident::Entry;
use crate::sources::{BindError, Bound, Receiver, ReceiverSpec};
use crate::store::Watch;

use super::{launch, live, receiver};

/// What somebody who serves is told.
#[derive(Clone, Debug)]
pub enum Told {
    /// Alerts are taken from now on, here.
    Ready(SocketAddr),
    /// Something was recorded, by this process or another one.
    Entry(Box<Entry>),
    /// Something to know.
    Notice(Notice),
}

/// How often a port that another program has is tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// Serves until the process is told to stop (SIGTERM, SIGINT, SIGHUP). The receiver is opened even
/// where the configuration has none: asking for it is saying so, unless the file says that there is to
/// be none. What is in force is probed with a receiver and without.
///
/// # Errors
/// When nothing could be recorded, or the receiver must not be opened as it is configured.
pub fn serve(
    hub: Hub,
    settings: &Settings,
    paths: &Paths,
    env: &crate::config::Env<'_>,
    told: &mut dyn FnMut(Told),
) -> Result<()> {
    if hub.journal().is_read_only() {
        let why = hub.journal().degraded().unwrap_or_else(|| "the journal is read-only".into());
        return Err(Error::remote(format!("no alert could be recorded: {why}")));
    }
    let mut wanted = settings.clone();
    wanted.receiver.enabled = !settings.receiver.declined;
    let spec = live::receiver(&wanted, paths, env)
        .map_err(|why| Error::config(format!("the receiver's token: {why}")))?;
    let extras = beside(settings, paths, env, told);
    let engine = Engine::start(hub.clone(), extras)?;
    let feed = hub.subscribe();
    let outcome = engine.block_on(async {
        let mut stop = Stop::new()?;
        // What is there already is no news.
        let watch = hub.journal().watch(hub.journal().position().await?);
        let cancel = CancellationToken::new();
        let bound = match spec.as_ref() {
            Some(spec) => match Receiver::bind(spec.clone()).await {
                Ok(bound) => {
                    told(Told::Ready(bound.addr()));
                    Some(bound)
                }
                Err(error) if is_misconfigured(&error) => return Err(error.into()),
                Err(error) if receiver::is_taken_elsewhere(&hub, &error) => {
                    let words = "alerts are taken by another flightdeck on this journal; this one follows, \
                                 and probing goes on";
                    told(Told::Notice(Notice::info(words)));
                    None
                }
                Err(error) => {
                    receiver::leave_trouble(&hub, spec, &error);
                    let words =
                        format!("no alerts are taken: {error}; it is tried again, and probing goes on");
                    told(Told::Notice(Notice::lasting("receiver", words)));
                    None
                }
            },
            None => {
                let words = "no alerts are taken: [receiver] enabled = false; probing goes on";
                told(Told::Notice(Notice::lasting("receiver", words)));
                None
            }
        };
        let serving = tokio::spawn(take_alerts(hub.clone(), spec, bound, cancel.clone()));
        tokio::select! {
            () = tell(watch, feed, told) => {}
            () = stop.wait() => {}
        }
        cancel.cancel();
        serving.await.map_err(|error| Error::internal("the receiver ended by itself").because(error))
    });
    engine.stop();
    outcome
}

const fn is_misconfigured(error: &BindError) -> bool {
    match error {
        BindError::NeedsToken(_) | BindError::NotHere(_) => true,
        BindError::InUse(_) | BindError::Denied(_) | BindError::Other { .. } => false,
    }
}

/// Takes alerts until cancelled, as soon as the port can be had.
async fn take_alerts(hub: Hub, spec: Option<ReceiverSpec>, bound: Option<Bound>, cancel: CancellationToken) {
    let Some(spec) = spec else { return cancel.cancelled().await };
    let mut bound = bound;
    while bound.is_none() {
        if cancel.run_until_cancelled(tokio::time::sleep(AGAIN)).await.is_none() {
            return;
        }
        bound = match Receiver::bind(spec.clone()).await {
            Ok(bound) => Some(bound),
            Err(error) => {
                if !receiver::is_taken_elsewhere(&hub, &error) {
                    receiver::leave_trouble(&hub, &spec, &error);
                }
                None
            }
        };
        if let Some(bound) = &bound {
            hub.tell(Feed::Notice(Notice::info(format!("alerts are taken on http://{}", bound.addr()))));
        }
    }
    if let Some(bound) = bound {
        receiver::take(&hub, bound, cancel).await;
    }
}

/// What runs beside the receiver: the digest, what is asked when an alert declares an incident, for
/// which the fleet's vitals are read here too, and the agents' logs, of which leaks are told with how
/// much was logged since.
fn beside(
    settings: &Settings,
    paths: &Paths,
    env: &crate::config::Env<'_>,
    told: &mut dyn FnMut(Told),
) -> Extras {
    let (mut problems, mut unasked) = (Vec::new(), Vec::new());
    let first = live::first::questions(settings, env, &mut unasked);
    let patients = first.as_ref().map(|_| live::patients(settings, paths, &mut problems)).unwrap_or_default();
    problems.extend(unasked.iter().map(Notice::error));
    let followed = live::followed(settings, paths, &mut problems);
    problems.into_iter().for_each(|problem| told(Told::Notice(problem)));
    let digest = Some(launch::digest_template(paths, settings));
    Extras { first, patients, digest, ..followed }
}

/// Tells of each entry once and in order, and of notices between them. Never ends.
async fn tell(mut watch: Watch, mut feed: Feeds<Feed>, told: &mut dyn FnMut(Told)) {
    loop {
        tokio::select! {
            news = watch.next() => match news {
                Ok(news) => news.into_iter().for_each(|(_, entry)| told(Told::Entry(Box::new(entry)))),
                // The hub says what is wrong with the journal, and tries again.
                Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
            },
            news = feed.recv() => match news {
                Ok(Feed::Notice(notice)) => told(Told::Notice(notice)),
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => std::future::pending().await,
            },
        }
    }
}

/// The signals that end it.
struct Stop {
    term: Signal,
    int: Signal,
    hangup: Signal,
}

impl Stop {
    fn new() -> Result<Self> {
        let hear =
            |kind| signal(kind).map_err(|error| Error::internal("signals cannot be heard").because(error));
        Ok(Self {
            term: hear(SignalKind::terminate())?,
            int: hear(SignalKind::interrupt())?,
            hangup: hear(SignalKind::hangup())?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.int.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}

impl From<BindError> for Error {
    fn from(error: BindError) -> Self {
        match error {
            BindError::NeedsToken(_) | BindError::NotHere(_) => {
                Self::config(error.to_string()).hint("[receiver] listen and token_env say where and how")
            }
            BindError::InUse(_) | BindError::Denied(_) | BindError::Other { .. } => {
                Self::remote(error.to_string()).hint("[receiver] listen names another address")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::adapters::{Live, Rig};
    use crate::incident::{Policy, Realm};
    use crate::runtime::Clock;
    use crate::store::Journal;

    /// Where `serve` probed, leaks were told without the lines that were logged since.
    #[test]
    fn a3_whoever_serves_follows_the_logs_that_a_leak_is_told_with() {
        let dir = tempfile::tempdir().unwrap();
        let text = "[[agents]]\nid = 'a'\nlogs = ['/var/log/a.log']\n\
                    [[agents]]\nid = 'b'\nlog_command = ['journalctl', '-u', 'b']\n";
        let paths = Paths {
            config_file: dir.path().join("c.toml"),
            config_named: true,
            config_dir: dir.path().into(),
            data_dir: dir.path().into(),
            home: None,
        };
        let mut problems = crate::config::Problems::new();
        let file = crate::config::File::embedded("c.toml", text);
        let settings = Settings::read(&file, &paths, &|_| None, &mut problems);
        assert!(problems.is_empty(), "{:?}", problems.into_sorted());
        let extras = beside(&settings, &paths, &|_| None, &mut |_| {});
        assert_eq!((extras.logs.len(), extras.log_commands.len()), (1, 1));
    }

    /// `serve` held no lease: a cockpit beside it took its port for another program's, and said for
    /// good that no alerts are taken.
    #[tokio::test]
    async fn whoever_serves_lets_the_journal_s_other_processes_know_that_alerts_are_taken() {
        let journal = Journal::memory(Realm::Live).unwrap();
        let rig = Rig::Live(Live::new(vec![]));
        let hub = Hub::new(journal, Arc::new(Policy::built_in()), Clock::wall(), rig, false);
        let spec = ReceiverSpec::new(([127, 0, 0, 1], 0).into(), Arc::new(chrono::Utc::now));
        let is_taken = || matches!(hub.journal().lease_receiver(), Ok(None));
        for bound in [Some(Receiver::bind(spec.clone()).await.unwrap()), None] {
            // Bound at once, or as soon as the port can be had.
            let cancel = CancellationToken::new();
            let serving = tokio::spawn(take_alerts(hub.clone(), Some(spec.clone()), bound, cancel.clone()));
            let limit = tokio::time::Instant::now() + AGAIN * 3;
            while !is_taken() {
                assert!(tokio::time::Instant::now() < limit, "nobody knows that alerts are taken");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            cancel.cancel();
            serving.await.unwrap();
            assert!(!is_taken(), "and whoever wants may follow");
        }
    }
}
