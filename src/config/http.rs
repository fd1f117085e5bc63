//! `[adapters.NAME]` of type `http`: requests to a backend, ready-made or written here.
//!
//! What stands in paths, bodies and answers is looked at where it is used, by `adapters::http`;
//! its problems find their way back to the file by their keys.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::incident::{Aim, Check, Glob, Op, Span, Text};

use super::credential::{self, Auth, WrittenAuth};
use super::file::File;
use super::located::Problems;
use super::paths::{Env, Paths};
use super::tree::Tree;
use super::{literal, preset, process, wording};

/// An adapter that sends requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Http {
    /// The agents it is for. Operations that are aimed at something else ignore this.
    pub agents: Vec<Glob>,
    /// Whether every call of it is refused: it plans and probes only.
    pub read_only: bool,
    /// Where it is and who we are there.
    pub site: Site,
    /// The header that carries the idempotency key; none: the backend knows none.
    pub idempotency_header: Option<String>,
    /// The path that is read to see whether it is there.
    pub health: String,
    /// What placeholders stand for besides what an action knows: for every target.
    pub values: BTreeMap<String, Text>,
    /// The same for one target each.
    pub values_of: BTreeMap<String, BTreeMap<String, Text>>,
    /// What it can do.
    pub actions: BTreeMap<Op, HttpAction>,
    /// The ready-made file that it is made from.
    pub preset: Option<String>,
}

/// A place that speaks HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Its base URL.
    pub url: String,
    /// How we say who we are.
    pub auth: Auth,
    /// Certificates to trust besides the system's.
    pub authorities: Option<PathBuf>,
}

/// How one operation is carried out by requests.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpAction {
    /// The request.
    pub call: HttpCall,
    /// What undoes it, and what must be read then.
    pub undo: Option<(HttpCall, Option<Vec<Check>>)>,
    /// What reads the world afterwards.
    pub probe: Option<HttpLook>,
    /// Names of `[probes.NAME]` that read it too.
    pub probes: Vec<String>,
    /// What must be read; nothing: the operation's own checks.
    pub checks: Option<Vec<Check>>,
    /// What reads the target's version.
    pub version: Option<HttpVersion>,
    /// How long it may take.
    pub limit: Span,
    /// Within which time after acceptance the checks must hold.
    pub verify_within: Span,
    /// Whether it takes away what a later analysis needs.
    pub destroys_evidence: bool,
    /// What else it reaches, said before it is confirmed.
    pub caution: Option<String>,
}

/// A request and what its answer must be.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpCall {
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// Further headers.
    pub headers: BTreeMap<String, String>,
    /// The JSON body.
    pub body: Option<Value>,
    /// The status codes that are a yes; empty: 200 to 299.
    pub status: Vec<u16>,
    /// What must stand in the answer.
    pub expect: BTreeMap<String, Value>,
    /// What must not stand in it; nothing: the usual places of an error.
    pub refuse: Option<Vec<String>>,
    /// Whether twice is the same as once.
    pub idempotent: bool,
}

/// A request that only reads.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpLook {
    /// The base URLs of replicas, each of which is read; empty: the adapter's own.
    #[serde(default)]
    pub urls: Vec<String>,
    /// The method.
    #[serde(default = "get")]
    pub method: String,
    /// The path.
    pub path: String,
    /// Further headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The JSON body.
    #[serde(default)]
    pub body: Option<Body>,
    /// The values' names, and where each stands.
    #[serde(default)]
    pub read: BTreeMap<String, String>,
    /// Where the answer lists replicas.
    #[serde(default)]
    pub each: Option<HttpEach>,
    /// The name under which the status code itself is a value.
    #[serde(default)]
    pub status: Option<String>,
    /// How long it may take.
    #[serde(default = "ten_seconds")]
    pub limit: Span,
}

impl HttpLook {
    /// Whether it can read an alert, a level or a person as well as an agent.
    fn is_for_any_target(&self) -> bool {
        let body = self.body.as_ref().map(|Body(body)| body.to_string()).unwrap_or_default();
        let texts = [self.path.as_str(), body.as_str()];
        let more = self.headers.values().chain(self.read.values()).map(String::as_str);
        process::is_for_any_target(texts.into_iter().chain(more))
    }
}

/// A list of replicas in an answer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpEach {
    /// Where the list stands.
    pub items: String,
    /// Where, in an item, its name stands.
    pub name: String,
}

/// A request whose answer holds the version.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpVersion {
    /// The path.
    pub path: String,
    /// Where the version stands.
    pub read: String,
}

/// A JSON body: a table, or JSON in a text, which also knows null.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub struct Body(pub Value);

impl TryFrom<Value> for Body {
    type Error = String;

    fn try_from(written: Value) -> Result<Self, String> {
        match &written {
            Value::String(text) => serde_json::from_str(text)
                .map(Self)
                .map_err(|why| format!("this is no JSON: {why}; write a table, or JSON in quotes")),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                Ok(Self(written))
            }
        }
    }
}

fn get() -> String {
    "GET".to_owned()
}

const fn ten_seconds() -> Span {
    Span::seconds(10)
}

/// The adapter's own keys as written; those of its credentials are read apart.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenHttp {
    url: Option<String>,
    ca_file: Option<String>,
    agents: Option<Vec<String>>,
    read_only: bool,
    idempotency_header: Option<String>,
    health: Option<String>,
    values: BTreeMap<String, WrittenValue>,
    values_of: BTreeMap<String, BTreeMap<String, WrittenValue>>,
    probe: Option<HttpLook>,
    version: Option<HttpVersion>,
    // Read beforehand; named here for the list of known keys.
    #[serde(rename = "preset")]
    _preset: Option<IgnoredAny>,
    #[serde(rename = "type")]
    _type: Option<IgnoredAny>,
    #[serde(rename = "actions")]
    _actions: Option<IgnoredAny>,
}

/// A value: text, or a number or a boolean taken as text.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Value")]
struct WrittenValue(Text);

impl TryFrom<Value> for WrittenValue {
    type Error = String;

    fn try_from(written: Value) -> Result<Self, String> {
        match written {
            Value::String(text) if !text.trim().is_empty() => Ok(Self(Text::line(text.trim()))),
            Value::Number(number) => Ok(Self(Text::line(&number.to_string()))),
            Value::Bool(bool) => Ok(Self(Text::line(&bool.to_string()))),
            Value::String(_) | Value::Null | Value::Array(_) | Value::Object(_) => {
                Err("a value is a text, a number or a boolean; write it in quotes".to_owned())
            }
        }
    }
}

/// An action as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenAction {
    method: Option<String>,
    path: Option<String>,
    headers: BTreeMap<String, String>,
    body: Option<Body>,
    status: Vec<u16>,
    expect: BTreeMap<String, Value>,
    refuse: Option<Vec<String>>,
    idempotent: bool,
    undo: Option<WrittenUndo>,
    probe: Option<HttpLook>,
    probes: Vec<String>,
    checks: Option<Vec<process::WrittenCheck>>,
    version: Option<HttpVersion>,
    limit: Option<Span>,
    verify_within: Option<Span>,
    destroys_evidence: bool,
    caution: Option<String>,
}

/// An undo as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenUndo {
    method: Option<String>,
    path: Option<String>,
    headers: BTreeMap<String, String>,
    body: Option<Body>,
    status: Vec<u16>,
    expect: BTreeMap<String, Value>,
    refuse: Option<Vec<String>>,
    idempotent: bool,
    checks: Option<Vec<process::WrittenCheck>>,
}

/// Reads one adapter of this type; what its preset says holds where it does not say otherwise.
pub(super) fn read(mut tree: Tree, paths: &Paths, env: &Env, problems: &mut Problems) -> Option<Http> {
    let file: File;
    let place = tree.span_of(&["preset"]);
    match tree.take_text("preset", problems) {
        Some((name, span)) => match preset::find(&name, paths) {
            Ok(found) => {
                file = found;
                let below = Tree::parse(&file, problems);
                let read = whole(tree.over(below), paths, env, problems);
                read.map(|http| Http { preset: Some(name), ..http })
            }
            Err(why) => {
                let problem = tree.problem(span, format!("there is no preset \"{}\"", Text::line(&name)));
                problems.push(match why.or_else(|| wording::meant(&name, preset::NAMES, "presets")) {
                    Some(hint) => problem.hint(hint),
                    None => problem,
                });
                None
            }
        },
        None if place == tree.span_of(&[]) => whole(tree, paths, env, problems),
        None => None, // something that is no text; that has been told
    }
}

fn whole(mut tree: Tree, paths: &Paths, env: &Env, problems: &mut Problems) -> Option<Http> {
    let actions = tree.take("actions", problems);
    let fine = credential::none_written_out(&tree, problems);
    let own = tree.without(credential::KEYS).without(credential::NEVER);
    // What is wrong with the rest is told all the same: one look, all problems.
    let (written, whole) = own.read_part::<WrittenHttp>(problems);
    let written = written?;
    let is_whole = fine.is_some() && whole;
    let url = written.url.clone().unwrap_or_default();
    let site = site(&tree, written.url, written.ca_file, paths, env, problems);
    let common = (written.probe, written.version);
    let mut read = BTreeMap::new();
    if let Some(mut actions) = actions {
        for name in actions.keys() {
            let Some(op) = process::op(&actions, &name, problems) else { continue };
            let Some(tree) = actions.take(&name, problems) else { continue };
            let Some(action) = action(op, &tree, &common, problems) else { continue };
            literal::told(&tree, &action, problems);
            if !is_whole || site.is_none() {
                // Nobody builds it, so nobody else tells.
                literal::own_headers_told(&tree, &action, problems);
            }
            read.insert(op, action);
        }
    }
    let plain = |values: BTreeMap<String, WrittenValue>| {
        values.into_iter().map(|(name, WrittenValue(text))| (name, text)).collect::<BTreeMap<_, _>>()
    };
    let values_of: BTreeMap<_, _> =
        written.values_of.into_iter().map(|(target, values)| (target, plain(values))).collect();
    let values = plain(written.values);
    let names = values.keys().chain(values_of.values().flat_map(BTreeMap::keys));
    for name in names {
        if !name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
            let message = format!("`values`: \"{}\" cannot stand in braces", Text::line(name));
            problems.push(tree.problem_at(&["values"], message).hint("use a-z and _"));
        }
    }
    if !is_whole
        && url
            .split_once("://")
            .is_some_and(|(_, rest)| rest.split('/').next().is_some_and(|a| a.contains('@')))
    {
        let problem = tree.problem_at(&["url"], "`url`: a user and a password stand in it");
        problems.push(problem.hint("use `user` and `password_env`, `password_file` or `password_command`"));
    }
    let site = site.filter(|_| is_whole)?;
    let agents = written.agents.unwrap_or_else(|| vec!["*".to_owned()]);
    let header = written.idempotency_header.unwrap_or_else(|| "Idempotency-Key".to_owned());
    Some(Http {
        agents: agents.iter().map(|glob| Glob::new(glob)).collect(),
        read_only: written.read_only,
        site,
        idempotency_header: Some(header).filter(|header| !header.is_empty()),
        health: written.health.unwrap_or_else(|| "/".to_owned()),
        values,
        values_of,
        actions: read,
        preset: None,
    })
}

/// Where it is and who we are there.
pub(super) fn site(
    tree: &Tree,
    url: Option<String>,
    ca_file: Option<String>,
    paths: &Paths,
    env: &Env,
    problems: &mut Problems,
) -> Option<Site> {
    // Half of it cannot be judged: what is missing may be what was told to be wrong.
    let auth = tree.only(credential::KEYS).read_whole::<WrittenAuth>(problems);
    let auth = auth.and_then(|auth| auth.meant(tree, paths, env, problems));
    if url.is_none() && !tree.has("url") {
        let problem = tree.problem_at(&[], format!("`{}` lacks the key `url`", tree.path()));
        problems.push(problem.hint("url = \"https://host/path\""));
    }
    let authorities = ca_file.map(|file| paths.written(&file));
    if let Some(file) = authorities.as_ref().filter(|file| !file.is_file()) {
        let message = format!("`ca_file`: there is no file {}", file.display());
        problems.push(tree.problem_at(&["ca_file"], message).hint("put it there, or write another path"));
        return None;
    }
    Some(Site { url: url?, auth: auth?, authorities })
}

fn action(
    op: Op,
    tree: &Tree,
    (probe, version): &(Option<HttpLook>, Option<HttpVersion>),
    problems: &mut Problems,
) -> Option<HttpAction> {
    let (written, whole) = tree.read_part::<WrittenAction>(problems);
    let written = written?;
    if written.path.is_none() && !tree.has("path") {
        problems.push(tree.problem_at(&[], format!("`{}` lacks the key `path`", tree.path())));
    }
    let shared = op.info().aim == Aim::Agent;
    let fits = |probe: &HttpLook| shared || probe.is_for_any_target();
    let probe = written.probe.or_else(|| probe.clone().filter(fits));
    let mut checks = process::plain(written.checks);
    let is_read =
        probe.is_some() || !written.probes.is_empty() || ["probe", "probes"].iter().any(|key| tree.has(key));
    let hint = "add probe = { path = \"/…\", read = { … } }, or checks = [] to do without proof";
    if whole {
        process::provable(op, tree, is_read, hint, &mut checks, problems);
    }
    let undo = written.undo.map(|written| undo(tree, written, problems));
    let call = HttpCall {
        method: written.method.unwrap_or_else(|| "POST".to_owned()),
        path: written.path?,
        headers: written.headers,
        body: written.body.map(|Body(body)| body),
        status: written.status,
        expect: written.expect,
        refuse: written.refuse,
        idempotent: written.idempotent,
    };
    let undo = match undo {
        Some(undo) => Some(undo?),
        None => None,
    };
    let action = HttpAction {
        call,
        undo,
        probe,
        probes: written.probes,
        checks,
        version: written.version.or_else(|| version.clone().filter(|_| shared)),
        limit: written.limit.unwrap_or(Span::seconds(op.info().limit_s)),
        verify_within: written.verify_within.unwrap_or(process::VERIFY_WITHIN),
        destroys_evidence: written.destroys_evidence,
        caution: written.caution.filter(|words| !words.trim().is_empty()),
    };
    whole.then_some(action)
}

fn undo(
    tree: &Tree,
    written: WrittenUndo,
    problems: &mut Problems,
) -> Option<(HttpCall, Option<Vec<Check>>)> {
    let Some(path) = written.path else {
        // One that is there and was not read has been told.
        if tree.span_of(&["undo", "path"]) != tree.span_of(&["undo"]) {
            return None;
        }
        problems.push(tree.problem_at(&["undo"], format!("`{}.undo` lacks the key `path`", tree.path())));
        return None;
    };
    let call = HttpCall {
        method: written.method.unwrap_or_else(|| "POST".to_owned()),
        path,
        headers: written.headers,
        body: written.body.map(|Body(body)| body),
        status: written.status,
        expect: written.expect,
        refuse: written.refuse,
        idempotent: written.idempotent,
    };
    Some((call, process::plain(written.checks)))
}
