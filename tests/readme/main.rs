//! The README tells the truth: its tables come from the program's own, its commands are read by the
//! parser, its files pass `flightdeck check`.
//!
//! `FLIGHTDECK_WRITE_README=1 cargo test --test readme` writes the tables anew.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test's own data is right")]

mod blocks;
mod commands;
mod generated;
mod proved;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use chrono::Utc;
use flightdeck::config::Paths;
use flightdeck::incident::playbook;
use flightdeck::runtime;
use flightdeck::sources::generic;

use blocks::{Block, blocks};

const REPOSITORY: &str = env!("CARGO_MANIFEST_DIR");

fn readme() -> String {
    fs::read_to_string(Path::new(REPOSITORY).join("README.md")).unwrap()
}

fn of(language: &str) -> Vec<Block> {
    blocks(&readme()).into_iter().filter(|block| block.language == language).collect()
}

#[test]
fn what_is_generated_is_what_the_program_says() {
    let kept = readme();
    let fresh = generated::refreshed(&kept);
    if std::env::var_os("FLIGHTDECK_WRITE_README").is_some() {
        fs::write(Path::new(REPOSITORY).join("README.md"), &fresh).unwrap();
        return;
    }
    let differs = kept.lines().zip(fresh.lines()).position(|(kept, fresh)| kept != fresh);
    assert!(
        kept == fresh,
        "README.md is not what the program says, first in line {}; write it anew with \
         FLIGHTDECK_WRITE_README=1 cargo test --test readme",
        differs.map_or(kept.lines().count(), |at| at + 1)
    );
}

#[test]
fn every_command_is_one() {
    let mut checked = 0;
    for block in of("sh").iter().filter(|block| block.file().is_none()) {
        for line in commands::lines(&block.text) {
            if let Err(why) = commands::check(&line, Path::new(REPOSITORY)) {
                panic!("README.md:{}: {line}\n{why}", block.line);
            }
            checked += 1;
        }
    }
    assert!(checked > 20, "only {checked} commands were found");
}

/// A directory with every script of the README in it, and the paths of a configuration there.
fn home() -> (tempfile::TempDir, Paths) {
    let dir = tempfile::tempdir().unwrap();
    for script in of("sh") {
        if let Some(name) = script.file() {
            let file = dir.path().join(name);
            fs::write(&file, &script.text).unwrap();
            fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    // The secrets that its reader keeps, beside the configuration and under their home.
    for secret in ["pagerduty.key", "pagerduty.token", "pagerduty.signing", ".config/flightdeck/token"] {
        let file = dir.path().join(secret);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "s3cret").unwrap();
    }
    let paths = Paths {
        config_file: dir.path().join("config.toml"),
        config_named: false,
        config_dir: dir.path().to_owned(),
        data_dir: dir.path().join("data"),
        home: Some(dir.path().to_owned()),
    };
    (dir, paths)
}

#[test]
fn every_file_passes_the_check() {
    let files = of("toml");
    assert!(files.len() >= 5, "only {} files were found", files.len());
    for block in files {
        let name = block.file().unwrap_or_else(|| panic!("README.md:{}: name the file", block.line));
        let (dir, paths) = home();
        let file = dir.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &block.text).unwrap();
        let problems = runtime::check::problems(&paths, &|name| std::env::var(name).ok());
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(told.is_empty(), "README.md:{}: {}", block.line, told.join("\n"));
    }
}

#[test]
fn every_script_is_one() {
    for script in of("sh").iter().filter(|block| block.file().is_some()) {
        let (dir, _paths) = home();
        let path = dir.path().join(script.file().unwrap());
        let read = std::process::Command::new("sh").arg("-n").arg(path).output().unwrap();
        let told = String::from_utf8_lossy(&read.stderr).into_owned();
        assert!(read.status.success(), "README.md:{}: {told}", script.line);
    }
}

#[test]
fn every_json_is_json_and_the_example_of_an_alert_is_taken() {
    for block in of("json") {
        let read: Result<serde_json::Value, _> = serde_json::from_str(&block.text);
        assert!(read.is_ok(), "README.md:{}: {read:?}", block.line);
        if block.text.contains("\"starts_at\"") {
            let taken = generic::parse(block.text.as_bytes(), Utc::now());
            assert!(taken.is_ok_and(|delivery| delivery.notes.is_empty()), "README.md:{}", block.line);
        }
    }
}

#[test]
fn alertmanager_takes_its_configuration() {
    let yaml = of("yaml");
    assert!(!yaml.is_empty());
    for block in yaml {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("alertmanager.yml");
        fs::write(&file, &block.text).unwrap();
        // Debian's package of Alertmanager, which tests/run installs, brings amtool.
        let read = std::process::Command::new("amtool").arg("check-config").arg(&file).output().unwrap();
        let told = String::from_utf8_lossy(&read.stderr).into_owned();
        assert!(read.status.success(), "README.md:{}: {told}", block.line);
    }
}

#[test]
fn every_rule_that_is_named_is_explained() {
    let named = regex::Regex::new(r#"(?:"|\[|\()([A-E](?:1[0-4]|[1-9]))(?:"|\]|\)|,)"#).unwrap();
    let mut seen = 0;
    for file in sources(&Path::new(REPOSITORY).join("src")) {
        // Tests tell stories of their own.
        if ["tests", "story"].iter().any(|word| file.to_string_lossy().contains(word)) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for found in named.captures_iter(line) {
                let id = &found[1];
                assert!(playbook::about(id).is_some(), "{}: {id} in {}", file.display(), line.trim());
                seen += 1;
            }
        }
    }
    assert!(seen > 50, "only {seen} were found");
}

/// Every Rust file below a directory.
fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn every_link_leads_somewhere() {
    let text = readme();
    let headings: Vec<String> = text.lines().filter(|line| line.starts_with('#')).map(anchor).collect();
    for (at, line) in text.lines().enumerate() {
        for target in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let leads = match target.strip_prefix('#') {
                Some(anchor) => headings.iter().any(|known| known == anchor),
                None => target.starts_with("https://") || PathBuf::from(REPOSITORY).join(target).exists(),
            };
            assert!(leads, "README.md:{}: {target} leads nowhere", at + 1);
        }
    }
}

/// How a heading is linked to.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    words.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>().replace(' ', "-")
}
