//! Files to values: every problem at once, each with its place and a hint.

pub mod adapter;
pub mod alertmanager;
#[cfg(test)]
mod cases;
pub mod channel;
pub mod check;
mod command;
pub mod credential;
pub mod file;
pub mod first;
pub mod http;
pub mod keymap;
pub mod kubernetes;
pub mod located;
mod oncall;
pub mod paths;
pub mod policy;
pub mod preset;
mod process;
mod program;
pub mod prometheus;
pub mod reader;
pub mod receiver;
pub mod settings;
mod shelf;
pub mod starter;
pub mod theme;
pub mod tree;
mod walk;
mod wording;

pub use crate::secret::{Secret, SecretSource};
pub use adapter::{Adapter, Probe, ProbeFormat, Process, ProcessAction};
pub use alertmanager::Alertmanager;
pub use channel::{Channel, Way};
pub use check::{Config, Kind, Looks, check, load, located_at, looks, named_files};
pub use credential::Auth;
pub use file::File;
pub use http::{Http, HttpAction, HttpCall, HttpLook, Site};
pub use kubernetes::{Kubernetes, KubernetesAction, KubernetesKnob, KubernetesMethod};
pub use located::{Canvas, Place, Problem, Problems};
pub use paths::{Env, Flags, Paths, Places};
pub use prometheus::{Metric, Prometheus};
pub use reader::{HttpReader, ProcessReader, Reader};
pub use receiver::Receiver;
pub use settings::{Agent, Glyphs, Language, Review, Settings, Ui};
pub use tree::Tree;
