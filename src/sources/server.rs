//! The receiver: a listener on loopback, its connections, and their end.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::otlp::Keep;
use super::pagerduty::Webhooks;
use super::routes::{Shared, router};
use super::{Intake, Tally, Token};
use crate::incident::{Text, Time};

/// Tells the time: the runtime's clock.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// Connections at once. A sender keeps one or two; more wait in the system's backlog. Each costs a
/// task and a few kilobytes, and none is kept by silence for longer than [`Limits::head`].
const CONNECTIONS: usize = 64;

/// Requests between their head and their record at once: each holds a body in memory, and the
/// journal has one writer, so more in parallel would only wait there.
const REQUESTS: usize = 8;

/// About the most bytes of a request's head; Alertmanager sends a few hundred.
const MAX_HEAD: usize = 32 * 1024;

/// What a receiver is made from.
#[derive(Clone)]
pub struct ReceiverSpec {
    /// Where it listens; only a loopback address goes without a token.
    pub listen: SocketAddr,
    /// What senders must show.
    pub token: Option<Token>,
    /// With what PagerDuty's webhooks are taken; none: they are not.
    pub pagerduty: Option<Webhooks>,
    /// Who keeps logs and traces that are sent by OTLP; none: they are not taken.
    pub telemetry: Option<Telemetry>,
    /// The most bytes of a body; about 1 KiB for each alert.
    pub max_body: usize,
    /// The most time of each step.
    pub limits: Limits,
    /// The time of receipt.
    pub clock: Clock,
}

impl ReceiverSpec {
    /// Enough for 4,000 alerts in one group.
    pub const MAX_BODY: usize = 4 * 1024 * 1024;

    /// A receiver with the usual limits and no token.
    #[must_use]
    pub fn new(listen: SocketAddr, clock: Clock) -> Self {
        Self {
            listen,
            token: None,
            pagerduty: None,
            telemetry: None,
            max_body: Self::MAX_BODY,
            limits: Limits::default(),
            clock,
        }
    }
}

/// Who takes logs and traces.
#[derive(Clone)]
pub struct Telemetry {
    /// Keeps them.
    pub keep: Arc<dyn Keep>,
    /// The agents that are known here: by whose names records are called first.
    pub agents: Arc<[Text]>,
}

/// How long each step may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From a connection's silence to a complete head.
    pub head: Duration,
    /// Waiting for other requests to be done.
    pub turn: Duration,
    /// From the head to the body's end.
    pub body: Duration,
    /// Recording; it goes on after that, but the sender is told to come again.
    pub record: Duration,
    /// What is left to requests under way when the receiver stops.
    pub stop: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            turn: Duration::from_secs(5),
            body: Duration::from_secs(10),
            record: Duration::from_secs(10),
            stop: Duration::from_secs(5),
        }
    }
}

/// Why the receiver could not listen. The cockpit goes on without it.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Anybody could declare incidents.
    #[error(
        "{0} can be reached from other machines, so the receiver needs a token there; set one, or \
         listen on 127.0.0.1"
    )]
    NeedsToken(SocketAddr),
    /// Somebody else listens.
    #[error("{0} is in use by another program, perhaps another flightdeck; stop it or choose another port")]
    InUse(SocketAddr),
    /// The system says no.
    #[error("no permission to listen on {0}; choose a port above 1023")]
    Denied(SocketAddr),
    /// No such address on this machine.
    #[error("{0} is no address of this machine; use one of its own, or 127.0.0.1")]
    NotHere(SocketAddr),
    /// Anything else.
    #[error("cannot listen on {listen}: {cause}")]
    Other {
        /// Where.
        listen: SocketAddr,
        /// What the system says.
        cause: io::Error,
    },
}

/// The HTTP receiver.
pub struct Receiver;

impl Receiver {
    /// Opens the port. From then on connections wait, and are answered when it serves.
    ///
    /// # Errors
    /// In words, when it may not or cannot listen there.
    pub async fn bind(spec: ReceiverSpec) -> Result<Bound, BindError> {
        let listen = spec.listen;
        if spec.token.is_none() && !listen.ip().to_canonical().is_loopback() {
            return Err(BindError::NeedsToken(listen));
        }
        let listener = TcpListener::bind(listen).await.map_err(|cause| bind_error(listen, cause))?;
        let addr = listener.local_addr().map_err(|cause| bind_error(listen, cause))?;
        let (tally, _) = watch::channel(Tally::default());
        Ok(Bound { spec, listener, addr, tally })
    }
}

fn bind_error(listen: SocketAddr, cause: io::Error) -> BindError {
    let kind = cause.kind();
    if kind == io::ErrorKind::AddrInUse {
        BindError::InUse(listen)
    } else if kind == io::ErrorKind::PermissionDenied {
        BindError::Denied(listen)
    } else if kind == io::ErrorKind::AddrNotAvailable {
        BindError::NotHere(listen)
    } else {
        BindError::Other { listen, cause }
    }
}

/// A receiver whose port is open.
pub struct Bound {
    spec: ReceiverSpec,
    listener: TcpListener,
    addr: SocketAddr,
    tally: watch::Sender<Tally>,
}

impl Bound {
    /// Where it listens; the port is known even if 0 was asked for.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What it did so far, to watch.
    #[must_use]
    pub fn tally(&self) -> watch::Receiver<Tally> {
        self.tally.subscribe()
    }

    /// Serves until cancelled, then lets the requests under way end.
    pub async fn serve(self, intake: Arc<dyn Intake>, cancel: CancellationToken) {
        let limits = self.spec.limits;
        let records = TaskTracker::new();
        let service = TowerToHyperService::new(router(Arc::new(Shared {
            token: self.spec.token,
            pagerduty: self.spec.pagerduty,
            telemetry: self.spec.telemetry,
            max_body: self.spec.max_body,
            limits,
            clock: self.spec.clock,
            intake,
            tally: self.tally,
            turns: Arc::new(Semaphore::new(REQUESTS)),
            records: records.clone(),
        })));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(limits.head).max_buf_size(MAX_HEAD);
        let slots = Arc::new(Semaphore::new(CONNECTIONS));
        let mut open = JoinSet::new();
        while let Some(stream) = next(&self.listener, &cancel).await {
            let slot = Arc::clone(&slots).acquire_owned();
            let slot = tokio::select! {
                slot = slot => slot.expect("the semaphore is never closed"),
                () = cancel.cancelled() => break,
            };
            let (http, service, cancel) = (http.clone(), service.clone(), cancel.clone());
            open.spawn(async move {
                converse(&http, stream, service, cancel).await;
                drop(slot);
            });
            while open.try_join_next().is_some() {}
        }
        drop(self.listener);
        records.close();
        let ended = async {
            while open.join_next().await.is_some() {}
            records.wait().await;
        };
        let _ = timeout(limits.stop, ended).await; // what is left is dropped with the set
    }
}

/// One connection to its end. When cancelled, a request under way is still answered.
async fn converse(
    http: &http1::Builder,
    stream: TcpStream,
    service: TowerToHyperService<Router>,
    cancel: CancellationToken,
) {
    // hyper waits for the first request of a connection that never said anything; we do not.
    let spoken = AtomicBool::new(false);
    let service = service_fn(|request| {
        spoken.store(true, Ordering::Relaxed);
        service.call(request)
    });
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    // How a connection ends is the sender's affair: the answer was given or it was not.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = cancel.cancelled() => if spoken.load(Ordering::Relaxed) {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

/// The next connection, or nothing when cancelled.
async fn next(listener: &TcpListener, cancel: &CancellationToken) -> Option<TcpStream> {
    /// Out of file descriptors is the likely cause: wait for some to come free, without spinning.
    const PAUSE: Duration = Duration::from_millis(200);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => return Some(stream),
                Err(_) => sleep(PAUSE).await,
            },
            () = cancel.cancelled() => return None,
        }
    }
}
