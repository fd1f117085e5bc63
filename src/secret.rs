//! Secrets: where they lie, and a type that never prints them.
//!
//! A configuration file says which variable, file or command holds a secret, never the secret
//! itself. The lowest layer, so that what is fetched stays of this type until the call or the
//! comparison that needs it. It knows nothing of who that is.

use std::fmt;
use std::fs;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// The most that is read of a secret, in bytes: a chain of certificates fits, a log does not.
const MAX: u64 = 64 * 1024;

/// How long a command may take to print a secret.
const COMMAND_LIMIT: Duration = Duration::from_secs(10);

/// A secret. It has no `Display`, its `Debug` says nothing, and it cannot be serialized.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a secret.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself: only for the call or the comparison that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(not shown)")
    }
}

/// Where a secret lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// In the environment variable of this name.
    Env(String),
    /// In this file, with the white space around it ignored.
    File(PathBuf),
    /// In the output of this program, run without a shell: a password store, a cloud's command.
    Command(Vec<String>),
}

impl SecretSource {
    /// Fetches the secret. Waits for a file or a command: not to be called where others wait too.
    ///
    /// # Errors
    /// Says what is missing, without any of the secret.
    pub fn fetch(&self, env: &dyn Fn(&str) -> Option<String>) -> Result<Secret, String> {
        let (secret, place) = match self {
            Self::Env(name) => {
                let value = env(name).ok_or_else(|| format!("the environment variable {name} is not set"))?;
                (value, format!("the environment variable {name}"))
            }
            Self::File(path) => {
                let shown = path.display();
                let mut text = String::new();
                fs::File::open(path)
                    .and_then(|file| file.take(MAX).read_to_string(&mut text))
                    .map_err(|error| format!("cannot read {shown}: {error}"))?;
                (text, shown.to_string())
            }
            Self::Command(argv) => (printed(argv)?, format!("what {} prints", program(argv))),
        };
        match secret.trim() {
            "" => Err(format!("{place} is empty")),
            secret => Ok(Secret::new(secret)),
        }
    }
}

/// The program alone: its arguments may say more than is anybody's business.
fn program(argv: &[String]) -> &str {
    argv.first().map_or("nothing", String::as_str)
}

/// What a program prints, within the limit. Its standard error goes nowhere: it may quote secrets.
fn printed(argv: &[String]) -> Result<String, String> {
    let shown = program(argv);
    let Some((first, rest)) = argv.split_first() else { return Err("the command is empty".to_owned()) };
    let mut child = Command::new(first)
        .args(rest)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot run {shown}: {error}"))?;
    let stdout = child.stdout.take().expect("it was piped");
    // One message at most: the reader sends once, and nobody waits for it past the limit.
    let (done, read) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let mut text = String::new();
        let outcome = stdout.take(MAX).read_to_string(&mut text).map(|_| text);
        drop(done.send(outcome));
    });
    let Ok(outcome) = read.recv_timeout(COMMAND_LIMIT) else {
        drop(child.kill());
        drop(child.wait());
        return Err(format!("{shown} said nothing within {} s", COMMAND_LIMIT.as_secs()));
    };
    // It closed its output, so it is about to end; one that does not is ended.
    let ended = (0..100).find_map(|_| match child.try_wait() {
        Ok(None) => {
            std::thread::sleep(Duration::from_millis(20));
            None
        }
        Ok(Some(status)) => Some(Ok(status)),
        Err(error) => Some(Err(error)),
    });
    match ended {
        Some(Ok(status)) if status.success() => outcome.map_err(|_| format!("{shown} prints no text")),
        Some(Ok(status)) => Err(format!("{shown} ended with {status}")),
        Some(Err(error)) => Err(format!("{shown} was lost sight of: {error}")),
        None => {
            drop(child.kill());
            drop(child.wait());
            Err(format!("{shown} did not end"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_fetched_and_never_printed() {
        let secret = SecretSource::Env("T".into()).fetch(&|_| Some(" hunter2\n".into())).unwrap();
        assert_eq!(secret.expose(), "hunter2");
        assert!(!format!("{secret:?} {:?}", Some(&secret)).contains("hunter2"));
    }

    #[test]
    fn a_missing_or_empty_secret_is_told_by_its_place() {
        let env = |value: Option<&str>| {
            let value = value.map(str::to_owned);
            SecretSource::Env("T".into()).fetch(&move |_| value.clone()).unwrap_err()
        };
        assert_eq!(env(None), "the environment variable T is not set");
        assert_eq!(env(Some(" ")), "the environment variable T is empty");
        let missing = SecretSource::File("/nowhere/token".into()).fetch(&|_| None).unwrap_err();
        assert!(missing.starts_with("cannot read /nowhere/token: "), "{missing}");
    }

    #[test]
    #[cfg(unix)]
    fn a_command_prints_the_secret_and_its_failure_tells_nothing_of_it() {
        let run = |script: &str| {
            let argv = ["sh", "-c", script].map(str::to_owned).to_vec();
            SecretSource::Command(argv).fetch(&|_| None)
        };
        assert_eq!(run("echo hunter2").unwrap().expose(), "hunter2");
        assert_eq!(run("true").unwrap_err(), "what sh prints is empty");
        let failed = run("echo hunter2; echo hunter2 >&2; exit 3").unwrap_err();
        assert!(failed.starts_with("sh ended with ") && !failed.contains("hunter2"), "{failed}");
        let missing = SecretSource::Command(vec!["/nowhere/pass".into()]).fetch(&|_| None).unwrap_err();
        assert!(missing.starts_with("cannot run /nowhere/pass: "), "{missing}");
    }
}
