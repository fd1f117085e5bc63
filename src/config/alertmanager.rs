//! `[adapters.NAME]` of type `alertmanager`: where silences are set.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::incident::Text;

use super::credential;
use super::http::{self, Site};
use super::located::Problems;
use super::paths::{Env, Paths};
use super::tree::Tree;

/// An Alertmanager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alertmanager {
    /// Where it is and who we are there.
    pub site: Site,
    /// Who its silences are by; nothing: whoever sits here.
    pub author: Option<Text>,
    /// Whether every call of it is refused.
    pub read_only: bool,
}

/// The keys as written; those of the credentials are read apart.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    url: Option<String>,
    ca_file: Option<String>,
    author: Option<Text>,
    read_only: bool,
    #[serde(rename = "type")]
    _type: Option<IgnoredAny>,
}

/// Reads one.
pub(super) fn read(tree: &Tree, paths: &Paths, env: &Env, problems: &mut Problems) -> Option<Alertmanager> {
    let fine = credential::none_written_out(tree, problems);
    let own = tree.without(credential::KEYS).without(credential::NEVER);
    let (written, whole) = own.read_part::<Written>(problems);
    let written = written?;
    let site = http::site(tree, written.url, written.ca_file, paths, env, problems);
    let author = written.author.filter(|author| !author.is_blank());
    fine?;
    let alerts = Alertmanager { site: site?, author, read_only: written.read_only };
    whole.then_some(alerts)
}
