//! Which version of an agent runs, by whatever a configuration says reads it.

use futures::future::join_all;

use super::{Book, Call};
use crate::adapters::Pending;
use crate::incident::{Op, Params, Release, Text};

impl<C: Call + Sync> Book<C> {
    /// What runs as an agent: every version that an action of it reads. None where no action reads
    /// one.
    pub fn releases<'a>(&'a self, agent: &'a Text) -> Option<Pending<'a, Result<Vec<Release>, Text>>> {
        let reads: Vec<Op> =
            self.actions.iter().filter(|(_, action)| action.version.is_some()).map(|(op, _)| *op).collect();
        if reads.is_empty() || !self.is_for(reads[0], agent.as_str()) {
            return None;
        }
        Some(Box::pin(async move {
            let read = join_all(reads.into_iter().map(|op| self.version_by(op, agent))).await;
            let (mut versions, mut trouble) = (Vec::new(), None);
            for version in read.into_iter().flatten() {
                match version {
                    Ok(version) if versions.contains(&version) => {}
                    Ok(version) => versions.push(version),
                    Err(why) => trouble = trouble.or(Some(why)),
                }
            }
            match trouble.filter(|_| versions.is_empty()) {
                Some(why) => Err(why),
                None => Ok(versions.into_iter().map(|what| Release { at: None, what, runs: true }).collect()),
            }
        }))
    }

    async fn version_by(&self, op: Op, agent: &Text) -> Option<Result<Text, Text>> {
        let route = self.route(op, &Params::new()).ok()?;
        self.version(&route, agent).await
    }
}
