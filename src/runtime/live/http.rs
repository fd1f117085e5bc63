//! Requests: from what is configured to what is sent.

use std::fs;
use std::sync::Arc;

use crate::adapters::SpecProblem;
use crate::adapters::http::{
    ActionSpec, CallSpec, EachSpec, HttpAdapter, HttpReader, HttpSpec, LookSpec, Replica, UndoSpec,
    VersionSpec,
};
use crate::config::{self, Http, HttpAction, HttpCall, HttpLook, Site};
use crate::incident::Text;
use crate::web::{Auth, Backend, Base, Credential, Settings};

/// A place to which nothing is ever sent.
const NOWHERE: &str = "http://127.0.0.1:9";

/// The adapter, and what of it had to be left out. None without a place to send to.
pub fn adapter(name: &str, http: &Http) -> (Option<HttpAdapter>, Vec<SpecProblem>) {
    let mut problems = Vec::new();
    let built = match backend(name, &http.site.url, &http.site) {
        Ok(backend) => Some(backend),
        Err(words) => {
            problems.push(problem("url", &words));
            None
        }
    };
    let is_somewhere = built.is_some();
    // Without a place its actions are looked at all the same, and it is left out.
    let Some(backend) = built.or_else(|| Backend::new(Settings::new(name, Base::parse(NOWHERE).ok()?)).ok())
    else {
        return (None, problems);
    };
    let backend = Arc::new(backend);
    let mut spec = HttpSpec {
        agents: http.agents.clone(),
        values: http.values.clone(),
        values_of: http.values_of.clone(),
        key_header: http.idempotency_header.clone(),
        health: http.health.clone(),
        ..HttpSpec::default()
    };
    for (op, configured) in &http.actions {
        match action(name, configured, &http.site) {
            Ok(action) => drop(spec.actions.insert(*op, action)),
            Err((key, words)) => problems.push(problem(&format!("actions.{op}.{key}"), &words)),
        }
    }
    let (adapter, found) = HttpAdapter::new(name, backend, spec);
    problems.extend(found);
    (Some(adapter).filter(|_| is_somewhere), problems)
}

/// The reader.
pub fn reader(name: &str, http: &config::HttpReader) -> Result<HttpReader, Vec<SpecProblem>> {
    let backend = backend(name, &http.site.url, &http.site).map_err(|words| vec![problem("url", &words)])?;
    let look = look(name, &http.look, &http.site).map_err(|words| vec![problem("urls", &words)])?;
    HttpReader::new(name, &Arc::new(backend), &look)
}

pub(super) fn problem(place: &str, words: &Text) -> SpecProblem {
    SpecProblem { place: place.to_owned(), words: words.as_str().to_owned() }
}

pub(super) fn backend(name: &str, url: &str, site: &Site) -> Result<Backend, Text> {
    let mut settings = Settings::new(name, Base::parse(url)?);
    settings.auth = match site.auth.clone() {
        config::Auth::None => Auth::None,
        config::Auth::Bearer(token) => Auth::Bearer(Credential::lazy(token)),
        config::Auth::Basic { user, password } => Auth::Basic { user, password: Credential::lazy(password) },
        config::Auth::Header { name, before, secret } => {
            Auth::Header { name, before, value: Credential::lazy(secret) }
        }
    };
    if let Some(path) = &site.authorities {
        let pem =
            fs::read(path).map_err(|why| Text::line(&format!("cannot read {}: {why}", path.display())))?;
        settings.authorities = Some(pem);
    }
    Backend::new(settings)
}

fn action(name: &str, action: &HttpAction, site: &Site) -> Result<ActionSpec, (&'static str, Text)> {
    let probe = action.probe.as_ref().map(|probe| look(name, probe, site)).transpose();
    Ok(ActionSpec {
        call: call(&action.call),
        undo: action
            .undo
            .as_ref()
            .map(|(undo, checks)| UndoSpec { call: call(undo), checks: checks.clone() }),
        probe: probe.map_err(|words| ("probe.urls", words))?,
        probed: !action.probes.is_empty(),
        checks: action.checks.clone(),
        version: action.version.as_ref().map(|v| VersionSpec { path: v.path.clone(), read: v.read.clone() }),
        limit: Some(action.limit.duration()),
        verify_within: action.verify_within.duration(),
        destroys_evidence: action.destroys_evidence,
        caution: action.caution.clone(),
    })
}

fn call(call: &HttpCall) -> CallSpec {
    CallSpec {
        method: call.method.clone(),
        path: call.path.clone(),
        headers: call.headers.clone(),
        body: call.body.clone(),
        status: call.status.clone(),
        expect: call.expect.clone(),
        refuse: call.refuse.clone(),
        idempotent: call.idempotent,
    }
}

fn look(name: &str, look: &HttpLook, site: &Site) -> Result<LookSpec, Text> {
    let mut replicas = Vec::new();
    for url in &look.urls {
        // By host, port and path: what a person would ask about.
        let shown = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        let replica = Text::line(shown.trim_end_matches('/'));
        let backend = backend(&format!("{name} at {replica}"), url, site)?;
        replicas.push(Replica { name: replica, backend: Arc::new(backend) });
    }
    Ok(LookSpec {
        replicas,
        method: look.method.clone(),
        path: look.path.clone(),
        headers: look.headers.clone(),
        body: look.body.clone().map(|config::http::Body(body)| body),
        read: look.read.clone(),
        each: look.each.as_ref().map(|e| EachSpec { items: e.items.clone(), name: e.name.clone() }),
        status: look.status.clone(),
        limit: look.limit.duration(),
    })
}
