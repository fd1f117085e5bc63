//! What a person names on a command line, as logs to be read: files, patterns, rotated siblings,
//! compressed ones, standard input.

use std::fs::File;
use std::io::{self, Read, Seek as _};
use std::path::PathBuf;

use super::file::LogFile;
use super::sibling::age;
use super::source::matches;

/// One log to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

/// What a file turned out to be.
pub enum Opened {
    /// Lines that can be read anywhere.
    Plain(LogFile),
    /// Lines that come one after the other, out of a compressed file or a pipe.
    Flow(Box<dyn Read + Send>),
}

impl Input {
    /// What a list of names stands for, in their order; the files of a pattern oldest first. `-` is
    /// standard input, and `*` any run of characters in a name.
    ///
    /// # Errors
    /// The first pattern that no file fits.
    pub fn all(names: &[PathBuf]) -> Result<Vec<Self>, PathBuf> {
        let mut inputs = Vec::new();
        for name in names {
            if name.as_os_str() == "-" {
                inputs.push(Self::Stdin);
            } else if name.as_os_str().as_encoded_bytes().contains(&b'*') && !name.exists() {
                let mut found = matches(name);
                if found.is_empty() {
                    return Err(name.clone());
                }
                found.sort_by_cached_key(|path| age(path));
                inputs.extend(found.into_iter().map(Self::File));
            } else {
                inputs.push(Self::File(name.clone()));
            }
        }
        Ok(inputs)
    }

    /// In the order in which they are shown together: the parts of a rotated log follow one another,
    /// the oldest first, and have one number.
    #[must_use]
    pub fn chained(inputs: &[Self]) -> Vec<(Self, usize)> {
        let base = |input: &Self| match input {
            Self::Stdin => None,
            Self::File(path) => {
                let (directory, base, ..) = age(path);
                Some((directory, base))
            }
        };
        let bases: Vec<_> = inputs.iter().map(base).collect();
        let chain = |of: &Option<_>| bases.iter().position(|base| base == of).unwrap_or(0);
        let mut chained: Vec<(Self, usize)> =
            inputs.iter().zip(&bases).map(|(input, base)| (input.clone(), chain(base))).collect();
        chained.sort_by_cached_key(|(input, chain)| match input {
            Self::Stdin => (*chain, None),
            Self::File(path) => (*chain, Some(age(path))),
        });
        chained
    }

    /// How it is called.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Stdin => "-".to_owned(),
            Self::File(path) => path.to_string_lossy().into_owned(),
        }
    }

    /// Whose log it is, going by the file's name: `support-1` for `logs/support-1.log.2.gz`.
    #[must_use]
    pub fn agent(&self) -> String {
        match self {
            Self::Stdin => String::new(),
            Self::File(path) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.split_once('.').map_or(&*name, |(stem, _)| stem).to_owned()
            }
        }
    }

    /// Opens it. What it holds is told by its first bytes, not by its name.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(&self) -> io::Result<Opened> {
        let path = match self {
            Self::Stdin => return Ok(Opened::Flow(Box::new(io::stdin()))),
            Self::File(path) => path,
        };
        let mut file = File::open(path)?;
        let meta = file.metadata()?;
        if meta.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        if !meta.is_file() {
            // A pipe that somebody gave a name.
            return Ok(Opened::Flow(Box::new(file)));
        }
        let mut magic = [0; 4];
        let got = super::file::read_at(&file, &mut magic, 0)?;
        match &magic[..got] {
            [0x1f, 0x8b, ..] => Ok(Opened::Flow(Box::new(flate2::read::MultiGzDecoder::new(file)))),
            [0x28, 0xb5, 0x2f, 0xfd] => {
                file.rewind()?;
                Ok(Opened::Flow(Box::new(Frames { file: Some(file), frame: None })))
            }
            _ => Ok(Opened::Plain(LogFile::from_file(file))),
        }
    }
}

/// A Zstandard file: one frame after the other.
struct Frames {
    file: Option<File>,
    frame: Option<Box<ruzstd::decoding::StreamingDecoder<File, ruzstd::decoding::FrameDecoder>>>,
}

impl Read for Frames {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(frame) = &mut self.frame {
                let got = frame.read(buf)?;
                if got > 0 || buf.is_empty() {
                    return Ok(got);
                }
                self.file = self.frame.take().map(|frame| frame.into_inner());
            }
            let Some(mut file) = self.file.take() else { return Ok(0) };
            if file.stream_position()? >= file.metadata()?.len() {
                return Ok(0);
            }
            let frame = ruzstd::decoding::StreamingDecoder::new(file).map_err(io::Error::other)?;
            self.frame = Some(Box::new(frame));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::path::Path;

    use super::*;

    fn read(path: &Path) -> Vec<u8> {
        let mut bytes = Vec::new();
        match Input::File(path.to_owned()).open().expect("opened") {
            Opened::Flow(mut flow) => {
                flow.read_to_end(&mut bytes).expect("read");
            }
            Opened::Plain(file) => {
                bytes.resize(file.size().expect("a size") as usize, 0);
                file.read_at(&mut bytes, 0).expect("read");
            }
        }
        bytes
    }

    #[test]
    fn compressed_siblings_are_read_by_what_they_hold() {
        let dir = tempfile::tempdir().expect("a directory");
        let text = b"one\ntwo\n".repeat(50_000);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&text).expect("packed");
        let gzip = gzip.finish().expect("packed");
        let zstd = ruzstd::encoding::compress_to_vec(&text[..], ruzstd::encoding::CompressionLevel::Fastest);
        for (name, bytes, wanted) in [
            ("a.log", text.clone(), text.clone()),
            ("a.log.gz", gzip.clone(), text.clone()),
            ("named-plainly.log", gzip.clone(), text.clone()),
            ("a.log.zst", zstd.clone(), text.clone()),
            ("no-gzip-at-all.gz", b"words".to_vec(), b"words".to_vec()),
            ("two.gz", [gzip.clone(), gzip].concat(), text.repeat(2)),
            ("two.zst", [zstd.clone(), zstd].concat(), text.repeat(2)),
            ("empty.log", vec![], vec![]),
        ] {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).expect("written");
            assert!(read(&path) == wanted, "{name}");
        }
    }

    #[test]
    fn a_broken_archive_is_an_error_and_no_end() {
        let dir = tempfile::tempdir().expect("a directory");
        for (name, bytes) in
            [("a.gz", &b"\x1f\x8b\x08\x00broken"[..]), ("a.zst", b"\x28\xb5\x2f\xfd\xff\xff\xff\xff\xff")]
        {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).expect("written");
            let Opened::Flow(mut flow) = Input::File(path).open().expect("opened") else {
                panic!("{name} is compressed")
            };
            assert!(flow.read_to_end(&mut Vec::new()).is_err(), "{name}");
        }
    }

    #[test]
    fn the_files_of_a_pattern_are_read_oldest_first() {
        let dir = tempfile::tempdir().expect("a directory");
        for name in [
            "app.log",
            "app.log.1",
            "app.log.10.gz",
            "app.log.2",
            "app.log-20260102.gz",
            "app.log-20260101",
            "db.log",
            "db.log.1.zst",
        ] {
            std::fs::write(dir.path().join(name), "").expect("written");
        }
        let found = Input::all(&[dir.path().join("*.log*"), "-".into(), "plain".into()]).expect("inputs");
        let names: Vec<_> = found
            .iter()
            .map(|input| input.name().rsplit('/').next().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(
            names,
            [
                "app.log-20260101",
                "app.log-20260102.gz",
                "app.log.10.gz",
                "app.log.2",
                "app.log.1",
                "app.log",
                "db.log.1.zst",
                "db.log",
                "-",
                "plain"
            ]
        );
        assert_eq!(found[2].agent(), "app");
        let missing = dir.path().join("nothing*");
        assert_eq!(Input::all(std::slice::from_ref(&missing)), Err(missing));
    }
}
