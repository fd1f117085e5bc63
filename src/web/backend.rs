//! One backend: its address, its credentials, its patience and its circuit.

use std::fmt;
use std::time::Duration;

use reqwest::Url;
use tokio::time::{Instant, sleep, timeout};

use super::circuit::Circuit;
use super::mask::Mask;
use super::patience::{may_repeat, retry_after};
use super::request::Repeat;
use super::wire::{Net, Parcel, Wire};
use super::{Auth, Base, CircuitRule, CircuitState, Outcome, Patience, Request};
use crate::incident::Text;
use crate::secret::Secret;

/// What a backend is made from.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its name in configuration, errors and on screen.
    pub name: Text,
    /// Where it is.
    pub base: Base,
    /// How we say who we are.
    pub auth: Auth,
    /// How often what may be repeated is.
    pub patience: Patience,
    /// When it is left alone.
    pub circuit: CircuitRule,
    /// The most bytes of an answer.
    pub body_max: usize,
    /// Certificates (PEM) to trust besides the system's: a company's own authority.
    pub authorities: Option<Vec<u8>>,
}

impl Settings {
    /// The usual ones, without credentials.
    #[must_use]
    pub fn new(name: &str, base: Base) -> Self {
        Self {
            name: Text::line(name),
            base,
            auth: Auth::None,
            patience: Patience::default(),
            circuit: CircuitRule::default(),
            body_max: 1024 * 1024,
            authorities: None,
        }
    }
}

/// A way to one backend.
pub struct Backend {
    settings: Settings,
    wire: Box<dyn Wire>,
    circuit: Circuit,
}

impl Backend {
    /// Speaks to nobody yet.
    ///
    /// # Errors
    /// When there is nothing to trust its certificate by.
    pub fn new(settings: Settings) -> Result<Self, Text> {
        let net = Net::new(&settings.base, settings.authorities.as_deref())
            .map_err(|why| Text::line(&format!("{}: {why}", settings.name)))?;
        Ok(Self::over(settings, Box::new(net)))
    }

    pub(super) fn over(settings: Settings, wire: Box<dyn Wire>) -> Self {
        let circuit = Circuit::new(settings.circuit);
        Self { settings, wire, circuit }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &Text {
        &self.settings.name
    }

    /// Where it is, as far as that may be seen.
    #[must_use]
    pub fn base(&self) -> &Base {
        &self.settings.base
    }

    /// How its circuit is now.
    #[must_use]
    pub fn circuit(&self) -> CircuitState {
        self.circuit.state(Instant::now())
    }

    /// Sends a request, repeats it as far as that is allowed, and says how it ended. Takes no
    /// longer than the request's limit.
    pub async fn send(&self, request: &Request) -> Outcome {
        let outcome = self.tried(request).await;
        let named = |why: Text| Text::line(&format!("{}: {why}", self.settings.name));
        match outcome {
            Outcome::NotSent(why) => Outcome::NotSent(named(why)),
            Outcome::Unknown(why) => Outcome::Unknown(named(why)),
            Outcome::Answered(answer) => Outcome::Answered(answer),
        }
    }

    async fn tried(&self, request: &Request) -> Outcome {
        let end = Instant::now() + request.limit;
        let mut waits = self.settings.patience.waits();
        let mut doubt = None;
        for tries in 1.. {
            // What is missing here is missing at the next try too.
            let ready = match self.made_ready(request).await {
                Ok(ready) => ready,
                Err(why) => return last(Outcome::NotSent(why), tries, doubt),
            };
            let outcome = self.once(request, end, ready).await;
            if let Outcome::Unknown(why) = &outcome {
                doubt = Some(why.clone());
            }
            let wait = waits.next().filter(|_| may_repeat(&outcome, request.repeat));
            let Some(wait) = wait.map(|wait| wait.max(asked(&outcome))) else {
                return last(outcome, tries, doubt);
            };
            // Never an endless wait: where the time is not enough, this is how it ended.
            if end.saturating_duration_since(Instant::now()) <= wait || !self.would_admit(request) {
                return last(outcome, tries, doubt);
            }
            sleep(wait).await;
        }
        Outcome::NotSent(Text::line("it was not tried"))
    }

    fn would_admit(&self, request: &Request) -> bool {
        request.insists || self.circuit().is_closed()
    }

    /// Whether a request could be sent: whether the credential is there.
    ///
    /// # Errors
    /// What is missing, in words without any of it.
    pub async fn ready(&self) -> Result<(), Text> {
        self.settings.auth.header(&mut Mask::default()).await.map(|_| ())
    }

    /// Where it goes, who we are, and what is masked in whatever comes back.
    async fn made_ready(&self, request: &Request) -> Result<Ready, Text> {
        let mut mask = Mask::default();
        for hidden in self.settings.base.hidden() {
            mask.hide_text(&hidden);
        }
        for secret in &request.hidden {
            mask.hide(secret);
        }
        let url = self.settings.base.join(&request.path)?;
        let auth = self.settings.auth.header(&mut mask).await?;
        Ok(Ready { url, auth, mask })
    }

    async fn once(&self, request: &Request, end: Instant, ready: Ready) -> Outcome {
        let pass = match self.circuit.admit(Instant::now(), request.insists) {
            Ok(pass) => pass,
            Err(why) => return Outcome::NotSent(why),
        };
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Outcome::NotSent(Text::line("the time was over before it could be sent"));
        }
        let limit = match request.repeat {
            Repeat::Never => left,
            Repeat::Refused | Repeat::Always => left.min(self.settings.patience.each),
        };
        let parcel = Parcel {
            method: &request.method,
            url: ready.url,
            headers: &request.headers,
            auth: ready.auth,
            body: &request.body,
            body_max: self.settings.body_max,
            mask: &ready.mask,
        };
        let outcome = match timeout(limit, self.wire.once(parcel)).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::Unknown(Text::line(&format!("no whole answer within {}", shown(limit)))),
        };
        if let Outcome::Answered(answer) = &outcome
            && answer.status == 401
        {
            self.settings.auth.refused();
        }
        pass.settle(Instant::now(), wrong(&outcome).as_ref());
        outcome
    }
}

/// What a try needs of ours before it can be made.
struct Ready {
    /// Where it goes.
    url: Url,
    /// Who we are.
    auth: Option<(String, Secret)>,
    /// What is masked in whatever comes back.
    mask: Mask,
}

/// What the circuit counts: that the backend is not there or not well. Saying no is neither.
fn wrong(outcome: &Outcome) -> Option<Text> {
    match outcome {
        Outcome::NotSent(why) | Outcome::Unknown(why) => Some(why.clone()),
        Outcome::Answered(answer) if answer.status >= 500 => {
            Some(Text::line(&format!("it answered {}", answer.status)))
        }
        Outcome::Answered(_) => None,
    }
}

fn asked(outcome: &Outcome) -> Duration {
    match outcome {
        Outcome::NotSent(_) | Outcome::Unknown(_) => Duration::ZERO,
        Outcome::Answered(answer) => retry_after(answer).unwrap_or_default(),
    }
}

/// How it ended after all tries. A doubt does not go away because a later try never left us.
fn last(outcome: Outcome, tries: u32, doubt: Option<Text>) -> Outcome {
    let after = |why: Text| match tries {
        1 => why,
        tries => Text::line(&format!("{why} ({tries} tries)")),
    };
    match (outcome, doubt) {
        (Outcome::NotSent(why), Some(doubt)) => {
            Outcome::Unknown(after(Text::line(&format!("{doubt}; then {why}"))))
        }
        (Outcome::NotSent(why), None) => Outcome::NotSent(after(why)),
        (Outcome::Unknown(why), _) => Outcome::Unknown(after(why)),
        (Outcome::Answered(mut answer), doubt) => {
            (answer.tries, answer.after_doubt) = (tries, doubt.is_some());
            Outcome::Answered(answer)
        }
    }
}

/// What was left of a limit, as it is written: a moment has passed since it began.
pub(super) fn shown(limit: Duration) -> String {
    match limit.as_millis() {
        ms @ 0..950 => format!("{ms} ms"),
        ms => format!("{} s", (ms + 500) / 1000),
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend").field("settings", &self.settings).finish_non_exhaustive()
    }
}
