//! Says what would be called, checked and undone. Reads the world, never changes it.

use std::time::Duration;

use super::{Book, Call, Route};
use crate::adapters::ask::{self, UNDOES, VERSION, WAS};
use crate::adapters::template::CheckTemplate;
use crate::adapters::{Ask, KEY_TO_COME, Readings};
use crate::incident::{Caution, Check, Inverse, Op, Params, Plan, Text};

impl<C: Call> Book<C> {
    /// Says exactly what would be called, checked and undone.
    ///
    /// # Errors
    /// In words: what is missing and how to mend it.
    pub async fn plan(&self, ask: &Ask) -> Result<Plan, Text> {
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
        let unread = version.as_ref().and_then(|version| version.as_ref().err());
        let unread = unread.map(|why| Caution::UnreadVersion(why.clone()));
        let values = self.values(&route, &ask.target, &params, read, KEY_TO_COME);
        let call = route.shown(&values).map_err(and_why)?;
        // What it reaches, an undo of it reaches too.
        let also = route.action.caution.as_ref().map(|words| words.fill(&values)).transpose();
        let also = also.map_err(and_why)?.map(|words| Caution::Also(Text::line(&words)));
        let checks: Result<Vec<Check>, Text> =
            route.checks().iter().map(|check| check.fill(&values)).collect();
        let mut checks = checks.map_err(and_why)?;
        if route.is_read() && route.action.undo_checks.is_none() {
            checks.splice(0..0, ask::restored(ask.op, &params));
        }
        resolved(ask.op, &params, &checks)?;
        Ok(Plan {
            op: ask.op,
            target: ask.target.clone(),
            inverse: self.inverse(&route, &ask.target, &params, read, &before),
            params,
            adapter: self.name.clone(),
            call,
            version: read.cloned(),
            checks,
            cautions: also.into_iter().chain(unread).collect(),
            limit_s: seconds(route.limit()),
            verify_s: seconds(route.action.verify_within),
            already: false,
            blind: false,
            destroys_evidence: route.action.destroys_evidence && route.undoes.is_none(),
        })
    }

    /// The target's version now; none if nothing reads it.
    pub(super) async fn version(&self, route: &Route<'_, C>, target: &Text) -> Option<Result<Text, Text>> {
        let version = route.action.version.as_ref()?;
        let values = self.values(route, target, &Params::new(), None, "");
        Some(version.read(route.op, target, &values).await)
    }

    /// What must be read before the call, so that an undo goes back to just that: a relative undo
    /// is never safe.
    async fn before(&self, route: &Route<'_, C>, target: &Text, params: &Params) -> Readings {
        let is_pinned = |op: Op| ask::table_checks(op).iter().any(|check| check.shows().is_some());
        let undo = route.action.undo.as_ref().filter(|_| route.undoes.is_none());
        let needed = route.op.info().inverse.is_some_and(|op| is_pinned(op) || !ask::restores(op).is_empty())
            || undo.is_some_and(|undo| undo.names().iter().any(|name| name.starts_with(WAS)));
        let Some(probe) = route.action.probe.as_ref().filter(|probe| needed && !probe.uses(VERSION)) else {
            return Readings::new();
        };
        let values = self.values(route, target, params, None, "");
        probe.read(route.op, target, &values).await.unwrap_or_default()
    }

    /// What undoes it, with everything it needs to remember; none where that is not known.
    fn inverse(
        &self,
        route: &Route<'_, C>,
        target: &Text,
        params: &Params,
        version: Option<&Text>,
        before: &Readings,
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
            // One that an undo of its own does without needs no value.
            let wanted = back.undoes.is_none() || back.call().is_some_and(|call| call.uses(param.name));
            if let Some((reading, _)) = reading.filter(|_| wanted) {
                undo.insert(param.name.to_owned(), before.get(reading)?.clone());
            }
        }
        if back.undoes.is_none() && op.info().params.iter().any(|param| !undo.contains_key(param.name)) {
            // A default is not what was there before.
            return None;
        }
        if let Some(call) = back.call().filter(|_| back.undoes.is_some()) {
            for (name, value) in params.iter().filter(|(name, _)| call.uses(name)) {
                undo.entry(name.clone()).or_insert_with(|| value.clone());
            }
            for (name, reading) in call.names().into_iter().filter_map(|n| Some((n, n.strip_prefix(WAS)?))) {
                undo.insert(name.to_owned(), before.get(reading)?.clone());
            }
            if call.uses(VERSION) {
                undo.insert(VERSION.to_owned(), version?.clone());
            }
            // Said even where it is plain: another action may be configured for the inverse meanwhile.
            undo.insert(UNDOES.to_owned(), Text::line(route.op.word()));
        }
        let own =
            |name: &str| route.checks().iter().any(|check| check.shows().is_some_and(|(n, _)| n == name));
        for reading in ask::restores(op).into_iter().filter(|name| own(name)) {
            if let Some(value) = before.get(&reading) {
                undo.insert(format!("{WAS}{reading}"), value.clone());
            }
        }
        let params = back.params(&undo).ok()?;
        // A version that the undo does not remember is read when the undo is planned.
        let unread = version.map(|_| Text::line("{version}"));
        let values = self.values(&back, target, &params, unread.as_ref(), KEY_TO_COME);
        let call = back.shown(&values).ok()?;
        Some(Inverse { op, params, call })
    }
}

/// A backup that has no name of its own cannot be read back: its check would hold for none that runs.
fn resolved(op: Op, params: &Params, checks: &[Check]) -> Result<(), Text> {
    let unnamed = params.get("to").is_some_and(|to| to.as_str() == BACKUP);
    let Some(check) = checks.iter().find(|check| unnamed && check.expected.as_str() == BACKUP) else {
        return Ok(());
    };
    let words = format!(
        "which backup? nothing says what '{BACKUP}' is, and '{check}' would hold for none: name it \
         (to = NAME; -p to=NAME), or write the name into run and checks of '{op}'"
    );
    Err(Text::line(&words))
}

/// What the table calls a backup that nobody named.
const BACKUP: &str = "backup";

/// Whole seconds, rounded up: a limit of half a second is not none.
fn seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis().div_ceil(1000)).unwrap_or(u32::MAX)
}
