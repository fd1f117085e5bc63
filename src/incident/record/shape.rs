//! Where one record ends and the next begins: a stack trace belongs to the line that it explains.
//!
//! Whether a line begins a record is decided from that line alone, given what the file looks like
//! as a whole. So a file can be read from anywhere, by many threads, and all agree.

use super::plain;
use super::stamp;

/// What a file's lines look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// Most begin with a time, a level, a pair or a JSON object: what begins otherwise goes on.
    Structured,
    /// Nothing is the same in all lines: each is a record, unless it is indented or goes on a trace.
    #[default]
    Free,
}

impl Shape {
    /// Bytes that are enough to tell.
    pub const SAMPLE: usize = 64 * 1024;
    /// Bytes of a line that are enough to tell whether it begins a record.
    pub const LOOK: usize = 96;

    /// What the lines of a sample look like.
    #[must_use]
    pub fn of(sample: &[u8]) -> Self {
        let (mut structured, mut free) = (0_usize, 0_usize);
        for line in sample.split(|byte| *byte == b'\n') {
            match line.first() {
                None | Some(b' ' | b'\t' | b'\r' | b'}' | b')') => {}
                _ if is_structured(line) => structured += 1,
                _ => free += 1,
            }
        }
        // A trace brings a few lines of its own with each record; prose brings only those.
        if structured > 0 && structured * 4 >= free { Self::Structured } else { Self::Free }
    }

    /// Whether a line begins a record. What follows its end does not matter.
    #[inline]
    #[must_use]
    pub fn begins(self, line: &[u8]) -> bool {
        match (line.first(), self) {
            (Some(b'{'), _) => true,
            (Some(b' ' | b'\t'), _) => false,
            (None | Some(b'\n' | b'\r'), shape) => shape == Self::Free,
            (Some(_), Self::Structured) => is_structured(line),
            (Some(_), Self::Free) => !goes_on_a_trace(line),
        }
    }
}

fn is_structured(line: &[u8]) -> bool {
    line.first() == Some(&b'{')
        || stamp::is_leading(&line[plain::prefix(line)..])
        || plain::begins_with_pair(line)
        || plain::begins_with_level(line)
        || plain::begins_with_klog(line)
}

fn goes_on_a_trace(line: &[u8]) -> bool {
    const WORDS: [&[u8]; 7] = [
        b"Traceback (most recent call last)",
        b"Caused by: ",
        b"Suppressed: ",
        b"During handling of the above exception",
        b"stack backtrace:",
        b"goroutine ",
        b"... ",
    ];
    matches!(line.first(), Some(b'}' | b')')) || WORDS.iter().any(|word| line.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_belongs_to_the_line_that_it_explains() {
        use Shape::{Free, Structured};
        for (shape, line, begins) in [
            (Structured, "{\"ts\":1}", true),
            (Structured, "2026-02-03T04:05:06Z INFO x", true),
            (Structured, "[2026-02-03 04:05:06,789] x", true),
            (Structured, "<34>1 2026-02-03T04:05:06Z host", true),
            (Structured, "<34>Feb  3 04:05:06 host", true),
            (Structured, "Feb  3 04:05:06 host app: x", true),
            (Structured, "1770091506.789 x", true),
            (Structured, "level=info msg=x", true),
            (Structured, "ERROR something", true),
            (Structured, "[warn] something", true),
            (Structured, "E0203 04:05:06.789 1 x.go:1] y", true),
            (Structured, "Traceback (most recent call last):", false),
            (Structured, "  File \"x.py\", line 1", false),
            (Structured, "ValueError: bad", false),
            (Structured, "Error: something", false),
            (Structured, "\tat com.acme.X(X.java:1)", false),
            (Structured, "", false),
            (Structured, "\r", false),
            (Free, "anything", true),
            (Free, "", true),
            (Free, "\r", true),
            (Free, "  indented", false),
            (Free, "Caused by: java.io.X", false),
            (Free, "}", false),
            (Free, "ValueError: bad", true),
        ] {
            assert_eq!(shape.begins(line.as_bytes()), begins, "{shape:?} {line}");
        }
    }

    #[test]
    fn a_file_is_judged_by_most_of_its_lines() {
        let trace = "{\"ts\":1}\nTraceback (most recent call last):\n  File x\n  File y\nValueError: x\n";
        for (sample, shape) in [
            (trace.repeat(20), Shape::Structured),
            ("2026-02-03 04:05:06 x\n".repeat(9), Shape::Structured),
            ("Listening on 8080\n2026-02-03 04:05:06 x\n".to_owned(), Shape::Structured),
            ("just words\nand more\n".repeat(9), Shape::Free),
            (String::new(), Shape::Free),
            ("one\ntwo\nthree\nfour\nfive\nlevel=info\n".to_owned(), Shape::Free),
        ] {
            assert_eq!(Shape::of(sample.as_bytes()), shape, "{sample:.60}");
        }
    }
}
