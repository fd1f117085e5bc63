//! Files brought home as evidence (A4): read where they lie, bounded, never through a link.
//!
//! What lies there may be under the hand of the agent that the incident is about: a link could
//! point at flightdeck's own secrets, a pipe could hang the reader.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::adapters::Evidence;
use crate::adapters::template::{Template, Values};
use crate::incident::{Glob, Text};

/// The newest bytes of each file that are kept.
const FILE_MAX: u64 = 16 * 1024 * 1024;

/// Files taken by one pattern at most.
const FILES_MAX: usize = 64;

/// A path whose file name may have `*` in it.
#[derive(Clone, Debug)]
pub struct Collect(Template);

/// What was brought and what was not, in words.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The files.
    pub evidence: Vec<Evidence>,
    /// What was left out or cut, and why.
    pub notes: Vec<String>,
}

impl Collect {
    /// Reads a configured path, in which `{agent}` and `{target}` may stand.
    ///
    /// # Errors
    /// In words: what is wrong with it.
    pub fn parse(raw: &str) -> Result<Self, String> {
        let template = Template::parse(raw, &["agent", "target"])?;
        let (dir, file) = raw.rsplit_once('/').unwrap_or(("", raw));
        if file.is_empty() {
            return Err("names no file; end it with a file's name, in which * may stand".to_owned());
        }
        if dir.contains('*') {
            return Err("a * may stand only in the file's name".to_owned());
        }
        if template.opens_with().is_some() {
            return Err("no placeholder may choose where a path begins".to_owned());
        }
        Ok(Self(template))
    }

    /// The path with every value put in.
    ///
    /// # Errors
    /// In words: a value that nobody gave.
    pub fn path(&self, values: &Values) -> Result<String, Text> {
        self.0.fill(values)
    }
}

/// Reads the files that are there, the newest `limit` lines of each. Blocks: call it where that is
/// allowed.
pub fn gather(base: Option<&Path>, paths: &[String], limit: Option<usize>) -> Gathered {
    let mut gathered = Gathered::default();
    for path in paths {
        let full = base.map_or_else(|| PathBuf::from(path), |base| base.join(path));
        match matching(&full) {
            Ok(files) if files.is_empty() => gathered.notes.push(format!("{path}: there is no such file")),
            Ok(files) => {
                if files.len() > FILES_MAX {
                    gathered.notes.push(format!("{path}: {FILES_MAX} of {} files taken", files.len()));
                }
                let before = gathered.evidence.len();
                for file in files.into_iter().take(FILES_MAX) {
                    take(&file, limit, &mut gathered);
                }
                leave_empty(before, &mut gathered);
            }
            Err(why) => gathered.notes.push(format!("{path}: {why}")),
        }
    }
    gathered
}

fn matching(path: &Path) -> io::Result<Vec<PathBuf>> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if !name.contains('*') {
        return Ok(if path.symlink_metadata().is_ok() { vec![path.to_owned()] } else { Vec::new() });
    }
    let glob = Glob::new(&name);
    let mut found = Vec::new();
    for entry in fs::read_dir(path.parent().unwrap_or(Path::new(".")))? {
        let entry = entry?;
        if glob.matches(&entry.file_name().to_string_lossy()) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// A file without content among others of its pattern is left; one alone stays, and proves nothing.
fn leave_empty(before: usize, gathered: &mut Gathered) {
    let mut of_pattern = gathered.evidence.split_off(before);
    for part in of_pattern.iter().filter(|part| part.bytes.is_empty()) {
        gathered.notes.push(format!("{} is EMPTY, and no proof", part.name));
    }
    if of_pattern.iter().any(|part| !part.bytes.is_empty()) {
        of_pattern.retain(|part| !part.bytes.is_empty());
    }
    gathered.evidence.extend(of_pattern);
}

/// The newest lines of a text, and how many before them were left out.
fn newest(bytes: Vec<u8>, limit: Option<usize>) -> (Vec<u8>, usize) {
    let Some(limit) = limit.filter(|_| !bytes.contains(&0)) else { return (bytes, 0) };
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let starts: Vec<usize> = std::iter::once(0).chain(ends).filter(|at| *at < bytes.len()).collect();
    let cut = starts.len().saturating_sub(limit);
    let from = starts.get(cut).copied().unwrap_or(0);
    (bytes[from..].to_vec(), cut)
}

fn take(path: &Path, limit: Option<usize>, gathered: &mut Gathered) {
    let shown = path.display();
    match read(path) {
        Ok((bytes, cut)) => {
            if cut > 0 {
                gathered.notes.push(format!("{shown}: the first {cut} bytes were left out"));
            }
            let (bytes, lines) = newest(bytes, limit);
            if lines > 0 {
                gathered.notes.push(format!("{shown}: the first {lines} lines were left out"));
            }
            let name = file_name(&path.to_string_lossy());
            gathered.evidence.push(Evidence { name, bytes, from: None, to: None });
        }
        Err(why) => gathered.notes.push(format!("{shown}: {why}")),
    }
}

/// The end of a plain file, and how many bytes before it were left out.
fn read(path: &Path) -> io::Result<(Vec<u8>, u64)> {
    let plain = |is_file: bool| if is_file { Ok(()) } else { Err(io::Error::other("not a plain file")) };
    plain(path.symlink_metadata()?.is_file())?;
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let cut = length.saturating_sub(FILE_MAX);
    file.seek(SeekFrom::Start(cut))?;
    let mut bytes = Vec::new();
    file.take(FILE_MAX).read_to_end(&mut bytes)?;
    Ok((bytes, cut))
}

/// A name that is one file's in any directory: `var_log_support-1.log`.
pub fn file_name(raw: &str) -> Text {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '_' };
    let name: String = raw.trim_start_matches(['/', '.']).chars().map(safe).collect();
    Text::line(if name.is_empty() { "evidence" } else { &name })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(gathered: &Gathered) -> Vec<String> {
        let name = |e: &Evidence| e.name.as_str().rsplit_once("dir_").map_or("", |(_, name)| name).to_owned();
        gathered.evidence.iter().map(name).collect()
    }

    #[test]
    fn a4_files_come_by_name_and_by_star() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("dir");
        fs::create_dir(&dir).unwrap();
        for (name, content) in [("a-1.log", "one"), ("a-2.log", "two"), ("b.log", "bee")] {
            fs::write(dir.join(name), content).unwrap();
        }
        let gathered = gather(Some(root.path()), &["dir/a-*.log".to_owned(), "dir/b.log".to_owned()], None);
        assert_eq!(names(&gathered), ["a-1.log", "a-2.log", "b.log"]);
        assert_eq!(gathered.evidence[1].bytes, b"two");
        let gathered = gather(Some(root.path()), &["dir/nope".to_owned(), "none/*".to_owned()], None);
        assert_eq!((gathered.evidence.len(), gathered.notes.len()), (0, 2));
    }

    #[test]
    fn a4_regression_an_empty_file_was_evidence_and_the_limit_of_lines_was_ignored() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("dir");
        fs::create_dir(&dir).unwrap();
        for (name, content) in [("a-1.log", "1\n2\n3\n"), ("a-2.log", ""), ("none.log", "")] {
            fs::write(dir.join(name), content).unwrap();
        }
        let of = |path: &str| gather(Some(root.path()), &[path.to_owned()], Some(2));
        let rotated = of("dir/a-*.log");
        assert_eq!(
            (names(&rotated), rotated.evidence[0].bytes.as_slice()),
            (vec!["a-1.log".to_owned()], &b"2\n3\n"[..])
        );
        assert!(rotated.notes.iter().any(|note| note.contains("first 1 lines")), "{:?}", rotated.notes);
        let nothing = of("dir/none.log");
        assert!(nothing.notes[0].contains("EMPTY"), "{:?}", nothing.notes);
        assert_eq!(crate::adapters::evidence::empty(&nothing.evidence).len(), 1, "it is no proof");
    }

    #[cfg(unix)]
    #[test]
    fn an_agent_cannot_lead_the_reader_to_a_secret() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("secret"), "token").unwrap();
        let dir = root.path().join("dir");
        fs::create_dir(&dir).unwrap();
        std::os::unix::fs::symlink("../secret", dir.join("a.log")).unwrap();
        for path in ["dir/*.log", "dir/a.log", "dir"] {
            let gathered = gather(Some(root.path()), &[path.to_owned()], None);
            assert!(gathered.evidence.is_empty(), "{path}");
            assert!(gathered.notes[0].contains("not a plain file"), "{:?}", gathered.notes);
        }
    }

    #[test]
    fn a_path_begins_where_the_configuration_says() {
        for wrong in ["{agent}/log", "/var/*/x.log", "/var/log/", "", "/x/{agnt}"] {
            assert!(Collect::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Collect::parse("/var/log/{agent}-*.log").is_ok());
    }

    #[test]
    fn evidence_has_a_plain_name() {
        assert_eq!(file_name("/var/log/a b.log"), "var_log_a_b.log");
        assert_eq!(file_name("../../x"), "x");
        assert_eq!(file_name("///"), "evidence");
    }
}
