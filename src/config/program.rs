//! Programs that a file names: whether there is one that may be run.

use std::path::{Path, PathBuf};

use crate::incident::Text;

use super::paths::Env;

/// What is where a program should be; the best last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    Nothing,
    /// A file that nobody may run.
    NoProgram,
    Program,
}

/// Why a program could not be started, and what helps, if anything is known to.
pub(super) struct Missing {
    /// Why.
    pub why: String,
    /// What helps.
    pub hint: Option<String>,
}

/// Why a program that was read from a file could not be started now; none: it may be run.
#[must_use]
pub fn cannot_run(program: &str, env: &Env) -> Option<String> {
    missing(program, env).map(|missing| missing.why)
}

/// Looks for a program: a path as it stands, a bare name on the `PATH`.
pub(super) fn missing(program: &str, env: &Env) -> Option<Missing> {
    let shown = Text::line(program);
    match find(program, env) {
        Found::Program => None,
        Found::Nothing => {
            Some(Missing { why: format!("there is no program {shown}"), hint: Some(absent(program)) })
        }
        Found::NoProgram => {
            let hint = Some(format!("chmod +x {shown}"));
            Some(Missing { why: format!("{shown} may not be run"), hint })
        }
    }
}

/// What helps where there is no such program.
fn absent(program: &str) -> String {
    match program.contains('/') {
        true => "put it there, or write the path of another one".to_owned(),
        false => "install it, or write its path: it is not on the PATH".to_owned(),
    }
}

fn find(program: &str, env: &Env) -> Found {
    if program.contains('/') {
        return look_at(Path::new(program));
    }
    let path = env("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir: PathBuf| look_at(&dir.join(program)));
    found.max().unwrap_or(Found::Nothing)
}

fn look_at(path: &Path) -> Found {
    match path.metadata() {
        Ok(file) if file.is_file() && is_executable(&file) => Found::Program,
        Ok(file) if file.is_file() => Found::NoProgram,
        Ok(_) | Err(_) => Found::Nothing,
    }
}

#[cfg(unix)]
fn is_executable(file: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    true
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_program_is_there_and_may_be_run_or_it_is_said_what_helps() {
        let dir = tempfile::tempdir().unwrap();
        for (name, mode) in [("good", 0o755), ("plain", 0o644)] {
            let file = dir.path().join(name);
            fs::write(&file, "").unwrap();
            fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
        }
        let path = dir.path().display().to_string();
        let env = |_: &str| Some(path.clone());
        let said = |program: &str| missing(program, &env).map(|m| (m.why, m.hint));
        assert_eq!(said("good"), None);
        assert_eq!(said(&format!("{path}/good")), None);
        assert_eq!(
            said("plain"),
            Some(("plain may not be run".to_owned(), Some("chmod +x plain".to_owned())))
        );
        for nowhere in ["bad", "/", &format!("{path}/bad")] {
            assert_eq!(
                said(nowhere),
                Some((format!("there is no program {nowhere}"), Some(absent(nowhere))))
            );
        }
    }
}
