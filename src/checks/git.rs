//! Questions to a Git repository: what was deployed lately (D11), and whether what runs is what it
//! says (E6). The repository's own files start no program.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::Answer;
use crate::incident::{Glance, Span, Text, Time};

/// Deploys that are named before the rest is counted.
const NAMED: usize = 3;

/// The most bytes of what runs.
const MAX: u64 = 4 * 1024 * 1024;

/// A repository whose commits are deploys.
#[derive(Clone, Debug)]
pub struct Deploys {
    /// Its name on the timeline.
    pub name: Text,
    /// Where it is.
    pub repository: PathBuf,
    /// How long before the incident a deploy still counts.
    pub since: Span,
}

impl Deploys {
    pub(super) async fn since(&self, began: Time) -> Answer {
        let from = began - self.since.delta();
        let since = format!("--since={}", from.format("%Y-%m-%dT%H:%M:%SZ"));
        // What came while it burned already is no cause of it.
        let until = format!("--until={}", began.format("%Y-%m-%dT%H:%M:%SZ"));
        let out =
            git(&self.repository, &["log", &since, &until, "--max-count=100", "--format=%h %an: %s"]).await;
        let log = match out {
            Ok(out) => String::from_utf8_lossy(&out).into_owned(),
            Err(why) => return (Glance::NotRead, why),
        };
        let deploys: Vec<&str> = log.lines().collect();
        let span = self.since;
        match deploys.len() {
            0 => (Glance::Quiet, format!("no deploy in the {span} before")),
            count => {
                let more =
                    if count > NAMED { format!("; and {} more", count - NAMED) } else { String::new() };
                let named = deploys.iter().take(NAMED).copied().collect::<Vec<_>>().join("; ");
                let words =
                    format!("{count} in the {span} before: {named}{more}; roll back before you debug");
                (Glance::Notable, words)
            }
        }
    }
}

/// What runs, beside what the repository says should run.
#[derive(Clone, Debug)]
pub struct Drift {
    /// Its name on the timeline.
    pub name: Text,
    /// Where the repository is.
    pub repository: PathBuf,
    /// Which revision counts.
    pub revision: String,
    /// The file in it.
    pub path: String,
    /// What runs.
    pub running: Running,
}

/// Where the running configuration is read.
#[derive(Clone, Debug)]
pub enum Running {
    /// In a file.
    File(PathBuf),
    /// In what a program prints.
    Program(Vec<String>),
}

impl Drift {
    pub(super) async fn compare(&self) -> Answer {
        let place = format!("{}:{}", self.revision, self.path);
        let meant = match git(&self.repository, &["show", "--no-textconv", &place]).await {
            Ok(meant) => meant,
            Err(why) => return (Glance::NotRead, why),
        };
        let runs = match &self.running {
            Running::File(file) => read(file).await,
            Running::Program(run) => output(run).await,
        };
        match runs {
            Ok(runs) => differs(&meant, &runs, &place),
            Err(why) => (Glance::NotRead, why),
        }
    }
}

/// Says where they differ, never what stands there: configurations hold secrets.
fn differs(meant: &[u8], runs: &[u8], place: &str) -> Answer {
    let lines = |bytes: &[u8]| -> Vec<String> {
        String::from_utf8_lossy(bytes).trim_end().lines().map(|line| line.trim_end().to_owned()).collect()
    };
    let (meant, runs) = (lines(meant), lines(runs));
    let count = meant.len().max(runs.len());
    let unlike: Vec<usize> = (0..count).filter(|at| meant.get(*at) != runs.get(*at)).collect();
    match unlike.first() {
        None => (Glance::Quiet, format!("as {place} says")),
        Some(first) => {
            let words = format!(
                "DRIFT: what runs differs from {place} in {} of {count} lines, first in line {}",
                unlike.len(),
                first + 1
            );
            (Glance::Alarm, words)
        }
    }
}

async fn read(file: &Path) -> Result<Vec<u8>, String> {
    let words = |error: std::io::Error| format!("{}: {error}", file.display());
    let size = tokio::fs::metadata(file).await.map_err(words)?.len();
    if size > MAX {
        return Err(format!("{} is larger than {MAX} bytes", file.display()));
    }
    tokio::fs::read(file).await.map_err(words)
}

async fn output(run: &[String]) -> Result<Vec<u8>, String> {
    let (program, arguments) = run.split_first().ok_or("no program is named")?;
    finished(Command::new(program).args(arguments), program).await
}

async fn git(repository: &Path, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let mut command = Command::new("git");
    command
        .args(["--no-pager", "-c", "core.fsmonitor=false", "-C"])
        .arg(repository)
        .args(arguments)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0");
    finished(&mut command, "git").await
}

async fn finished(command: &mut Command, name: &str) -> Result<Vec<u8>, String> {
    let ended = command.stdin(Stdio::null()).kill_on_drop(true).output().await;
    let out = ended.map_err(|error| format!("{name}: {error}"))?;
    if out.status.success() {
        return Ok(out.stdout);
    }
    let said = String::from_utf8_lossy(&out.stderr);
    let said = said.lines().next().unwrap_or("it said nothing");
    Err(format!("{name} ended with {}: {said}", out.status))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// A repository with a commit of now, and the file that it holds.
    fn repository() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("agent.toml"), "model = 'a'\ntools = []\n").unwrap();
        for arguments in [
            &["init", "-q"][..],
            &["add", "."],
            &["-c", "user.name=bo", "-c", "user.email=b@o", "commit", "-qm", "open the export tool"],
        ] {
            let git = Command::new("git").arg("-C").arg(dir.path()).args(arguments).status().unwrap();
            assert!(git.success());
        }
        dir
    }

    fn deploys(repository: &Path) -> Deploys {
        let name = Text::line("prompts");
        Deploys { name, repository: repository.to_owned(), since: "2h".parse().unwrap() }
    }

    #[tokio::test]
    async fn d11_a_commit_of_the_last_two_hours_is_a_deploy_it_may_follow() {
        let repository = repository();
        let now = chrono::DateTime::from(
            repository.path().join("agent.toml").metadata().unwrap().modified().unwrap(),
        );
        let (glance, words) = deploys(repository.path()).since(now + chrono::TimeDelta::seconds(2)).await;
        assert_eq!(glance, Glance::Notable, "{words}");
        assert!(
            words.contains("1 in the 2h before") && words.contains("bo: open the export tool"),
            "{words}"
        );
        let later = now + chrono::TimeDelta::hours(3);
        let (glance, words) = deploys(repository.path()).since(later).await;
        assert_eq!((glance, words.as_str()), (Glance::Quiet, "no deploy in the 2h before"));
        // A commit after it began counted as before.
        let (glance, words) = deploys(repository.path()).since(now - chrono::TimeDelta::hours(1)).await;
        assert_eq!((glance, words.as_str()), (Glance::Quiet, "no deploy in the 2h before"));
        let (glance, words) = deploys(Path::new("/nowhere")).since(now).await;
        assert_eq!(glance, Glance::NotRead, "{words}");
    }

    #[tokio::test]
    async fn e6_drift_is_named_by_its_lines_and_never_quoted() {
        let repository = repository();
        let running = repository.path().join("running.toml");
        let drift = |running| Drift {
            name: "agent.toml".into(),
            repository: repository.path().to_owned(),
            revision: "HEAD".to_owned(),
            path: "agent.toml".to_owned(),
            running,
        };
        for (runs, glance, words) in [
            ("model = 'a'\ntools = []\n", Glance::Quiet, "as HEAD:agent.toml says"),
            ("model = 'a'\ntools = ['secret-key']\n", Glance::Alarm, "1 of 2 lines, first in line 2"),
            ("model = 'a'\n", Glance::Alarm, "1 of 2 lines"),
        ] {
            std::fs::write(&running, runs).unwrap();
            let (found, said) = drift(Running::File(running.clone())).compare().await;
            assert_eq!(found, glance, "{said}");
            assert!(said.contains(words) && !said.contains("secret"), "{said}");
            let program = vec!["cat".to_owned(), running.display().to_string()];
            assert_eq!(drift(Running::Program(program)).compare().await.0, glance);
        }
        let gone = drift(Running::File("/nowhere".into())).compare().await;
        assert_eq!(gone.0, Glance::NotRead, "{}", gone.1);
    }
}
