//! Channels: from what is configured to what delivers.

use std::time::Duration;

use crate::channels::{self, LiveChannel, Site, Webhook};
use crate::config::channel::{
    self as config, Address, Email, HttpChannel, PagerDuty, Slack, SlackWay, StatusPage,
};
use crate::config::{Env, Settings, Way};
use crate::incident::Text;
use crate::secret::SecretSource;
use crate::web::{Auth, Backend, Base, Credential, Method, Patience};

/// The channels of the live realm that something may be sent through; what cannot be built is said,
/// and its messages are given up with these words.
#[must_use]
pub fn channels(settings: &Settings, env: &Env<'_>) -> (Vec<Box<dyn LiveChannel>>, Vec<Text>) {
    let mut built: Vec<Box<dyn LiveChannel>> = Vec::new();
    let mut problems = Vec::new();
    for (name, channel) in settings.channels.iter().filter(|(_, channel)| !channel.read_only) {
        let limit = channel.limit.duration();
        let made: Result<Box<dyn LiveChannel>, Text> = match &channel.way {
            Way::Webhook(webhook) => signed(name, webhook, limit, env),
            Way::Http(http) => by_template(name, http, limit, env),
            Way::Email(email) => Ok(Box::new(mail(name, email, limit))),
            Way::Slack(slack) => chat(name, slack, limit, env),
            Way::PagerDuty(pager) => paged(name, pager, limit, env),
            Way::StatusPage(page) => page_of(name, page, limit, env),
        };
        match made {
            Ok(channel) => built.push(channel),
            Err(why) => problems.push(Text::line(&format!("channels.{name}: {why}"))),
        }
    }
    (built, problems)
}

fn site(name: &str, address: &Address, token: Option<&SecretSource>, env: &Env<'_>) -> Result<Site, Text> {
    let address = match address {
        Address::Plain(url) => channels::Address::Plain(url.clone()),
        Address::Secret(source) => channels::Address::Secret(Credential::from_source(source, env)?),
    };
    let auth = match token {
        Some(source) => Auth::Bearer(Credential::from_source(source, env)?),
        None => Auth::None,
    };
    Site::new(name, address, auth)
}

fn signed(
    name: &str,
    webhook: &config::Webhook,
    limit: Duration,
    env: &Env<'_>,
) -> Result<Box<dyn LiveChannel>, Text> {
    let site = site(name, &webhook.url, webhook.token.as_ref(), env)?;
    let secret = webhook.secret.as_ref().map(|source| Credential::from_source(source, env)).transpose()?;
    Ok(Box::new(Webhook::new(name, site, secret, limit)))
}

fn by_template(
    name: &str,
    http: &HttpChannel,
    limit: Duration,
    env: &Env<'_>,
) -> Result<Box<dyn LiveChannel>, Text> {
    let site = site(name, &http.url, http.token.as_ref(), env)?;
    let method = Method::from_bytes(http.method.as_bytes()).unwrap_or(Method::POST);
    let spec = channels::HttpSpec {
        method,
        headers: http.headers.clone(),
        body: http.body.clone(),
        expect: http.expect.clone(),
        reference: http.reference.clone(),
        text_max: http.text_max,
        limit,
    };
    Ok(Box::new(channels::HttpChannel::new(name, site, spec)))
}

fn mail(name: &str, email: &Email, limit: Duration) -> channels::Email {
    let spec = channels::EmailSpec {
        send: email.send.clone(),
        dir: email.dir.clone(),
        from: email.from.clone(),
        to: email.to.clone(),
        people: email.people.clone(),
        limit,
    };
    channels::Email::new(name, spec)
}

fn chat(name: &str, slack: &Slack, limit: Duration, env: &Env<'_>) -> Result<Box<dyn LiveChannel>, Text> {
    let people = slack.people.clone();
    Ok(Box::new(match &slack.way {
        SlackWay::Hook(url) => {
            let site = site(name, &Address::Secret(url.clone()), None, env)?;
            channels::Slack::hook(name, site, people, limit)
        }
        SlackWay::App { api, token, channel } => {
            let url = format!("{}/chat.postMessage", api.trim_end_matches('/'));
            let site = site(name, &Address::Plain(url), Some(token), env)?;
            channels::Slack::app(name, site, channel, people, limit)
        }
    }))
}

fn paged(
    name: &str,
    pager: &PagerDuty,
    limit: Duration,
    env: &Env<'_>,
) -> Result<Box<dyn LiveChannel>, Text> {
    let fetched = |source: &SecretSource| Credential::from_source(source, env);
    let events = super::pagerduty::events(name, pager, limit, &fetched)?;
    let rest = match &pager.rest {
        None => None,
        Some(account) => {
            let api = super::pagerduty::api(name, account, limit, &fetched)?;
            let spec = channels::pagerduty::RestSpec {
                requester: account.requester.clone(),
                policy: account.policy.clone(),
                people: account.people.clone(),
            };
            Some(channels::pagerduty::Rest::new(name, api, spec))
        }
    };
    Ok(Box::new(channels::PagerDuty::new(name, events, rest, limit)))
}

fn page_of(
    name: &str,
    page: &StatusPage,
    limit: Duration,
    env: &Env<'_>,
) -> Result<Box<dyn LiveChannel>, Text> {
    let token = Credential::from_source(&page.token, env)?;
    let backend = vendor(name, &page.api, "OAuth ", token)?;
    Ok(Box::new(channels::StatusPage::new(name, backend, &page.page, page.notify, limit)))
}

/// An API with the token in the vendor's own form. The outbox repeats, so nothing here does.
pub(super) fn vendor(name: &str, api: &str, before: &str, value: Credential) -> Result<Backend, Text> {
    let auth = Auth::Header { name: "authorization".to_owned(), before: before.to_owned(), value };
    once(name, api, auth)
}

/// A place to which everything is sent once.
pub(super) fn once(name: &str, base: &str, auth: Auth) -> Result<Backend, Text> {
    let settings = crate::web::Settings::new(name, Base::parse(base)?);
    Backend::new(crate::web::Settings { auth, patience: Patience::ONCE, ..settings })
}
