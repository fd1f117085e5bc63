//! A configuration from its text, without a home.

use std::path::Path;

use flightdeck::adapters::Rig;
use flightdeck::channels::Post;
use flightdeck::config::{File, Paths, Problems, Settings};
use flightdeck::runtime::live;

/// As if the configuration lay in this directory.
pub fn paths(dir: &Path) -> Paths {
    Paths {
        config_file: dir.join("config.toml"),
        config_named: true,
        config_dir: dir.to_owned(),
        data_dir: dir.join("data"),
        home: None,
    }
}

/// The settings that `text` makes, with what is wrong with it.
pub fn settings(dir: &Path, text: &str) -> (Settings, Vec<String>) {
    let paths = paths(dir);
    let mut problems = Problems::new();
    let env = |name: &str| std::env::var(name).ok();
    let settings = Settings::read(&File::embedded("config.toml", text), &paths, &env, &mut problems);
    (settings, problems.into_sorted().iter().map(ToString::to_string).collect())
}

/// The adapters that `text` makes; panics with what is wrong with it.
pub fn rig(text: &str) -> Rig {
    let (settings, problems) = settings(Path::new("/nowhere"), text);
    assert!(problems.is_empty(), "{problems:#?}\n{text}");
    let (rig, unbuilt) = live::rig(&settings);
    assert!(unbuilt.is_empty(), "{unbuilt:#?}\n{text}");
    rig
}

/// The adapters and the channels of a configuration that lies in this directory, with its secrets.
pub fn all(dir: &Path, text: &str) -> (Rig, Post) {
    let (settings, problems) = settings(dir, text);
    assert!(problems.is_empty(), "{problems:#?}\n{text}");
    let (rig, unbuilt) = live::rig(&settings);
    assert!(unbuilt.is_empty(), "{unbuilt:#?}\n{text}");
    let (channels, problems) = live::channels(&settings, &|name| std::env::var(name).ok());
    assert!(problems.is_empty(), "{problems:#?}\n{text}");
    (rig, Post::Live(channels))
}
