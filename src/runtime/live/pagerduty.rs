//! PagerDuty: one account, from what is configured to what the channel and the adapter speak to.

use std::time::Duration;

use super::http::problem;
use super::post::{once, vendor};
use crate::adapters::{PagerDutyAdapter, PagerDutySpec, SpecProblem};
use crate::config::channel::{Account, PagerDuty};
use crate::config::{self, Settings, Way};
use crate::incident::Text;
use crate::pagerduty::{Api, Events};
use crate::secret::SecretSource;
use crate::web::{Auth, Credential};

/// Within which time what PagerDuty took must be seen there.
const APPEARS: Duration = Duration::from_secs(30);

/// How a secret is had: now, or whenever it is needed.
type Fetch<'a> = dyn Fn(&SecretSource) -> Result<Credential, Text> + 'a;

/// Where its events go.
pub(super) fn events(
    name: &str,
    pager: &PagerDuty,
    limit: Duration,
    fetch: &Fetch<'_>,
) -> Result<Events, Text> {
    Ok(Events::new(once(name, &pager.events, Auth::None)?, fetch(&pager.routing_key)?, limit))
}

/// Its REST API.
pub(super) fn api(name: &str, account: &Account, limit: Duration, fetch: &Fetch<'_>) -> Result<Api, Text> {
    let backend = vendor(name, &account.api, "Token token=", fetch(&account.token)?)?;
    Ok(Api::new(backend, account.from.clone(), limit))
}

/// The adapter that acts by the account of a channel.
pub(super) fn adapter(
    name: &str,
    configured: &config::Pager,
    settings: &Settings,
) -> Result<PagerDutyAdapter, Vec<SpecProblem>> {
    let wrong = |words: Text| vec![problem("channel", &words)];
    let channel = settings.channels.get(&configured.channel).map(|channel| &channel.way);
    let Some(Way::PagerDuty(pager)) = channel else {
        return Err(wrong(Text::line("it is no channel of type pagerduty")));
    };
    let Some(account) = &pager.rest else { return Err(wrong(Text::line("it has no token"))) };
    let (limit, lazy) =
        (configured.limit.duration(), |source: &SecretSource| Ok(Credential::lazy(source.clone())));
    let events = events(name, pager, limit, &lazy).map_err(wrong)?;
    let api = api(name, account, limit, &lazy).map_err(wrong)?;
    let spec = PagerDutySpec {
        requester: account.requester.clone(),
        policy: account.policy.clone(),
        people: account.people.clone(),
        appears: APPEARS,
    };
    Ok(PagerDutyAdapter::new(name, api, events, spec))
}
