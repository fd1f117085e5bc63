//! Where an agent's log lies: paths, and patterns that become paths.

use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::sibling::is_packed;
use crate::incident::{Glob, Text};

/// The files one agent logs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSource {
    /// The agent.
    pub agent: Text,
    /// A path; `*` in a component stands for any run of characters and is looked up again and again.
    pub path: PathBuf,
}

impl LogSource {
    /// Whether the path is a pattern.
    pub(super) fn is_pattern(&self) -> bool {
        self.path.components().any(is_pattern)
    }

    /// The paths a pattern stands for now, in the order of their names.
    pub(super) fn expand(&self) -> Vec<PathBuf> {
        let mut found = matches(&self.path);
        // They hold no readable line.
        found.retain(|path| !is_packed(path.as_os_str().as_encoded_bytes()));
        found
    }
}

/// The files that a pattern stands for now, in the order of their names.
pub(super) fn matches(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for component in pattern.components() {
        if is_pattern(component) {
            let glob = component.as_os_str().to_string_lossy();
            found = found.iter().flat_map(|dir| entries(dir, &glob)).collect();
        } else {
            for path in &mut found {
                path.push(component);
            }
        }
    }
    // Only what is there: a pattern may end in a plain name.
    found.retain(|path| path.is_file());
    found.sort();
    found
}

fn is_pattern(component: Component<'_>) -> bool {
    component.as_os_str().as_encoded_bytes().contains(&b'*')
}

/// The entries of `dir` whose names fit; hidden ones only where the pattern says so.
fn entries(dir: &Path, glob: &str) -> Vec<PathBuf> {
    let fits = |name: &OsStr| {
        let name = name.to_string_lossy();
        name.starts_with('.') == glob.starts_with('.') && Glob::new(glob).matches(&name)
    };
    let here = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    // A directory that cannot be listed has no match yet; it is asked again.
    let Ok(listed) = fs::read_dir(here) else { return Vec::new() };
    listed
        .flatten()
        .map(|entry| entry.file_name())
        .filter(|name| fits(name))
        .map(|name| dir.join(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_stands_for_the_files_that_are_there() {
        let dir = tempfile::tempdir().expect("a directory");
        for name in ["a/x.log", "b/x.log", "b/y.log", "b/.hidden.log", "b/old.log.gz", "c/other.txt"] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            fs::write(path, "").expect("a file");
        }
        fs::create_dir(dir.path().join("b/dir.log")).expect("a directory");
        for (pattern, wanted) in [
            ("*/x.log", vec!["a/x.log", "b/x.log"]),
            ("b/*.log", vec!["b/x.log", "b/y.log"]),
            ("b/*.log*", vec!["b/x.log", "b/y.log"]),
            ("b/.*", vec!["b/.hidden.log"]),
            ("nowhere/*.log", vec![]),
        ] {
            let source = LogSource { agent: Text::line("a"), path: dir.path().join(pattern) };
            assert!(source.is_pattern());
            let wanted: Vec<_> = wanted.into_iter().map(|name| dir.path().join(name)).collect();
            assert_eq!(source.expand(), wanted, "{pattern}");
        }
    }
}
