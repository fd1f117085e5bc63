//! The commented configuration that `flightdeck init` writes.

use std::fs;
use std::io::{self, Write as _};

use crate::error::{Error, Result};

use super::paths::Paths;

/// The starter configuration. Unchanged, it changes nothing.
pub const STARTER: &str = include_str!("../../assets/starter.toml");

/// Writes the starter configuration where the configuration is looked for.
///
/// # Errors
/// When there is a file already, or none can be written.
pub fn write(paths: &Paths) -> Result<()> {
    let file = &paths.config_file;
    let shown = file.display();
    let cannot = |error: io::Error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            return Error::user(format!("{shown} exists already")).hint(
                "change it, or have it put aside with --force; flightdeck check says whether it is right",
            );
        }
        Error::remote(format!("cannot write {shown}")).because(error)
    };
    fs::create_dir_all(&paths.config_dir).map_err(cannot)?;
    let mut opened = fs::OpenOptions::new().write(true).create_new(true).open(file).map_err(cannot)?;
    opened.write_all(STARTER.as_bytes()).map_err(cannot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Adapter, File, Problems, Settings};
    use crate::incident::Op;

    fn read(text: &str) -> (Settings, Vec<String>) {
        let env = |_: &str| None;
        let mut problems = Problems::new();
        let settings = Settings::read(&File::embedded("starter.toml", text), &paths(), &env, &mut problems);
        (settings, problems.into_sorted().iter().map(ToString::to_string).collect())
    }

    fn paths() -> Paths {
        Paths {
            config_file: "/etc/fd/config.toml".into(),
            config_named: false,
            config_dir: "/etc/fd".into(),
            data_dir: "/var/fd".into(),
            home: None,
        }
    }

    /// With every setting that stands behind a `#` in force.
    fn in_force() -> String {
        STARTER
            .lines()
            .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line))
            .map(|line| format!("{line}\n"))
            .collect()
    }

    #[test]
    fn unchanged_it_changes_nothing() {
        assert_eq!(read(STARTER), (Settings::unset(&|_| None), vec![]));
    }

    #[test]
    fn with_every_setting_in_force_it_is_right_and_says_what_holds_anyway() {
        let (settings, problems) = read(&in_force());
        // What a machine has or has not, three ways to say who we are, and two to escalate, at once.
        let there = [
            "there is no program",
            "there is no file",
            "is not set",
            "no preset",
            "more than one way",
            "goes first",
        ];
        let problems: Vec<_> = problems.iter().filter(|p| !there.iter().any(|t| p.contains(t))).collect();
        assert_eq!(problems, [""; 0]);
        let unset = Settings::unset(&|_| None);
        assert_eq!(settings.ui, unset.ui);
        assert_eq!(
            (settings.receiver.listen, settings.receiver.max_body),
            (unset.receiver.listen, unset.receiver.max_body)
        );
        assert_eq!(settings.review.language, unset.review.language);
        let Adapter::Process(process) = &settings.adapters["ops"] else { panic!("another type") };
        let ops: Vec<_> = process.actions.keys().copied().collect();
        assert_eq!(ops, [Op::Isolate, Op::RateLimit, Op::Snapshot, Op::Page]);
        let Adapter::Kubernetes(cluster) = &settings.adapters["cluster"] else { panic!("a cluster") };
        let ops: Vec<_> = cluster.actions.keys().copied().collect();
        assert_eq!(ops, [Op::Isolate, Op::RateLimit, Op::RollbackBranch, Op::Restart, Op::Snapshot]);
    }

    #[test]
    fn it_names_every_action_theme_and_key() {
        for op in Op::ALL {
            assert!(STARTER.contains(op.word()), "{op}");
        }
        for theme in crate::config::theme::Themes::default().names() {
            assert!(STARTER.contains(theme), "{theme}");
        }
        // Every key that a section knows: asked by a key that none knows.
        for section in [
            "",
            "[ui]\n",
            "[severity]\n",
            "[receiver]\n",
            "[receiver.pagerduty]\n",
            "[[agents]]\n",
            "[recovery]\n",
            "[policy]\n",
            "[first]\n",
            "[review]\n",
            "[adapters.x]\ntype = 'process'\n",
            "[probes.x]\ntype = 'process'\n",
            "[probes.x]\ntype = 'http'\n",
            "[probes.x]\ntype = 'prometheus'\n",
            "[adapters.x]\ntype = 'alertmanager'\n",
            "[adapters.x]\ntype = 'pagerduty'\n",
            "[adapters.x]\ntype = 'http'\n",
            "[adapters.x]\ntype = 'http'\nurl = 'http://h'\n[adapters.x.actions.isolate]\n",
            "[adapters.x]\ntype = 'kubernetes'\n",
            "[adapters.x]\ntype = 'kubernetes'\n[adapters.x.actions.isolate]\n",
            "[adapters.x]\ntype = 'process'\n[adapters.x.actions.isolate]\n",
            "[channels.x]\ntype = 'webhook'\n",
            "[channels.x]\ntype = 'http'\n",
            "[channels.x]\ntype = 'email'\n",
            "[channels.x]\ntype = 'slack'\n",
            "[channels.x]\ntype = 'pagerduty'\n",
            "[channels.x]\ntype = 'statuspage'\n",
            "[oncall]\n",
            "[redaction.x]\npattern = 'x'\n",
            "[hints.x]\npattern = 'x'\n",
            "[oncall.levels]\n0 = { channel = 'x' }\n[[oncall.swaps]]\n",
        ] {
            let (_, problems) = read(&format!("{section}qqqqqqqqqqqqqqqq = 1\n"));
            let known = problems.iter().find_map(|p| p.split_once("known here: ")).unwrap().1;
            for key in known.trim_end_matches(')').split(", ") {
                let elsewhere = ["_env", "_file", "_command"].iter().any(|place| key.ends_with(place));
                assert!(in_force().contains(key) || elsewhere, "{section}{key}");
            }
        }
    }

    #[test]
    fn it_is_written_once_and_never_over_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let mut paths = paths();
        paths.config_dir = dir.path().join("a/b");
        paths.config_file = paths.config_dir.join("config.toml");
        write(&paths).unwrap();
        assert_eq!(fs::read_to_string(&paths.config_file).unwrap(), STARTER);
        let error = write(&paths).unwrap_err();
        assert_eq!(error.kind, crate::error::Kind::User);
        assert!(error.to_string().contains("exists already"), "{error}");
    }
}
