//! Whether a dependency answers, and how fast: normal and alarm by E5.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::{Answer, Tls};
use crate::incident::{Glance, Text};
use crate::secret::Secret;
use crate::web::{Backend, Base, Outcome, Request, Settings};

/// A system that agents depend on.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// Its name on the timeline.
    pub name: Text,
    /// How it is asked.
    pub kind: Kind,
    /// Faster than this is normal.
    pub normal: Duration,
    /// Slower than this alarms; nobody waits longer.
    pub alarm: Duration,
}

/// How a dependency is asked.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A GET, answered with 200.
    Http {
        /// The whole URL.
        url: String,
    },
    /// A connection that is taken.
    Tcp {
        /// `host:port`.
        address: String,
    },
    /// A PING, answered with PONG.
    Redis {
        /// `host:port`.
        address: String,
        /// What it asks for, if it does.
        password: Option<Secret>,
    },
    /// A `SELECT 1`.
    Postgres {
        /// Its host name or address.
        host: String,
        /// Its port.
        port: u16,
        /// Who asks.
        user: String,
        /// The database.
        database: String,
        /// What it asks for, if it does.
        password: Option<Secret>,
        /// Whether it is encrypted.
        tls: Tls,
    },
}

/// Why a dependency did not do what it was asked.
#[derive(Debug, PartialEq, Eq)]
enum Wrong {
    /// It does not answer, or not as it should.
    Down(String),
    /// It answers, and will not do it for us: that it is down is not shown.
    Refuses(String),
}

impl From<String> for Wrong {
    fn from(why: String) -> Self {
        Self::Down(why)
    }
}

/// How often what is slow is asked: the least time is the dependency's, the rest may be this
/// machine's, which has other things to do when an incident begins.
const ASKS: u32 = 3;

/// How long a connection may take, where that is not what is measured.
const CONNECT: Duration = Duration::from_secs(2);

impl Dependency {
    pub(super) async fn check(&self) -> Answer {
        let normal = shown(self.normal);
        match self.ask().await {
            Err(Wrong::Down(why)) => (Glance::Alarm, format!("DOWN: {why}")),
            Err(Wrong::Refuses(why)) => (Glance::Notable, format!("it answers, but refuses us: {why}")),
            Ok((said, took)) if took < self.normal => (Glance::Quiet, format!("{said} in {}", shown(took))),
            Ok((said, took)) => {
                (Glance::Notable, format!("SLOW: {said} in {}, normal is < {normal}", shown(took)))
            }
        }
    }

    /// The least time of some askings, as long as it is not normal.
    async fn least(&self, mut way: Way<'_>) -> Result<(String, Duration), Wrong> {
        let mut least: Option<(String, Duration)> = None;
        for _ in 0..ASKS {
            let began = Instant::now();
            match tokio::time::timeout(self.alarm, way.once()).await {
                Ok(Ok(said)) => {
                    let took = began.elapsed();
                    if least.as_ref().is_none_or(|(_, least)| took < *least) {
                        least = Some((said, took));
                    }
                    if took < self.normal {
                        break;
                    }
                }
                Ok(Err(why)) if least.is_none() => return Err(why),
                Ok(Err(_)) => break,
                // Nobody waits for this several times.
                Err(_) if self.alarm > CONNECT => break,
                Err(_) => {}
            }
        }
        least.ok_or_else(|| Wrong::Down(format!("no answer in {}", shown(self.alarm))))
    }

    async fn connected<T>(&self, connecting: impl Future<Output = Result<T, Wrong>>) -> Result<T, Wrong> {
        let limit = self.alarm.max(CONNECT);
        let connected = tokio::time::timeout(limit, connecting).await;
        connected.unwrap_or_else(|_| Err(Wrong::Down(format!("no connection in {}", shown(limit)))))
    }

    async fn ask(&self) -> Result<(String, Duration), Wrong> {
        match &self.kind {
            Kind::Http { url } => {
                let base = Base::parse(url).map_err(String::from)?;
                let backend = Backend::new(Settings::new("dependency", base)).map_err(String::from)?;
                self.least(Way::Http(&backend)).await
            }
            Kind::Tcp { address } => self.least(Way::Tcp(address)).await,
            Kind::Redis { address, password } => {
                let stream = self.connected(redis(address, password.as_ref())).await?;
                self.least(Way::Redis(stream)).await
            }
            Kind::Postgres { host, port, user, database, password, tls } => {
                let mut config = tokio_postgres::Config::new();
                config.host(host).port(*port).user(user).dbname(database).application_name("flightdeck");
                config.ssl_mode(tls.mode());
                if let Some(password) = password {
                    config.password(password.expose());
                }
                let connecting = async {
                    let stream = TcpStream::connect((host.as_str(), *port)).await;
                    let stream = stream.map_err(|error| Wrong::Down(error.to_string()))?;
                    config.connect_raw(stream, tls.connect(host)?).await.map_err(judged)
                };
                let (client, connection) = self.connected(connecting).await?;
                tokio::select! {
                    asked = self.least(Way::Postgres(&client)) => asked,
                    ended = connection => {
                        Err(ended.err().map_or_else(|| Wrong::Down("it hung up".to_owned()), judged))
                    }
                }
            }
        }
    }
}

/// What is asked, and measured.
enum Way<'a> {
    Http(&'a Backend),
    Tcp(&'a str),
    Redis(TcpStream),
    Postgres(&'a tokio_postgres::Client),
    /// Answers after these milliseconds.
    #[cfg(test)]
    Waits(std::slice::Iter<'a, u64>),
}

impl Way<'_> {
    async fn once(&mut self) -> Result<String, Wrong> {
        match self {
            Self::Http(backend) => http(backend).await,
            Self::Tcp(address) => match TcpStream::connect(*address).await {
                Ok(_) => Ok("connected".to_owned()),
                Err(error) => Err(Wrong::Down(error.to_string())),
            },
            Self::Redis(stream) => ping(stream).await,
            Self::Postgres(client) => match client.simple_query("SELECT 1").await {
                Ok(_) => Ok("SELECT 1 answered".to_owned()),
                Err(error) => Err(judged(error)),
            },
            #[cfg(test)]
            Self::Waits(waits) => {
                let wait = waits.next().copied().unwrap_or_default();
                tokio::time::sleep(Duration::from_millis(wait)).await;
                Ok(String::new())
            }
        }
    }
}

fn shown(took: Duration) -> String {
    if took < Duration::from_secs(2) {
        format!("{} ms", took.as_millis())
    } else {
        format!("{:.1} s", took.as_secs_f64())
    }
}

/// What an error of PostgreSQL says: whoever answers with a reason of its own, or begins TLS and
/// does not like what it sees, is there.
fn judged(error: tokio_postgres::Error) -> Wrong {
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
    let words = format!("{error}{}", cause.unwrap_or_default());
    let class = error.code().map(|code| code.code().get(..2).unwrap_or_default().to_owned());
    match class.as_deref() {
        // Out of resources, shutting down or starting up, broken: it is there and of no use.
        Some("53" | "57" | "58" | "XX") => Wrong::Down(words),
        Some(_) => Wrong::Refuses(words),
        None if words.contains("TLS handshake") || words.contains("does not support TLS") => {
            Wrong::Refuses(words)
        }
        None => Wrong::Down(words),
    }
}

async fn http(backend: &Backend) -> Result<String, Wrong> {
    match backend.send(&Request::get("").once()).await {
        Outcome::Answered(answer) if answer.status == 200 => Ok("200".to_owned()),
        // Anything else than 200 is an alarm (E5).
        Outcome::Answered(answer) => Err(Wrong::Down(format!("it answers {}, not 200", answer.status))),
        Outcome::NotSent(why) | Outcome::Unknown(why) => Err(Wrong::Down(why.to_string())),
    }
}

async fn redis(address: &str, password: Option<&Secret>) -> Result<TcpStream, Wrong> {
    let mut stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    if let Some(password) = password {
        let secret = password.expose();
        let auth = format!("*2\r\n$4\r\nAUTH\r\n${}\r\n{secret}\r\n", secret.len());
        let said = reply(&mut stream, auth.as_bytes()).await?;
        if said != "+OK" {
            return Err(Wrong::Refuses("it takes no such password".to_owned()));
        }
    }
    Ok(stream)
}

async fn ping(stream: &mut TcpStream) -> Result<String, Wrong> {
    match reply(stream, b"*1\r\n$4\r\nPING\r\n").await?.as_str() {
        "+PONG" => Ok("PONG".to_owned()),
        other if other.starts_with("-NOAUTH") || other.starts_with("-NOPERM") => {
            Err(Wrong::Refuses(other.to_owned()))
        }
        other => Err(Wrong::Down(format!("it answers {other}, not PONG"))),
    }
}

/// One line of an answer, bounded.
async fn reply(stream: &mut TcpStream, request: &[u8]) -> Result<String, String> {
    let words = |error: std::io::Error| error.to_string();
    stream.write_all(request).await.map_err(words)?;
    let mut line = Vec::new();
    while !line.ends_with(b"\n") && line.len() < 256 {
        let mut byte = [0];
        if stream.read(&mut byte).await.map_err(words)? == 0 {
            return Err("it hung up".to_owned());
        }
        line.push(byte[0]);
    }
    Ok(Text::line(String::from_utf8_lossy(&line).trim_end()).to_string())
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    fn dependency(kind: Kind) -> Dependency {
        let (normal, alarm) = (Duration::from_millis(500), Duration::from_millis(900));
        Dependency { name: "it".into(), kind, normal, alarm }
    }

    /// A server that answers every line with these words, after this long.
    async fn server(words: &'static str, after: Duration) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut heard = [0; 512];
                    while stream.read(&mut heard).await.is_ok_and(|read| read > 0) {
                        tokio::time::sleep(after).await;
                        drop(stream.write_all(words.as_bytes()).await);
                    }
                });
            }
        });
        address
    }

    #[tokio::test]
    async fn e5_a_redis_that_does_not_pong_in_time_is_down_or_slow() {
        let at_once = Duration::ZERO;
        for (words, after, glance, said) in [
            ("+PONG\r\n", at_once, Glance::Quiet, "PONG in "),
            ("+PONG\r\n", Duration::from_millis(600), Glance::Notable, "SLOW: PONG"),
            ("+PONG\r\n", Duration::from_secs(5), Glance::Alarm, "DOWN: no answer in 900 ms"),
            (
                "-NOAUTH Authentication required.\r\n",
                at_once,
                Glance::Notable,
                "it answers, but refuses us: -NOAUTH",
            ),
        ] {
            let address = server(words, after).await;
            let found = dependency(Kind::Redis { address, password: None }).check().await;
            assert_eq!(found.0, glance, "{}", found.1);
            assert!(found.1.starts_with(said), "{}", found.1);
        }
    }

    /// One slow answer of a machine that had other things to do was told as the dependency's.
    #[tokio::test(start_paused = true)]
    async fn what_is_slow_once_is_asked_again_and_its_least_time_counts() {
        let it = dependency(Kind::Tcp { address: "127.0.0.1:1".to_owned() });
        for (waits, least) in
            [(&[600, 10][..], 10), (&[5_000, 20], 20), (&[700, 600, 800], 600), (&[10, 600], 10)]
        {
            let (_, took) = it.least(Way::Waits(waits.iter())).await.unwrap();
            assert_eq!(took.as_millis(), least, "{waits:?}");
        }
    }

    #[tokio::test]
    async fn e5_a_tool_service_answers_200_or_is_down() {
        for (words, glance, said) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", Glance::Quiet, "200 in "),
            (
                "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n",
                Glance::Alarm,
                "DOWN: it answers 503, not 200",
            ),
        ] {
            let url = format!("http://{}/health", server(words, Duration::ZERO).await);
            let found = dependency(Kind::Http { url }).check().await;
            assert_eq!(found.0, glance, "{}", found.1);
            assert!(found.1.starts_with(said), "{}", found.1);
        }
        let closed = dependency(Kind::Tcp { address: "127.0.0.1:1".to_owned() }).check().await;
        assert_eq!(closed.0, Glance::Alarm, "{}", closed.1);
    }

    #[tokio::test]
    async fn a_password_never_shows() {
        let address = server("-WRONGPASS\r\n", Duration::ZERO).await;
        let password = Some(Secret::new("hunter2"));
        let redis = dependency(Kind::Redis { address, password });
        let found = redis.check().await;
        assert_eq!(found.1, "it answers, but refuses us: it takes no such password");
        assert!(!format!("{redis:?}").contains("hunter2"));
    }
}
