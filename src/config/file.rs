//! One file that a person wrote: its name, and its text without a byte order mark.

use std::fmt;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use crate::incident::Text;

use super::located::{Place, Problem};

/// What helps where something cannot be read.
pub(super) const READABLE: &str = "whoever runs flightdeck must be allowed to read it";

/// A file's name and text. Never printed whole: it may hold what is nobody's business.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    name: String,
    text: String,
}

impl File {
    /// What a file that a person writes stays below, in bytes.
    pub const MAX: u64 = 1024 * 1024;

    /// A text that is part of the program, or of a test.
    #[must_use]
    pub fn embedded(name: &str, text: &str) -> Self {
        Self { name: Text::line(name).as_str().to_owned(), text: text.to_owned() }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// A problem when it is missing, cannot be read, is no text, or is too big to be meant.
    pub fn read(path: &Path) -> Result<Self, Problem> {
        let name = path.display().to_string();
        Self::read_if_there(path)?.ok_or_else(|| {
            Problem::whole(&name, "there is no such file")
                .hint("flightdeck init writes a starter configuration")
        })
    }

    /// Reads a file that may be missing.
    ///
    /// # Errors
    /// A problem when it cannot be read, is no text, or is too big to be meant.
    pub fn read_if_there(path: &Path) -> Result<Option<Self>, Problem> {
        let name = path.display().to_string();
        let cannot =
            |error: io::Error| Problem::whole(&name, format!("cannot be read: {error}")).hint(READABLE);
        let file = match fs::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(cannot(error)),
        };
        if file.metadata().map_err(cannot)?.is_dir() {
            let problem = Problem::whole(&name, "is a directory, not a file");
            return Err(problem.hint("move it away, or name another file"));
        }
        let mut bytes = Vec::new();
        // One byte more than allowed tells a file that is too big, even one without an end.
        file.take(Self::MAX + 1).read_to_end(&mut bytes).map_err(cannot)?;
        Self::from_bytes(&name, bytes).map(Some)
    }

    /// From the bytes of a file.
    ///
    /// # Errors
    /// A problem when they are no text or too many to be meant.
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, Problem> {
        if bytes.len() as u64 > Self::MAX {
            let problem = Problem::whole(name, format!("is larger than {} bytes", Self::MAX));
            return Err(problem.hint("nobody writes so much by hand: is it another file?"));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self::embedded(name, text.strip_prefix('\u{feff}').unwrap_or(&text))),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let bytes = error.into_bytes();
                let read = Self::embedded(name, &String::from_utf8_lossy(&bytes[..valid]));
                Err(Problem::at(&read, valid..valid, "this is not UTF-8 text").hint("save the file as UTF-8"))
            }
        }
    }

    /// The file, as the person would name it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which line and column a byte of it is in.
    #[must_use]
    pub fn place(&self, at: usize) -> Place {
        Place::of(&self.text, at)
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The name only.
impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("File").field(&self.name).finish()
    }
}
