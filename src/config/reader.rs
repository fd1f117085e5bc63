//! `[probes.NAME]`: what reads the world for the actions of any adapter.
//!
//! The best probe goes another way than the call: so it is described on its own, and an action
//! names it by `probes = ["NAME"]`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::incident::{Span, Text};

use super::adapter::{Adapter, Probe, ProbeFormat};
use super::command::{self, Commands};
use super::credential;
use super::http::{self, HttpLook, Site};
use super::located::Problems;
use super::paths::{Env, Paths};
use super::prometheus::{self, Prometheus};
use super::tree::Tree;
use super::wording;

/// The types of probes that a file may name.
const TYPES: &[&str] = &["process", "http", "prometheus"];

/// What the arguments of a named probe may hold.
const KNOWN: &[&str] = &["target", "agent"];

/// One configured reader.
#[derive(Clone, Debug, PartialEq)]
pub enum Reader {
    /// Runs a program.
    Process(ProcessReader),
    /// Sends a request.
    Http(Box<HttpReader>),
    /// Asks a Prometheus.
    Prometheus(Prometheus),
}

/// A request that reads the world.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpReader {
    /// Where it goes and who we are there.
    pub site: Site,
    /// The request.
    pub look: HttpLook,
}

/// A program that reads the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessReader {
    /// Its working directory: that of the configuration file unless set.
    pub dir: PathBuf,
    /// Names of environment variables that it gets, besides the common ones.
    pub env: Vec<String>,
    /// The program.
    pub probe: Probe,
}

/// The keys of a program as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenProcess {
    run: Option<Vec<String>>,
    format: ProbeFormat,
    limit: Option<Span>,
    dir: Option<String>,
    env: Vec<String>,
    // Read beforehand; named here for the list of known keys.
    #[serde(rename = "type")]
    _type: Option<IgnoredAny>,
}

/// Reads every `[probes.NAME]`.
pub(super) fn read_all(
    mut probes: Tree,
    paths: &Paths,
    env: &Env,
    problems: &mut Problems,
) -> BTreeMap<String, Reader> {
    let mut read = BTreeMap::new();
    for name in probes.keys() {
        let Some(mut tree) = probes.take(&name, problems) else { continue };
        let Some(kind) = kind(&mut tree, TYPES, problems) else { continue };
        let reader = match kind.as_str() {
            "process" => process(&tree, paths, env, problems).map(Reader::Process),
            "http" => http(&tree, paths, env, problems).map(|http| Reader::Http(Box::new(http))),
            "prometheus" => prometheus::read(&tree, paths, env, problems).map(Reader::Prometheus),
            _ => None, // `kind` lets only known types through
        };
        read.extend(reader.map(|reader| (name, reader)));
    }
    read
}

/// Takes the key `type` out; anything but one of these is told.
fn kind(tree: &mut Tree, types: &[&str], problems: &mut Problems) -> Option<String> {
    let place = tree.span_of(&["type"]);
    let Some((kind, span)) = tree.take_text("type", problems) else {
        if place == tree.span_of(&[]) {
            let problem = tree.problem(place, format!("`{}` lacks the key `type`", tree.path()));
            problems.push(problem.hint(format!("types: {}", types.join(", "))));
        }
        return None; // something that is no text has been told
    };
    if types.contains(&kind.as_str()) {
        return Some(kind);
    }
    let problem = tree.problem(span, format!("there is no probe of type \"{}\"", Text::line(&kind)));
    problems.push(match wording::meant(&kind, types, "types") {
        Some(hint) => problem.hint(hint),
        None => problem,
    });
    None
}

fn process(tree: &Tree, paths: &Paths, env: &Env, problems: &mut Problems) -> Option<ProcessReader> {
    let (written, whole) = tree.read_part::<WrittenProcess>(problems);
    let written = written?;
    let mut commands = Commands::new(paths, env);
    if let Some(dir) = &written.dir {
        commands.work_in(dir);
    }
    let passable = command::passable(tree, &written.env, problems);
    let Some(run) = commands.read(tree, "run", written.run, KNOWN, problems)? else {
        if !tree.has("run") {
            problems.push(tree.problem_at(&[], format!("`{}` lacks the key `run`", tree.path())));
        }
        return None;
    };
    passable?;
    let limit = written.limit.unwrap_or(Span::seconds(10));
    let probe = Probe { run, format: written.format, limit };
    whole.then_some(ProcessReader { dir: commands.dir().to_owned(), env: written.env, probe })
}

fn http(tree: &Tree, paths: &Paths, env: &Env, problems: &mut Problems) -> Option<HttpReader> {
    let fine = credential::none_written_out(tree, problems);
    let (place, whole) = tree.only(&["url", "ca_file"]).read_part::<WrittenPlace>(problems);
    let mut beside = vec!["url", "ca_file"];
    beside.extend(credential::KEYS);
    beside.extend(credential::NEVER);
    let look: Option<HttpLook> = tree.without(&beside).read_whole(problems);
    let place = place?;
    // The first of several places stands for all of them.
    let url = place.url.or_else(|| look.as_ref()?.urls.first().cloned());
    let site = match url.is_none() && tree.has("urls") {
        true => None, // they have been told to be wrong
        false => http::site(tree, url, place.ca_file, paths, env, problems),
    };
    fine?;
    let reader = HttpReader { site: site?, look: look? };
    whole.then_some(reader)
}

/// Where a request goes, as written.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WrittenPlace {
    url: Option<String>,
    ca_file: Option<String>,
}

/// Tells of names under which actions look for a probe and there is none.
pub(super) fn all_exist(
    adapters: &BTreeMap<String, Adapter>,
    probes: &BTreeMap<String, Reader>,
    tree: &Tree,
    problems: &mut Problems,
) {
    for (name, adapter) in adapters {
        for (op, named) in adapter.probes() {
            let place = ["adapters", name, "actions", op.word(), "probes"];
            all_named(named, &place, probes, tree, problems);
        }
    }
}

/// The same of the names in one place.
pub(super) fn all_named(
    names: &[String],
    place: &[&str],
    probes: &BTreeMap<String, Reader>,
    tree: &Tree,
    problems: &mut Problems,
) {
    // One that is described wrongly has been told already.
    let described = tree.keys_of("probes");
    for wrong in names.iter().filter(|n| !probes.contains_key(*n) && !described.contains(n)) {
        let shown = Text::line(wrong);
        let problem = tree.problem_at(place, format!("there is no probe \"{shown}\""));
        let known: Vec<&str> = probes.keys().map(String::as_str).collect();
        problems.push(match wording::meant(wrong, &known, "there is") {
            Some(hint) => problem.hint(hint),
            None => problem.hint(format!("describe it in [probes.{shown}]")),
        });
    }
}
