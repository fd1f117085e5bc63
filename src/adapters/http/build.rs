//! From what is configured to what can be sent: every name is checked, every problem told at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::look::{Look, VersionLook};
use super::request::RequestTemplate;
use super::spec::{ActionSpec, HttpSpec};
use crate::adapters::ask::PER_SECOND;
use crate::adapters::ask::WAS;
use crate::adapters::book::{self, Names, Probing, Problems, SpecProblem, Versioning};
use crate::adapters::template::Template;
use crate::incident::Op;
use crate::web::Backend;

type Action = book::Action<RequestTemplate>;

/// The actions of a spec, and every problem there is.
pub fn actions(spec: &HttpSpec, backend: &Arc<Backend>) -> (BTreeMap<Op, Action>, Vec<SpecProblem>) {
    let mut problems = Problems::new("actions");
    let of_one = spec.values_of.values().flat_map(BTreeMap::keys);
    let own: BTreeSet<&str> = spec.values.keys().chain(of_one).map(String::as_str).collect();
    let own: Vec<&str> = own.into_iter().chain([PER_SECOND]).collect();
    let mut actions = BTreeMap::new();
    for (op, action) in &spec.actions {
        problems.place = format!("actions.{op}");
        let told = problems.all.len();
        let built = build(*op, action, backend, &own, spec.key_header.as_deref(), &mut problems);
        actions.extend(built.filter(|_| problems.all.len() == told).map(|action| (*op, action)));
    }
    (actions, problems.all)
}

fn build(
    op: Op,
    spec: &ActionSpec,
    backend: &Arc<Backend>,
    own: &[&str],
    key_header: Option<&str>,
    problems: &mut Problems,
) -> Option<Action> {
    let names = Names::of(op, spec.version.is_some(), own);
    let base = backend.base().to_string();
    let version =
        spec.version.as_ref().map(|version| VersionLook::build(version, backend, &names.version, problems));
    let keyed = |call: RequestTemplate| call.keyed(key_header);
    let run = RequestTemplate::build(&base, &spec.call, &names.act, "", problems).map(keyed);
    let probe = spec.probe.as_ref().map(|look| Look::build(look, backend, &names.read, ".probe", problems));
    let was: Vec<String> =
        spec.probe.iter().flat_map(|l| l.read.keys()).map(|n| format!("{WAS}{n}")).collect();
    let undoing: Vec<&str> = names.undo.iter().copied().chain(was.iter().map(String::as_str)).collect();
    let undo = spec.undo.as_ref().map(|undo| {
        problems.inverse(op)?;
        RequestTemplate::build(&base, &undo.call, &undoing, ".undo", problems).map(keyed)
    });
    let checks = problems.checks(".checks", op, spec.checks.as_ref(), &names.read);
    let undo_checks = spec.undo.as_ref().and_then(|undo| undo.checks.as_ref());
    let undo_checks = undo_checks.map(|own| problems.checks(".undo.checks", op, Some(own), &undoing));
    let caution = spec.caution.as_ref();
    let caution = caution.map(|words| problems.take(".caution", Template::parse(words, &names.act)));
    Some(Action {
        run: run?,
        undo: undo.map_or(Some(None), |undo| undo.map(Some))?,
        undo_checks,
        probe: probe.map_or(Some(None), |p| p.map(|p| Some(Box::new(p) as Box<dyn Probing>)))?,
        probed: spec.probed,
        checks,
        version: version.map_or(Some(None), |v| v.map(|v| Some(Box::new(v) as Box<dyn Versioning>)))?,
        limit: spec.limit.unwrap_or(Duration::from_secs(op.info().limit_s.into())),
        verify_within: spec.verify_within,
        destroys_evidence: spec.destroys_evidence,
        caution: caution.map_or(Some(None), |caution| caution.map(Some))?,
    })
}
