//! One try: out and back, bounded, and no more said of it than is known.

use std::error::Error as _;
use std::sync::Once;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Method, Url};

use super::mask::Mask;
use super::{Answer, Base, Outcome, Pending};
use crate::incident::Text;
use crate::secret::Secret;

/// How long a connection may take to come about, TLS included. Shorter than any limit of a whole
/// request, so that a host that swallows everything is told as what it is: nothing left us.
const CONNECT: Duration = Duration::from_secs(4);

/// One try's request, complete.
pub struct Parcel<'a> {
    pub method: &'a Method,
    pub url: Url,
    pub headers: &'a [(String, String)],
    pub auth: Option<(String, Secret)>,
    pub body: &'a [u8],
    pub body_max: usize,
    pub mask: &'a Mask,
}

/// What carries a try. A test's own answers without a network.
pub trait Wire: Send + Sync {
    fn once<'a>(&'a self, parcel: Parcel<'a>) -> Pending<'a, Outcome>;
}

/// The real one.
pub struct Net(Client);

impl Net {
    /// A client that follows no redirect, repeats nothing and keeps no connection: each try, each
    /// probe, meets whichever replica the world gives it.
    pub fn new(base: &Base, authorities: Option<&[u8]>) -> Result<Self, Text> {
        static RING: Once = Once::new();
        // Somebody else's provider will do as well.
        RING.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let cannot = |why: reqwest::Error| Text::line(&format!("no client: {}", chain(why)));
        let mut builder = Client::builder()
            .user_agent(concat!("flightdeck/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT);
        if base.is_loopback() {
            builder = builder.no_proxy();
        }
        if !base.is_encrypted() {
            // Nothing to trust: so a machine without certificates can still speak to its neighbour.
            builder = builder.tls_certs_only([]);
        } else if let Some(pem) = authorities {
            let certificates = Certificate::from_pem_bundle(pem).map_err(cannot)?;
            builder = builder.tls_certs_merge(certificates);
        }
        builder.build().map(Self).map_err(cannot)
    }

    async fn send(&self, parcel: Parcel<'_>) -> Outcome {
        let headers = match headers(&parcel) {
            Ok(headers) => headers,
            Err(why) => return Outcome::NotSent(why),
        };
        let request = self.0.request(parcel.method.clone(), parcel.url).headers(headers);
        let mut response = match request.body(parcel.body.to_vec()).send().await {
            Ok(response) => response,
            Err(error) => {
                let before = error.is_connect() || error.is_builder();
                let why = Text::line(&parcel.mask.text(&chain(error)));
                return if before { Outcome::NotSent(why) } else { Outcome::Unknown(why) };
            }
        };
        let status = response.status().as_u16();
        let kept = response.headers().iter().map(|(name, value)| {
            (name.as_str().to_owned(), parcel.mask.text(&String::from_utf8_lossy(value.as_bytes())))
        });
        let headers = kept.collect();
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > parcel.body_max => {
                    let max = parcel.body_max;
                    return Outcome::Unknown(Text::line(&format!(
                        "it answered {status} with more than {max} bytes, which were not read"
                    )));
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => {
                    let why = parcel.mask.text(&chain(error));
                    return Outcome::Unknown(Text::line(&format!(
                        "it answered {status}, but the answer broke off: {why}"
                    )));
                }
            }
        }
        let body = parcel.mask.bytes(body);
        Outcome::Answered(Answer { status, headers, body, tries: 1, after_doubt: false })
    }
}

impl Wire for Net {
    fn once<'a>(&'a self, parcel: Parcel<'a>) -> Pending<'a, Outcome> {
        Box::pin(self.send(parcel))
    }
}

fn headers(parcel: &Parcel<'_>) -> Result<HeaderMap, Text> {
    let mut map = HeaderMap::new();
    let cannot = |name: &str| Text::line(&format!("the header '{name}' cannot be sent"));
    for (name, value) in parcel.headers {
        let key = HeaderName::try_from(name.as_str()).map_err(|_| cannot(name))?;
        map.append(key, HeaderValue::try_from(value.as_str()).map_err(|_| cannot(name))?);
    }
    if let Some((name, secret)) = &parcel.auth {
        let key = HeaderName::try_from(name.as_str()).map_err(|_| cannot(name))?;
        let mut value = HeaderValue::try_from(secret.expose()).map_err(|_| cannot(name))?;
        value.set_sensitive(true);
        map.insert(key, value);
    }
    Ok(map)
}

/// An error with its causes, without the URL: that one may hold a secret, and who is spoken to is
/// known by name.
fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let said = next.to_string();
        if !words.contains(&said) {
            words.push_str(": ");
            words.push_str(&said);
        }
        cause = next.source();
    }
    words
}
