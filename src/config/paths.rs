//! Where the person's files lie: a pure function of flags, environment and the machine's defaults.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::incident::Realm;

/// How the environment is asked. A test passes its own.
pub type Env<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// What the command line said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--config FILE`.
    pub config: Option<PathBuf>,
    /// `--data-dir DIR`.
    pub data_dir: Option<PathBuf>,
}

/// The directories that this machine keeps for a program like this; none without a home.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Where configuration goes.
    pub config_dir: Option<PathBuf>,
    /// Where data goes.
    pub data_dir: Option<PathBuf>,
    /// Where flightdeck was started: what is relative on its command line is so to this.
    pub work_dir: PathBuf,
}

impl Places {
    /// Asks the machine. The one impure function here.
    #[must_use]
    pub fn of_this_machine() -> Self {
        let dirs = directories::ProjectDirs::from("", "", "flightdeck");
        Self {
            config_dir: dirs.as_ref().map(|dirs| dirs.config_dir().to_owned()),
            data_dir: dirs.as_ref().map(|dirs| dirs.data_dir().to_owned()),
            // Gone: what is relative is then found by nobody, and each says so of its own.
            work_dir: std::env::current_dir().unwrap_or_default(),
        }
    }
}

/// Every file and directory that flightdeck uses of its own accord.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The configuration file.
    pub config_file: PathBuf,
    /// Whether somebody named the configuration file, so that it must be there.
    pub config_named: bool,
    /// The directory of the configuration file, its keymaps, themes and templates.
    pub config_dir: PathBuf,
    /// The directory of the journal and the evidence.
    pub data_dir: PathBuf,
    /// The person's home, for `~/`.
    pub home: Option<PathBuf>,
}

impl Paths {
    /// Flags before environment before the machine's defaults; an empty variable says nothing.
    ///
    /// # Errors
    /// When there is no place for data or configuration: no home and nothing said.
    pub fn resolve(flags: &Flags, env: &Env, places: &Places) -> Result<Self> {
        let set = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let named = flags.config.clone().or_else(|| set("FLIGHTDECK_CONFIG"));
        let config_named = named.is_some();
        let config_file = match (named, &places.config_dir) {
            (Some(file), _) => file,
            (None, Some(dir)) => dir.join("config.toml"),
            (None, None) => {
                return Err(Error::config("there is no home directory for the configuration")
                    .hint("name a file with --config or FLIGHTDECK_CONFIG"));
            }
        };
        let data_dir = flags
            .data_dir
            .clone()
            .or_else(|| set("FLIGHTDECK_DATA_DIR"))
            .or_else(|| places.data_dir.clone())
            .ok_or_else(|| {
                Error::config("there is no home directory for the journal")
                    .hint("name a directory with --data-dir or FLIGHTDECK_DATA_DIR")
            })?;
        let config_dir = match config_file.parent() {
            // Programs run there: relative, it would be looked for in itself.
            Some(dir) if dir != Path::new("") => places.work_dir.join(dir.strip_prefix(".").unwrap_or(dir)),
            Some(_) | None if places.work_dir == Path::new("") => PathBuf::from("."),
            Some(_) | None => places.work_dir.clone(),
        };
        Ok(Self { config_file, config_named, config_dir, data_dir, home: set("HOME") })
    }

    /// The journal.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.data_dir.join("journal.db")
    }

    /// The journal of a realm: a drill has its own, beside the live one.
    #[must_use]
    pub fn journal_of(&self, realm: Realm) -> PathBuf {
        match realm {
            Realm::Live => self.journal(),
            Realm::Drill => self.data_dir.join("drill.db"),
        }
    }

    /// Where what comes by OTLP is kept.
    #[must_use]
    pub fn telemetry(&self) -> PathBuf {
        self.data_dir.join("otlp").join("received.jsonl")
    }

    /// The directory of stored evidence.
    #[must_use]
    pub fn evidence(&self) -> PathBuf {
        self.data_dir.join("evidence")
    }

    /// The policy file that is read unless the configuration names another one.
    #[must_use]
    pub fn policy(&self) -> PathBuf {
        self.config_dir.join("policy.toml")
    }

    /// The person's own keymaps, one `NAME.toml` each.
    #[must_use]
    pub fn keymaps(&self) -> PathBuf {
        self.config_dir.join("keymaps")
    }

    /// The person's own themes, one `NAME.toml` each.
    #[must_use]
    pub fn themes(&self) -> PathBuf {
        self.config_dir.join("themes")
    }

    /// The person's own review templates, one `NAME.md` each.
    #[must_use]
    pub fn templates(&self) -> PathBuf {
        self.config_dir.join("templates")
    }

    /// The person's own scenarios, one `NAME.toml` each.
    #[must_use]
    pub fn scenarios(&self) -> PathBuf {
        self.config_dir.join("scenarios")
    }

    /// A path as written in the configuration: `~/` is the home, and what is relative is so to the
    /// configuration file, wherever flightdeck was started.
    #[must_use]
    pub fn written(&self, path: &str) -> PathBuf {
        match (path.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            (Some(_) | None, _) => self.config_dir.join(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(flags: [Option<&str>; 2], env: &[(&str, &str)], home: bool) -> Result<Paths> {
        let [config, data_dir] = flags.map(|flag| flag.map(PathBuf::from));
        let places = match home {
            true => Places {
                config_dir: Some("/home/ana/.config/flightdeck".into()),
                data_dir: Some("/home/ana/.local/share/flightdeck".into()),
                work_dir: PathBuf::new(),
            },
            false => Places::default(),
        };
        let env = |name: &str| env.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        Paths::resolve(&Flags { config, data_dir }, &env, &places)
    }

    #[test]
    fn a_flag_comes_before_the_environment_and_that_before_the_machine() {
        let env = [("FLIGHTDECK_CONFIG", "/env/c.toml"), ("FLIGHTDECK_DATA_DIR", "/env/data")];
        for (flags, env, config, data) in [
            ([Some("/f/c.toml"), Some("/f/data")], &env[..], "/f/c.toml", "/f/data"),
            ([None, None], &env[..], "/env/c.toml", "/env/data"),
            (
                [None, None],
                &[("FLIGHTDECK_CONFIG", ""), ("FLIGHTDECK_DATA_DIR", "")][..],
                "/home/ana/.config/flightdeck/config.toml",
                "/home/ana/.local/share/flightdeck",
            ),
        ] {
            let paths = resolve(flags, env, true).unwrap();
            assert_eq!(paths.config_file, Path::new(config));
            assert_eq!(paths.data_dir, Path::new(data));
        }
    }

    #[test]
    fn only_a_named_configuration_must_be_there() {
        assert!(!resolve([None, None], &[], true).unwrap().config_named);
        assert!(resolve([Some("c.toml"), None], &[], true).unwrap().config_named);
    }

    #[test]
    fn the_other_files_lie_beside_the_configuration_and_the_data() {
        let paths = resolve([Some("team/c.toml"), Some("/data")], &[("HOME", "/home/ana")], false).unwrap();
        assert_eq!(paths.policy(), Path::new("team/policy.toml"));
        assert_eq!(paths.journal(), Path::new("/data/journal.db"));
        assert_eq!(paths.written("logs/a.log"), Path::new("team/logs/a.log"));
        assert_eq!(paths.written("~/a.log"), Path::new("/home/ana/a.log"));
        assert_eq!(paths.written("/var/a.log"), Path::new("/var/a.log"));
        assert_eq!(resolve([Some("c.toml"), Some("d")], &[], false).unwrap().config_dir, Path::new("."));
    }

    #[test]
    fn regression_a_relative_configuration_s_programs_were_looked_for_in_its_directory_s_directory() {
        let places = Places { work_dir: "/work".into(), ..Places::default() };
        let at = |config: &str| {
            let flags = Flags { config: Some(config.into()), data_dir: Some("/data".into()) };
            Paths::resolve(&flags, &|_| None, &places).unwrap()
        };
        for (config, dir) in [
            ("team/c.toml", "/work/team"),
            ("./team/c.toml", "/work/team"),
            ("../c.toml", "/work/.."),
            ("c.toml", "/work"),
            ("./c.toml", "/work"),
            ("/etc/c.toml", "/etc"),
        ] {
            assert_eq!(at(config).config_dir, Path::new(dir), "{config}");
            assert_eq!(at(config).config_file, Path::new(config), "told as it was named");
        }
        assert_eq!(at("team/c.toml").written("isolate.sh"), Path::new("/work/team/isolate.sh"));
    }

    #[test]
    fn without_a_home_it_says_which_flag_helps() {
        let error = resolve([None, None], &[], false).unwrap_err().to_string();
        assert!(error.contains("--config"), "{error}");
        let error = resolve([Some("c.toml"), None], &[], false).unwrap_err().to_string();
        assert!(error.contains("--data-dir"), "{error}");
    }
}
