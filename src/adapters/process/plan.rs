//! Says what would be called, checked and undone. Reads the world, never changes it.

use std::time::Duration;

use crate::adapters::Ask;
use crate::adapters::ask::{self, UNDOES, VERSION};
use crate::adapters::template::CheckTemplate;
use crate::incident::{Check, Inverse, Op, Params, Plan, Text};

use super::ProcessAdapter;
use super::probe::{self, Printed};
use super::route::Route;

/// How long a version may take to be read. Nobody waits longer in the middle of an incident.
const VERSION_LIMIT: Duration = Duration::from_secs(10);

impl ProcessAdapter {
    pub(super) async fn make_plan(&self, ask: &Ask) -> Result<Plan, Text> {
        let route = self.route(ask.op, &ask.params)?;
        ask::check_target(ask.op, &ask.target)?;
        if !self.is_for(ask.op, ask.target.as_str()) {
            return Err(Text::line(&format!("'{}' is not configured for {}", self.name, ask.target)));
        }
        let params = route.params(&ask.params)?;
        let (version, before) =
            tokio::join!(self.version(&route, &ask.target), self.before(&route, &ask.target, &params));
        // Without its version an agent can still be isolated; only what uses it must have it.
        let and_why = |why: Text| match &version {
            Some(Err(unread)) => Text::line(&format!("{why}: {unread}")),
            Some(Ok(_)) | None => why,
        };
        let read = version.as_ref().and_then(|version| version.as_ref().ok());
        let values = route.values(&ask.target, &params, read, "{action}");
        let call = route.shown(&values).map_err(and_why)?;
        let checks: Result<Vec<Check>, Text> =
            route.checks().iter().map(|check| check.fill(&values)).collect();
        let checks = checks.map_err(and_why)?;
        Ok(Plan {
            op: ask.op,
            target: ask.target.clone(),
            inverse: self.inverse(&route, &ask.target, &params, read, &before),
            params,
            adapter: self.name.clone(),
            call,
            version: read.cloned(),
            checks,
            conflicts: evidence_goes(&route, &ask.target),
            limit_s: seconds(route.limit()),
            verify_s: seconds(route.action.verify_within),
        })
    }

    /// The target's version now; none if no program reads it.
    async fn version(&self, route: &Route<'_>, target: &Text) -> Option<Result<Text, Text>> {
        let argv = route.action.version.as_ref()?;
        let read = async {
            let argv = argv.fill(&ask::values(route.op, target, &Params::new()))?;
            let env = Self::env(route.op, target);
            let printed = probe::read_output(argv, self.place.clone(), env, VERSION_LIMIT).await?;
            let printed = String::from_utf8_lossy(&printed);
            let line = printed.lines().map(str::trim).find(|line| !line.is_empty());
            line.map(Text::line).ok_or_else(|| Text::line("the version program printed nothing"))
        };
        Some(read.await)
    }

    /// What must be read before the call, so that an undo goes back to just that: a relative undo
    /// is never safe.
    async fn before(&self, route: &Route<'_>, target: &Text, params: &Params) -> Printed {
        let is_pinned = |op: Op| ask::table_checks(op).iter().any(|check| check.shows().is_some());
        let needed = route.op.info().inverse.is_some_and(is_pinned);
        let Some(probe) = route.action.probe.as_ref().filter(|probe| needed && !probe.uses(VERSION)) else {
            return Printed::new();
        };
        let values = route.values(target, params, None, "");
        probe.read_with(&values, Self::env(route.op, target)).await.unwrap_or_default()
    }

    /// What undoes it, with everything it needs to remember; none where that is not known.
    fn inverse(
        &self,
        route: &Route<'_>,
        target: &Text,
        params: &Params,
        version: Option<&Text>,
        before: &Printed,
    ) -> Option<Inverse> {
        let op = route.op.info().inverse?;
        let back = if route.undoes.is_none() && route.action.undo.is_some() {
            Route { op, action: route.action, undoes: Some(route.op) }
        } else {
            Route { op, action: self.actions.get(&op)?, undoes: None }
        };
        let pinned = ask::table_checks(op);
        let mut undo = Params::new();
        for param in op.info().params {
            let reading =
                pinned.iter().filter_map(CheckTemplate::shows).find(|(_, shown)| *shown == param.name);
            // A parameter that a reading shows is what was read; another is the table's.
            if let Some((reading, _)) = reading {
                undo.insert(param.name.to_owned(), before.get(reading)?.clone());
            }
        }
        if let Some(argv) = back.argv().filter(|_| back.undoes.is_some()) {
            for (name, value) in params.iter().filter(|(name, _)| argv.uses(name)) {
                undo.entry(name.clone()).or_insert_with(|| value.clone());
            }
            if argv.uses(VERSION) {
                undo.insert(VERSION.to_owned(), version?.clone());
            }
            let plain = self.route(op, &undo).is_ok_and(|other| other.undoes == back.undoes);
            if !plain {
                undo.insert(UNDOES.to_owned(), Text::line(route.op.word()));
            }
        }
        let params = back.params(&undo).ok()?;
        // A version that the undo does not remember is read when the undo is planned.
        let unread = version.map(|_| Text::line("{version}"));
        let values = back.values(target, &params, unread.as_ref(), "{action}");
        let call = back.shown(&values).ok()?;
        Some(Inverse { op, params, call })
    }
}

/// What a person should do first, where the call takes away what an analysis needs (A4).
fn evidence_goes(route: &Route<'_>, target: &Text) -> Vec<Text> {
    let goes = route.action.destroys_evidence && route.undoes.is_none();
    goes.then(|| Text::line(&format!("it takes evidence away: snapshot {target} first")))
        .into_iter()
        .collect()
}

/// Whole seconds, rounded up: a limit of half a second is not none.
fn seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis().div_ceil(1000)).unwrap_or(u32::MAX)
}
