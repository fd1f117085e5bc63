//! Where the secret of a backend lies: `X_env`, `X_file` or `X_command`, and never the secret.

use serde::Deserialize;

use crate::secret::SecretSource;

use super::located::Problems;
use super::paths::{Env, Paths};
use super::program;
use super::tree::Tree;

/// How we say who we are to a backend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    /// Not at all.
    #[default]
    None,
    /// `Authorization: Bearer …`.
    Bearer(SecretSource),
    /// `Authorization: Basic …`.
    Basic {
        /// The user's name.
        user: String,
        /// The password.
        password: SecretSource,
    },
    /// A header of the backend's own.
    Header {
        /// Its name.
        name: String,
        /// What stands before the secret in it.
        before: String,
        /// The secret.
        secret: SecretSource,
    },
}

/// The keys of one secret as written: the one way in which any section says where one lies.
#[derive(Clone, Debug, Default)]
pub(super) struct SecretKeys {
    pub env: Option<String>,
    pub file: Option<String>,
    pub command: Option<Vec<String>>,
}

impl SecretKeys {
    /// Where the secret called `what` lies, in the table that `at` leads to. What is not there now
    /// is told, and kept: it may be there when it is needed.
    #[expect(clippy::option_option, reason = "wrong and absent are two things, and only one is told")]
    pub(super) fn meant(
        self,
        what: &str,
        at: &[&str],
        tree: &Tree,
        paths: &Paths,
        env: &Env,
        problems: &mut Problems,
    ) -> Option<Option<SecretSource>> {
        let (name, file, command) =
            (format!("{what}_env"), format!("{what}_file"), format!("{what}_command"));
        let problem_at = |key: &str, message: String| {
            let path: Vec<&str> = at.iter().copied().chain([key]).collect();
            tree.problem_at(&path, message)
        };
        let source = match (self.env, self.file, self.command) {
            (None, None, None) => return Some(None),
            (Some(variable), None, None) => {
                if env(&variable).is_none_or(|value| value.trim().is_empty()) {
                    let message = format!("`{name}`: the environment variable {variable} is not set");
                    let hint = "set it where flightdeck is started, or name another one";
                    problems.push(problem_at(&name, message).hint(hint));
                }
                SecretSource::Env(variable)
            }
            (None, Some(path), None) => {
                let path = paths.written(&path);
                if !path.exists() {
                    let message = format!("`{file}`: there is no file {}", path.display());
                    problems.push(problem_at(&file, message).hint("put it there, or write another path"));
                }
                SecretSource::File(path)
            }
            (None, None, Some(mut run)) => {
                let Some(program) = run.first_mut().filter(|program| !program.trim().is_empty()) else {
                    let problem = problem_at(&command, format!("`{command}` names no program"));
                    problems.push(problem.hint("write [\"PROGRAM\", \"ARGUMENT\", …]; no shell is involved"));
                    return None;
                };
                if program.contains('/') {
                    *program = paths.written(program.trim_start_matches("./")).display().to_string();
                }
                if let Some(missing) = program::missing(program, env) {
                    let problem = problem_at(&command, format!("`{command}`: {}", missing.why));
                    problems.push(problem.hinted(missing.hint));
                }
                SecretSource::Command(run)
            }
            (_, _, _) => {
                let message = format!("more than one of `{name}`, `{file}` and `{command}` is given");
                problems.push(problem_at(&file, message).hint("keep one"));
                return None;
            }
        };
        Some(Some(source))
    }
}

/// The keys by which a backend's place and credentials are written. Every table that has them
/// names them all, because unknown keys are told.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WrittenAuth {
    token_env: Option<String>,
    token_file: Option<String>,
    token_command: Option<Vec<String>>,
    user: Option<String>,
    password_env: Option<String>,
    password_file: Option<String>,
    password_command: Option<Vec<String>>,
    key_header: Option<String>,
    key_before: String,
    key_env: Option<String>,
    key_file: Option<String>,
    key_command: Option<Vec<String>>,
}

/// Those keys.
pub(super) const KEYS: &[&str] = &[
    "token_env",
    "token_file",
    "token_command",
    "user",
    "password_env",
    "password_file",
    "password_command",
    "key_header",
    "key_before",
    "key_env",
    "key_file",
    "key_command",
];

/// Keys that would hold a secret written out.
pub(super) const NEVER: &[&str] = &["token", "password", "key"];

/// Tells of a secret that is written out, and takes nothing of such a table.
pub(super) fn none_written_out(tree: &Tree, problems: &mut Problems) -> Option<()> {
    let written = NEVER.iter().filter(|key| tree.keys().iter().any(|k| k == *key));
    let mut fine = Some(());
    for key in written {
        let problem = tree.problem(tree.key_span(key), format!("unknown key `{}.{key}`", tree.path()));
        let hint =
            format!("a secret is never written here: use `{key}_env`, `{key}_file` or `{key}_command`");
        problems.push(problem.hint(hint));
        fine = None;
    }
    fine
}

impl WrittenAuth {
    /// What is meant, if nothing contradicts it.
    pub(super) fn meant(
        self,
        tree: &Tree,
        paths: &Paths,
        env: &Env,
        problems: &mut Problems,
    ) -> Option<Auth> {
        let token = SecretKeys { env: self.token_env, file: self.token_file, command: self.token_command };
        let password =
            SecretKeys { env: self.password_env, file: self.password_file, command: self.password_command };
        let key = SecretKeys { env: self.key_env, file: self.key_file, command: self.key_command };
        let token = token.meant("token", &[], tree, paths, env, problems);
        let password = password.meant("password", &[], tree, paths, env, problems);
        let key = key.meant("key", &[], tree, paths, env, problems);
        let wrong = match (token?, (self.user, password?), (self.key_header, key?)) {
            (None, (None, None), (None, None)) => return Some(Auth::None),
            (Some(token), (None, None), (None, None)) => return Some(Auth::Bearer(token)),
            (None, (Some(user), Some(password)), (None, None)) => {
                return Some(Auth::Basic { user, password });
            }
            (None, (None, None), (Some(name), Some(secret))) => {
                return Some(Auth::Header { name, before: self.key_before, secret });
            }
            (None, (Some(_), None), (None, None)) => "`user` is given without a password",
            (None, (None, Some(_)), (None, None)) => "a password is given without `user`",
            (None, (None, None), (Some(_), None)) => "`key_header` is given without a key",
            (None, (None, None), (None, Some(_))) => "a key is given without `key_header`",
            (_, _, _) => "more than one way to say who we are is given",
        };
        let hint = "give a token, or a user and a password, or a key and its header; each by its _env, _file or _command";
        problems.push(tree.problem_at(&[], wrong).hint(hint));
        None
    }
}
