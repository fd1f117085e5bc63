//! Evidence of an agent for root cause: logs, state and API history (A4).

use serde_json::{Value, json};

use crate::incident::{Op, Text, Time};

use super::agent::{Build, Kept};
use super::fleet::Fleet;

impl Fleet {
    /// The agent's newest `limit` log lines from `from` to `to`, its state now, and its API calls in
    /// that time: a file name and its bytes each.
    ///
    /// # Errors
    /// In words, when there is no such agent.
    pub fn snapshot(
        &self,
        target: &str,
        from: Time,
        to: Time,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u8>)>, Text> {
        let place = self.place(target).ok_or_else(|| self.unknown(Op::Snapshot, target))?;
        let kept = &self.agents[place].kept;
        let lines: Vec<&Kept> = kept.iter().filter(|line| (from..=to).contains(&line.at)).collect();
        let newest = &lines[lines.len().saturating_sub(limit)..];
        let mut state = serde_json::to_vec_pretty(&self.state(place)).expect("the state is JSON");
        state.push(b'\n');
        Ok(vec![
            ("logs.jsonl".to_owned(), joined(newest.iter().map(|line| line.raw.as_str()))),
            ("state.json".to_owned(), state),
            (
                "api-history.jsonl".to_owned(),
                joined(newest.iter().filter(|line| line.is_call).map(|line| line.raw.as_str())),
            ),
        ])
    }

    /// What the agent is and does: never what is wrong with it, for that is to be found out.
    fn state(&self, place: usize) -> Value {
        let agent = &self.agents[place];
        let spec = &agent.spec;
        let build = |build: &Build| json!({ "config": build.config, "version": build.version });
        json!({
            "agent": spec.id,
            "at": self.now(),
            "about": spec.about,
            "parent": spec.parent,
            "values": self.read_agent(place),
            "models": spec.models,
            "permissions": spec.permissions,
            "tools": spec.tools,
            "backups": { "config": spec.backups.config, "version": spec.backups.version },
            "running": build(&agent.settings.build),
            "before_rollback": agent.before.as_ref().map(build),
            "started_at": self.time(agent.started),
            "replicas": spec.replicas,
        })
    }
}

fn joined<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<u8> {
    lines.flat_map(|line| line.bytes().chain([b'\n'])).collect()
}
