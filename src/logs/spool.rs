//! What can be read only once, kept so that it can be read anywhere: standard input, a compressed file.
//!
//! It goes into a file that has no name, on a thread of its own, as fast as it comes; memory stays
//! what it is. The file goes with the process.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::thread;

use super::file::LogFile;

/// Bytes handed on at once.
const BLOCK: usize = 64 * 1024;

/// Keeps what comes out of `flow`; `broken` hears why it ended early.
///
/// # Errors
/// When there is no place to keep it.
pub fn keep(
    mut flow: Box<dyn Read + Send>,
    broken: impl FnOnce(io::Error) + Send + 'static,
) -> io::Result<LogFile> {
    let file = nameless()?;
    let mut out = file.try_clone()?;
    thread::Builder::new().name("spool".to_owned()).spawn(move || {
        let mut block = vec![0; BLOCK];
        loop {
            let copied = match flow.read(&mut block) {
                Ok(0) => return,
                Ok(got) => out.write_all(&block[..got]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
                Err(error) => Err(error),
            };
            if let Err(error) = copied {
                return broken(error);
            }
        }
    })?;
    Ok(LogFile::from_file(file))
}

/// A file that nobody else can open, and that goes when it is closed.
fn nameless() -> io::Result<File> {
    let dir = std::env::temp_dir();
    for number in 0..u32::MAX {
        let path = dir.join(format!("flightdeck-{}-{number}", std::process::id()));
        match OpenOptions::new().read(true).append(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => {
                fs::remove_file(&path)?;
                return Ok(file);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::{Duration, Instant};

    use super::*;

    /// Gives some bytes and then breaks.
    struct Breaks(Option<&'static [u8]>);

    impl Read for Breaks {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let bytes = self.0.take().ok_or_else(|| io::Error::other("made by the test"))?;
            buf[..bytes.len()].copy_from_slice(bytes);
            Ok(bytes.len())
        }
    }

    #[test]
    fn what_comes_once_can_be_read_anywhere_and_an_end_that_comes_early_is_said() {
        let (tell, told) = mpsc::channel();
        let file = keep(Box::new(Breaks(Some(b"one\ntwo\n"))), move |error| {
            tell.send(error.to_string()).expect("heard");
        })
        .expect("kept");
        assert_eq!(told.recv_timeout(Duration::from_secs(10)).expect("said"), "made by the test");
        let begun = Instant::now();
        while file.size().expect("a size") < 8 {
            assert!(begun.elapsed() < Duration::from_secs(10));
        }
        let lines = file.lines_from(4, 9, 8).expect("read");
        assert_eq!(&*lines[0].head, b"two");
    }
}
