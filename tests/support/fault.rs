//! A proxy between us and a server that does to the connection what networks do.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// What it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    Pass,
    /// Resets each connection as soon as it has read from it.
    Reset,
    /// Takes everything and passes nothing on.
    Blackhole,
    /// Passes the request, keeps the answer.
    Half,
    /// Passes the request and a part of the answer, then closes.
    Cut,
    /// Passes everything, later.
    Latency(Duration),
}

/// The proxy. Gone when it is dropped.
pub struct FaultProxy {
    /// Where it listens.
    pub address: SocketAddr,
    fault: watch::Sender<Fault>,
    task: JoinHandle<()>,
}

impl FaultProxy {
    /// In front of `target`, with nothing wrong yet.
    pub async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (fault, seen) = watch::channel(Fault::Pass);
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(serve(client, target, seen.clone()));
            }
        });
        Self { address, fault, task }
    }

    /// From now on it does this, to connections under way too.
    pub fn set(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut client: TcpStream, target: SocketAddr, fault: watch::Receiver<Fault>) {
    let Ok(mut server) = TcpStream::connect(target).await else { return };
    let (mut asked, mut answered) = (vec![0; 65536], vec![0; 65536]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(count @ 1..) = read else { return };
                if !passes(&fault, &[Fault::Half, Fault::Cut], &mut client).await { return }
                if server.write_all(&asked[..count]).await.is_err() { return }
            }
            read = server.read(&mut answered) => {
                let Ok(count @ 1..) = read else { return };
                if *fault.borrow() == Fault::Cut {
                    drop(client.write_all(&answered[..count / 2]).await);
                    return;
                }
                if !passes(&fault, &[], &mut client).await { return }
                if client.write_all(&answered[..count]).await.is_err() { return }
            }
        }
    }
}

/// Whether bytes may pass now, with what is let through in this direction besides `Pass`.
async fn passes(fault: &watch::Receiver<Fault>, also: &[Fault], client: &mut TcpStream) -> bool {
    let now = *fault.borrow();
    if also.contains(&now) {
        return true;
    }
    match now {
        Fault::Pass => true,
        Fault::Latency(time) => {
            tokio::time::sleep(time).await;
            true
        }
        Fault::Reset => {
            drop(client.set_zero_linger());
            false
        }
        // Held open and silent until the other side gives up.
        Fault::Blackhole | Fault::Half | Fault::Cut => {
            let mut ignored = [0; 1024];
            while matches!(client.read(&mut ignored).await, Ok(1..)) {}
            false
        }
    }
}
