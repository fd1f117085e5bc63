//! Where a channel's system is. A URL that lets anybody write there is a secret as a whole, and is
//! fetched when it is first needed: what holds it may take its time.

use std::time::Duration;

use tokio::sync::OnceCell;

use super::Seen;
use crate::incident::Text;
use crate::secret::Secret;
use crate::web::{Auth, Backend, Base, Credential, Method, Outcome, Patience, Request, Settings};

/// Where a URL lies.
#[derive(Clone, Debug)]
pub enum Address {
    /// As it stands in the configuration.
    Plain(String),
    /// Somewhere else.
    Secret(Credential),
}

/// One URL to which messages are sent, one try at a time: the outbox repeats.
pub struct Site {
    name: Text,
    address: Address,
    auth: Auth,
    opened: OnceCell<Opened>,
}

struct Opened {
    backend: Backend,
    path: String,
    /// The path, where it is a secret: masked in whatever comes back.
    hidden: Option<Secret>,
}

impl Site {
    /// At this address.
    ///
    /// # Errors
    /// What is wrong with an address that is no secret.
    pub fn new(name: &str, address: Address, auth: Auth) -> Result<Self, Text> {
        if let Address::Plain(url) = &address {
            Base::parse(origin(url).0)?;
        }
        Ok(Self { name: Text::line(name), address, auth, opened: OnceCell::new() })
    }

    /// Sends a request that is made of an empty one.
    pub async fn send(&self, method: Method, make: impl FnOnce(Request) -> Request) -> Outcome {
        let opened = match self.opened.get_or_try_init(|| self.open()).await {
            Ok(opened) => opened,
            Err(why) => return Outcome::NotSent(why),
        };
        // Another try is the outbox's to make, and its waits are its own.
        let mut request = Request::new(method, &opened.path).insisting().once();
        if let Some(hidden) = &opened.hidden {
            request = request.hiding(hidden);
        }
        opened.backend.send(&make(request)).await
    }

    /// Looks whether anybody is there, at the root of the place: a URL that takes messages is not
    /// touched. `unproved`: what that does not show.
    pub async fn reach(&self, unproved: &str) -> Seen {
        match self.opened.get_or_try_init(|| self.open()).await {
            Ok(opened) => reached(&opened.backend, unproved).await,
            Err(why) => Seen::Ill(why),
        }
    }

    /// Sends a request to another method of the same API: the last step of the path is this one.
    pub async fn beside(&self, last: &str, limit: Duration) -> Outcome {
        let opened = match self.opened.get_or_try_init(|| self.open()).await {
            Ok(opened) => opened,
            Err(why) => return Outcome::NotSent(why),
        };
        let path = opened.path.rsplit_once('/').map_or("", |(before, _)| before);
        let request = Request::new(Method::POST, format!("{path}/{last}")).insisting().once().limit(limit);
        opened.backend.send(&request).await
    }

    /// Reads from another method of the same API, as [`beside`](Self::beside) finds it.
    pub async fn read_beside(&self, last: &str, query: &[(&str, &str)], limit: Duration) -> Outcome {
        let opened = match self.opened.get_or_try_init(|| self.open()).await {
            Ok(opened) => opened,
            Err(why) => return Outcome::NotSent(why),
        };
        let path = opened.path.rsplit_once('/').map_or("", |(before, _)| before);
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let request = Request::get(format!("{path}/{last}?{query}")).insisting().once().limit(limit);
        opened.backend.send(&request).await
    }

    async fn open(&self) -> Result<Opened, Text> {
        let (url, secret) = match &self.address {
            Address::Plain(url) => (Secret::new(url), false),
            Address::Secret(credential) => (credential.get().await?, true),
        };
        let (origin, path) = origin(url.expose());
        let settings = Settings {
            auth: self.auth.clone(),
            patience: Patience::ONCE,
            ..Settings::new(self.name.as_str(), Base::parse(origin)?)
        };
        let hidden = secret.then(|| Secret::new(path));
        Ok(Opened { backend: Backend::new(settings)?, path: path.to_owned(), hidden })
    }
}

/// What the answer of a place does not show.
pub const UNPROVED: &str = "whether it takes a message only one would show";

/// How long a look may take. A person waits for it.
pub const LOOK: Duration = Duration::from_secs(5);

/// Whether anybody answers at the root of a place. Whatever it answers proves no more than that
/// somebody is there; that it is not well is said.
pub async fn reached(backend: &Backend, unproved: &str) -> Seen {
    match backend.send(&Request::new(Method::HEAD, "/").insisting().once().limit(LOOK)).await {
        Outcome::NotSent(why) | Outcome::Unknown(why) => Seen::Ill(why),
        Outcome::Answered(answer) => {
            let words = format!("it answered {}", answer.status);
            match answer.status {
                500 | 502..=504 => Seen::Ill(Text::line(&words)),
                _ => Seen::Reached(Text::line(&format!("{words}; {unproved}"))),
            }
        }
    }
}

/// Scheme, host and port, and what follows: the query too, which belongs to many such URLs.
fn origin(url: &str) -> (&str, &str) {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    url.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_parted_behind_its_host() {
        for (url, parts) in [
            ("https://h/x?sig=1", ("https://h", "/x?sig=1")),
            ("https://h:443/", ("https://h:443", "/")),
            ("https://h", ("https://h", "")),
            ("nonsense", ("nonsense", "")),
        ] {
            assert_eq!(origin(url), parts);
        }
    }

    #[tokio::test]
    async fn a_secret_that_is_no_url_is_told_without_quoting_it() {
        let address = Address::Secret(Credential::fixed(Secret::new("hunter2")));
        let site = Site::new("chat", address, Auth::None).unwrap();
        let Outcome::NotSent(why) = site.send(Method::POST, |request| request).await else { unreachable!() };
        assert!(!why.as_str().contains("hunter2"), "{why}");
        assert!(Site::new("chat", Address::Plain("ftp://h".into()), Auth::None).is_err());
    }
}
