//! Everything that runs beside the sessions: the hub, the dispatch, the probes, the receiver, the
//! logs, a drill's fleet. It has threads of its own, so that a terminal that takes no bytes holds
//! up nobody else.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Handle, Runtime};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::drill::Simulation;
use super::feed::Feed;
use super::first::{self, Questions};
use super::hub::Hub;
use super::kept_log::Shelf;
use super::spool::by_agent;
use super::vitals::{self, Patient};
use super::{digest, dispatch, drill, outbox, receiver, watch};
use crate::app::msg::Notice;
use crate::error::{Error, Result};
use crate::incident::hint::Hints;
use crate::incident::{LogBlock, LogLine, Realm, Text};
use crate::logs::{self, LogBatch, LogCommand, LogSource};
use crate::sources::ReceiverSpec;

/// Batches of log lines under way. Each is large already; a full channel makes the follower wait,
/// and the file is the buffer.
const LOG_BATCHES: usize = 4;

/// How long calls under way are waited for at the end. What is not answered by then is found in
/// doubt by whoever looks next.
const FAREWELL: Duration = Duration::from_secs(2);

/// What an engine is to run besides the hub.
#[derive(Default)]
pub struct Extras {
    /// The alert receiver.
    pub receiver: Option<ReceiverSpec>,
    /// Log files.
    pub logs: Vec<LogSource>,
    /// Commands that print logs.
    pub log_commands: Vec<LogCommand>,
    /// Which of them holds what came by OTLP, from many agents.
    pub spool: Option<PathBuf>,
    /// Agents whose vitals are read.
    pub patients: Vec<Patient>,
    /// A drill's fleet.
    pub simulation: Option<Arc<Simulation>>,
    /// Whether incidents that an earlier drill left open are ended: their fleet is gone.
    pub end_earlier: bool,
    /// The template of the daily digest of what is in force; none: this process makes no digest.
    pub digest: Option<String>,
    /// What is asked when an incident begins; none: this process asks nothing.
    pub first: Option<Questions>,
    /// What lines of logs may hint at.
    pub hints: Hints,
    /// What could not be set up, to be shown.
    pub problems: Vec<Notice>,
}

/// A running engine.
pub struct Engine {
    runtime: Runtime,
    hub: Hub,
    cancel: CancellationToken,
    tasks: TaskTracker,
    shelf: Arc<Shelf>,
    hints: Arc<Hints>,
}

impl Engine {
    /// Starts everything. `hub` makes the hub within the engine's runtime.
    ///
    /// # Errors
    /// When threads cannot be had, or `hub` fails.
    pub fn start(hub: Hub, mut extras: Extras) -> Result<Self> {
        let runtime = runtime()?;
        let cancel = CancellationToken::new();
        let tasks = TaskTracker::new();
        let hints = Arc::new(std::mem::take(&mut extras.hints));
        let shelf = Arc::new(Shelf { sources: extras.logs.clone(), spool: extras.spool.clone() });
        {
            let _inside = runtime.enter();
            tasks.spawn(dispatch::run(hub.clone(), cancel.clone(), tasks.clone()));
            tasks.spawn(watch::run(hub.clone(), cancel.clone(), tasks.clone()));
            tasks.spawn(outbox::run(hub.clone(), cancel.clone(), tasks.clone()));
            if let Some(questions) = extras.first.take() {
                tasks.spawn(first::run(hub.clone(), questions, cancel.clone(), tasks.clone()));
            }
            tasks.spawn(run_extras(hub.clone(), extras, cancel.clone()));
            tasks.spawn(hub.clone().run(cancel.clone()));
        }
        Ok(Self { runtime, hub, cancel, tasks, shelf, hints })
    }

    /// The hub.
    #[must_use]
    pub const fn hub(&self) -> &Hub {
        &self.hub
    }

    /// What lines of logs may hint at.
    pub(super) fn hints(&self) -> Arc<Hints> {
        self.hints.clone()
    }

    /// The log files that it follows.
    pub(super) fn shelf(&self) -> Arc<Shelf> {
        self.shelf.clone()
    }

    /// Where tasks of the engine are spawned.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        self.runtime.handle()
    }

    /// Waits within the engine.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Ends everything; calls under way get a moment to be answered.
    pub fn stop(self) {
        self.cancel.cancel();
        self.tasks.close();
        let _in_time =
            self.runtime.block_on(async { tokio::time::timeout(FAREWELL, self.tasks.wait()).await });
        self.runtime.shutdown_timeout(FAREWELL);
    }
}

fn runtime() -> Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("engine")
        .enable_all()
        .build()
        .map_err(|error| Error::internal("cannot start the engine's threads").because(error))
}

async fn run_extras(hub: Hub, extras: Extras, cancel: CancellationToken) {
    for problem in extras.problems {
        hub.tell(Feed::Notice(problem));
    }
    let receiver = async {
        if let Some(spec) = extras.receiver {
            receiver::receive(&hub, spec, cancel.clone()).await;
        }
    };
    let elsewhere = async {
        if hub.realm() == Realm::Live {
            receiver::hear(&hub, &cancel).await;
        }
    };
    let logs = async {
        if !(extras.logs.is_empty() && extras.log_commands.is_empty()) {
            let sources = (extras.logs, extras.log_commands);
            follow(&hub, sources, extras.spool, cancel.clone()).await;
        }
    };
    let vitals = async {
        if !extras.patients.is_empty() {
            vitals::run(hub.clone(), extras.patients, cancel.clone()).await;
        }
    };
    let simulation = async {
        if let Some(simulation) = extras.simulation {
            if cancel.run_until_cancelled(hub.until_loaded()).await.is_none() {
                return;
            }
            if extras.end_earlier
                && let Err(error) = drill::end_earlier(&hub).await
            {
                hub.tell(Feed::Notice(Notice::error(error.to_string())));
            }
            drill::run(hub.clone(), simulation, cancel.clone()).await;
        }
    };
    let digests = async {
        if let Some(template) = extras.digest {
            digest::run(hub.clone(), template, cancel.clone()).await;
        }
    };
    tokio::join!(receiver, elsewhere, logs, vitals, simulation, digests);
}

async fn follow(
    hub: &Hub,
    (sources, commands): (Vec<LogSource>, Vec<LogCommand>),
    spool: Option<PathBuf>,
    cancel: CancellationToken,
) {
    let spool = spool.map(|path| Text::line(&path.to_string_lossy()));
    let (out, mut batches) = mpsc::channel::<LogBatch>(LOG_BATCHES);
    for command in commands {
        let waits = logs::command::Waits::default();
        // Each ends with the receiver of its lines, or when it is cancelled.
        drop(logs::command::spawn(command, waits, chrono::Utc::now, out.clone(), cancel.clone()));
    }
    let follower = logs::spawn(sources, logs::Settings::default(), chrono::Utc::now, out, cancel);
    while let Some(mut batch) = batches.recv().await {
        for notice in &batch.notices {
            hub.tell(Feed::Notice(Notice::info(notice.to_string())));
        }
        for block in &mut batch.blocks {
            if !block.is_empty() && Some(block.source(0).as_ref()) == spool.as_ref() {
                let mut lines: Vec<LogLine> = block.lines().collect();
                lines.iter_mut().for_each(by_agent);
                *block = Arc::new(LogBlock::from(lines));
            }
        }
        if !batch.blocks.is_empty() {
            hub.tell_lines(batch.blocks);
        }
    }
    // It ends when it is cancelled; a panic in it was printed already.
    drop(follower.await);
}
