//! Whether a dependency answers, and how fast: normal and alarm by E5.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_postgres::NoTls;

use super::Answer;
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
    },
}

impl Dependency {
    pub(super) async fn check(&self) -> Answer {
        let began = Instant::now();
        let asked = tokio::time::timeout(self.alarm, self.kind.ask()).await;
        let took = began.elapsed();
        let normal = shown(self.normal);
        match asked {
            Err(_) => (Glance::Alarm, format!("DOWN: no answer in {}", shown(self.alarm))),
            Ok(Err(why)) => (Glance::Alarm, format!("DOWN: {why}")),
            Ok(Ok(said)) if took < self.normal => (Glance::Quiet, format!("{said} in {}", shown(took))),
            Ok(Ok(said)) => {
                (Glance::Notable, format!("SLOW: {said} in {}, normal is < {normal}", shown(took)))
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

impl Kind {
    async fn ask(&self) -> Result<String, String> {
        match self {
            Self::Http { url } => http(url).await,
            Self::Tcp { address } => {
                TcpStream::connect(address).await.map_err(|error| error.to_string())?;
                Ok("connected".to_owned())
            }
            Self::Redis { address, password } => redis(address, password.as_ref()).await,
            Self::Postgres { host, port, user, database, password } => {
                let mut config = tokio_postgres::Config::new();
                config.host(host).port(*port).user(user).dbname(database).application_name("flightdeck");
                if let Some(password) = password {
                    config.password(password.expose());
                }
                let words = |error: tokio_postgres::Error| {
                    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
                    format!("{error}{}", cause.unwrap_or_default())
                };
                let (client, connection) = config.connect(NoTls).await.map_err(words)?;
                let asked = async {
                    client.simple_query("SELECT 1").await.map_err(words)?;
                    Ok("SELECT 1 answered".to_owned())
                };
                tokio::select! {
                    asked = asked => asked,
                    ended = connection => Err(ended.err().map_or_else(|| "it hung up".to_owned(), words)),
                }
            }
        }
    }
}

async fn http(url: &str) -> Result<String, String> {
    let base = Base::parse(url).map_err(String::from)?;
    let backend = Backend::new(Settings::new("dependency", base)).map_err(String::from)?;
    match backend.send(&Request::get("").once()).await {
        Outcome::Answered(answer) if answer.status == 200 => Ok("200".to_owned()),
        Outcome::Answered(answer) => Err(format!("it answers {}, not 200", answer.status)),
        Outcome::NotSent(why) | Outcome::Unknown(why) => Err(why.to_string()),
    }
}

async fn redis(address: &str, password: Option<&Secret>) -> Result<String, String> {
    let mut stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    if let Some(password) = password {
        let secret = password.expose();
        let auth = format!("*2\r\n$4\r\nAUTH\r\n${}\r\n{secret}\r\n", secret.len());
        let said = reply(&mut stream, auth.as_bytes()).await?;
        if said != "+OK" {
            return Err("it takes no such password".to_owned());
        }
    }
    match reply(&mut stream, b"*1\r\n$4\r\nPING\r\n").await?.as_str() {
        "+PONG" => Ok("PONG".to_owned()),
        other => Err(format!("it answers {other}, not PONG")),
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
            ("-NOAUTH Authentication required.\r\n", at_once, Glance::Alarm, "DOWN: it answers -NOAUTH"),
        ] {
            let address = server(words, after).await;
            let found = dependency(Kind::Redis { address, password: None }).check().await;
            assert_eq!(found.0, glance, "{}", found.1);
            assert!(found.1.starts_with(said), "{}", found.1);
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
        assert_eq!(found.1, "DOWN: it takes no such password");
        assert!(!format!("{redis:?}").contains("hunter2"));
    }
}
