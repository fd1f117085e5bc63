//! Which configured action carries an operation: its own, or that of the operation it undoes.

use std::time::Duration;

use crate::adapters::ask;
use crate::adapters::template::CheckTemplate;
use crate::incident::{Op, Params, Text};

use super::build::Action;
pub(super) use super::spec::Method;

/// How many replicas a release goes back to.
pub(super) const REPLICAS: &str = "replicas";
/// How the isolation that a release ends was made.
pub(super) const METHOD: &str = "method";
/// What stood where a rate limit was written.
pub(super) const WAS: &str = "was";
/// The hash of the template that is put back.
pub(super) const TO: &str = "to";

impl Method {
    /// As configured, and as an undo remembers it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Quarantine => "quarantine",
        }
    }

    /// The method of a word.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Stop, Self::Quarantine].into_iter().find(|method| method.word() == word)
    }
}

/// The operations that can be configured, each with what undoes it.
pub const OPS: &[(Op, Option<Op>)] = &[
    (Op::Isolate, Some(Op::Release)),
    (Op::RateLimit, Some(Op::Lift)),
    (Op::RollbackBranch, Some(Op::RollForward)),
    (Op::Restart, None),
    (Op::Snapshot, None),
];

/// The way an operation is carried out.
#[derive(Clone, Copy)]
pub(super) struct Route<'a> {
    /// What is asked for.
    pub op: Op,
    /// The configured action that carries it.
    pub action: &'a Action,
    /// Whether it undoes that action.
    pub undoes: bool,
}

impl Route<'_> {
    /// The parameters, complete.
    pub fn complete(&self, given: &Params) -> Result<Params, Text> {
        let remembered: &[(Op, &[&str])] = &[
            (Op::Release, &[REPLICAS, METHOD]),
            (Op::Isolate, &[METHOD]),
            (Op::Lift, &[WAS]),
            (Op::RollForward, &[TO]),
        ];
        let remembers = remembered.iter().find(|(op, _)| *op == self.op).map_or(&[][..], |(_, names)| names);
        let params = ask::complete(self.op, given, remembers)?;
        if let Some(method) = params.get(METHOD)
            && Method::named(method.as_str()).is_none()
        {
            return Err(Text::line(&format!("{METHOD} is '{method}' and must be stop or quarantine")));
        }
        if self.op == Op::RollForward && !params.contains_key(TO) {
            return Err(Text::line("forward to what? undo the rollback itself, or say to=POD-TEMPLATE-HASH"));
        }
        Ok(params)
    }

    /// How an isolation is made or ended.
    pub fn method(&self, params: &Params) -> Method {
        params.get(METHOD).and_then(|word| Method::named(word.as_str())).unwrap_or(self.action.method)
    }

    /// Whether nothing can be done without the kept templates.
    pub fn needs_templates(&self) -> bool {
        matches!(self.op, Op::RollbackBranch | Op::RollForward)
    }

    /// The configured checks; an undo has its own.
    pub fn own_checks(&self) -> Option<&[CheckTemplate]> {
        self.action.checks.as_deref().filter(|_| !self.undoes)
    }

    /// How long the call may take.
    pub fn limit(&self) -> Duration {
        let usual = Duration::from_secs(self.op.info().limit_s.into());
        self.action.limit.filter(|_| !self.undoes).unwrap_or(usual)
    }
}
