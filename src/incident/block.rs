//! Lines that came together, as they stand in their file: read where somebody looks at them.
//!
//! A flood brings far more lines than anybody sees. Of most, nothing is ever asked but how many there
//! were, so a line costs its bytes and a number until it is shown, filtered or counted.

use std::sync::Arc;

use super::filter::{Anchor, Filter};
use super::line::{Level, LogLine, Whole};
use super::name::Time;
use super::record::{Moment, Record};
use super::text::Text;

/// Lines of one source, each in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogBlock(Lines);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Lines {
    Raw(Raw),
    /// Lines that were read as they came: of several sources, or too long to be kept whole.
    Read(Vec<LogLine>),
}

/// Whole lines, one after the other as in their file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Raw {
    agent: Arc<Text>,
    source: Arc<Text>,
    /// Where in the file the first byte stands.
    offset: u64,
    seen: Time,
    backlog: bool,
    /// With their ends.
    bytes: Vec<u8>,
    /// Where each line ends, behind its `\n`.
    ends: Vec<u32>,
}

impl Raw {
    fn line(&self, place: usize) -> &[u8] {
        let begin = place.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.bytes[begin..self.ends[place] as usize - 1]
    }
}

/// Where a line was read, and when.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The agent that wrote it.
    pub agent: Arc<Text>,
    /// The file it stands in.
    pub source: Arc<Text>,
    /// When it was read.
    pub seen: Time,
    /// Whether it was there before its file was followed.
    pub backlog: bool,
}

impl LogBlock {
    /// Begins with one line: its offset, its bytes without the end, and what is known of all of it
    /// where these are its beginning only.
    #[must_use]
    pub fn begin(origin: &Origin, offset: u64, line: &[u8], whole: Option<Whole>) -> Self {
        let Origin { agent, source, seen, backlog } = origin.clone();
        if whole.is_some() || line.len() > LogLine::RAW_MAX {
            let mut line = match whole {
                Some(_) => LogLine::parse_head(agent, source, offset, line, whole, seen),
                None => LogLine::parse(agent, source, offset, line, seen),
            };
            line.backlog = backlog;
            return Self(Lines::Read(vec![line]));
        }
        let (bytes, ends) = (Vec::with_capacity(line.len() + 1), Vec::new());
        let mut raw = Raw { agent, source, offset, seen, backlog, bytes, ends };
        raw.push(line);
        Self(Lines::Raw(raw))
    }

    /// Takes the next line, if it stands in the file right behind the last one and is short enough to
    /// be kept whole; says whether it did.
    pub fn push(&mut self, origin: &Origin, offset: u64, line: &[u8], whole: Option<Whole>) -> bool {
        let Lines::Raw(raw) = &mut self.0 else { return false };
        let goes_on = whole.is_none()
            && line.len() <= LogLine::RAW_MAX
            && raw.bytes.len() + line.len() < u32::MAX as usize
            && raw.goes_on(origin, offset);
        if goes_on {
            raw.push(line);
        }
        goes_on
    }

    /// Begins with lines that are whole and short enough to be kept whole: the offset of the first, their
    /// bytes with the ends, and where in these each of them ends, behind its `\n`.
    #[must_use]
    pub fn begin_lines(origin: &Origin, offset: u64, bytes: &[u8], ends: &[u32]) -> Self {
        let Origin { agent, source, seen, backlog } = origin.clone();
        let (bytes, ends) = (bytes.to_vec(), ends.to_vec());
        Self(Lines::Raw(Raw { agent, source, offset, seen, backlog, bytes, ends }))
    }

    /// Takes such lines, if they stand in the file right behind the last one; says whether it did. What
    /// is large already takes none: it would be copied to make room.
    pub fn push_lines(&mut self, origin: &Origin, offset: u64, bytes: &[u8], ends: &[u32]) -> bool {
        /// Copying so much costs less than one block more.
        const SMALL: usize = 16 * 1024;
        let Lines::Raw(raw) = &mut self.0 else { return false };
        let before = raw.bytes.len();
        let goes_on = before + bytes.len() <= SMALL && raw.goes_on(origin, offset);
        if goes_on {
            raw.bytes.extend_from_slice(bytes);
            // No more bytes are taken than a number has room for.
            raw.ends.extend(ends.iter().map(|end| before as u32 + end));
        }
        goes_on
    }

    /// How many lines it has.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Lines::Raw(raw) => raw.ends.len(),
            Lines::Read(lines) => lines.len(),
        }
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// About how many bytes of memory it takes.
    #[must_use]
    pub fn weight(&self) -> usize {
        match &self.0 {
            Lines::Raw(raw) => raw.bytes.len() + raw.ends.len() * size_of::<u32>(),
            Lines::Read(lines) => lines.iter().map(LogLine::weight).sum(),
        }
    }

    /// One of its lines, read.
    #[must_use]
    pub fn line(&self, place: usize) -> LogLine {
        match &self.0 {
            Lines::Raw(raw) => {
                let line = raw.line(place);
                let before = raw.ends[place] as usize - line.len() - 1;
                let (agent, source) = (raw.agent.clone(), raw.source.clone());
                let mut line = LogLine::parse(agent, source, raw.offset + before as u64, line, raw.seen);
                line.backlog = raw.backlog;
                line
            }
            Lines::Read(lines) => lines[place].clone(),
        }
    }

    /// All of them, read.
    pub fn lines(&self) -> impl Iterator<Item = LogLine> {
        (0..self.len()).map(|place| self.line(place))
    }

    /// The bytes of a line, as many as are kept.
    #[must_use]
    pub fn bytes(&self, place: usize) -> &[u8] {
        match &self.0 {
            Lines::Raw(raw) => raw.line(place),
            Lines::Read(lines) => lines[place].bytes(),
        }
    }

    /// Whose a line is.
    #[must_use]
    pub fn agent(&self, place: usize) -> &Arc<Text> {
        match &self.0 {
            Lines::Raw(raw) => &raw.agent,
            Lines::Read(lines) => &lines[place].agent,
        }
    }

    /// Whose all of them are, where they are of one agent.
    #[must_use]
    pub fn one_agent(&self) -> Option<&Arc<Text>> {
        match &self.0 {
            Lines::Raw(raw) => Some(&raw.agent),
            Lines::Read(lines) => all_of(lines, |line| &line.agent),
        }
    }

    /// Where all of them stand, if that is one file.
    #[must_use]
    pub fn one_source(&self) -> Option<&Arc<Text>> {
        match &self.0 {
            Lines::Raw(raw) => Some(&raw.source),
            Lines::Read(lines) => all_of(lines, |line| &line.source),
        }
    }

    /// Where a line stands.
    #[must_use]
    pub fn source(&self, place: usize) -> &Arc<Text> {
        match &self.0 {
            Lines::Raw(raw) => &raw.source,
            Lines::Read(lines) => &lines[place].source,
        }
    }

    /// When a line was read.
    #[must_use]
    pub fn seen(&self, place: usize) -> Time {
        match &self.0 {
            Lines::Raw(raw) => raw.seen,
            Lines::Read(lines) => lines[place].seen,
        }
    }

    /// Whether a line was there before its file was followed.
    #[must_use]
    pub fn is_backlog(&self, place: usize) -> bool {
        match &self.0 {
            Lines::Raw(raw) => raw.backlog,
            Lines::Read(lines) => lines[place].backlog,
        }
    }

    /// The time that a line states.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<Time> {
        match &self.0 {
            Lines::Raw(raw) => {
                Record::new(raw.line(place)).time(Moment::from(raw.seen)).and_then(Moment::time)
            }
            Lines::Read(lines) => lines[place].at,
        }
    }

    /// When a line was written, as far as that is known: see [`LogLine::written`].
    #[must_use]
    pub fn written(&self, place: usize) -> Option<Time> {
        self.at(place).or_else(|| (!self.is_backlog(place)).then(|| self.seen(place)))
    }

    /// How grave a line says it is.
    #[must_use]
    pub fn level(&self, place: usize) -> Option<Level> {
        match &self.0 {
            Lines::Raw(raw) => Record::new(raw.line(place)).level(),
            Lines::Read(lines) => lines[place].level,
        }
    }

    /// Calls `shown` with the place of each line that the filter shows, in order, from a place on.
    pub fn each_shown(&self, filter: &Filter, from: usize, mut shown: impl FnMut(usize)) {
        let raw = match &self.0 {
            Lines::Raw(raw) => raw,
            Lines::Read(lines) => {
                let fit = |(_, line): &(usize, &LogLine)| filter.shows(line);
                return lines.iter().enumerate().skip(from).filter(fit).for_each(|(place, _)| shown(place));
            }
        };
        let mut place = from;
        while place < raw.ends.len() {
            let begin = place.checked_sub(1).map_or(0, |before| raw.ends[before] as usize);
            let candidate = match &filter.plan().anchor {
                Anchor::None => Some(begin),
                Anchor::Literal(finder) => finder.find(&raw.bytes[begin..]).map(|found| begin + found),
                Anchor::Pattern(regex) => regex.shortest_match_at(&raw.bytes, begin).map(|end| end - 1),
            };
            let Some(candidate) = candidate else { return };
            place += raw.ends[place..].partition_point(|end| *end as usize <= candidate);
            if filter.is_empty() || filter.shows_raw(raw.line(place), &raw.agent, raw.seen) {
                shown(place);
            }
            place += 1;
        }
    }
}

impl Raw {
    /// Whether what stands there in the file comes right behind, and was read at the same time.
    fn goes_on(&self, origin: &Origin, offset: u64) -> bool {
        self.offset + self.bytes.len() as u64 == offset
            && Arc::ptr_eq(&self.source, &origin.source)
            && Arc::ptr_eq(&self.agent, &origin.agent)
            && (self.seen, self.backlog) == (origin.seen, origin.backlog)
    }

    fn push(&mut self, line: &[u8]) {
        self.bytes.extend_from_slice(line);
        self.bytes.push(b'\n');
        // No more bytes are taken than a number has room for.
        self.ends.push(self.bytes.len() as u32);
    }
}

/// What all lines share.
fn all_of(lines: &[LogLine], of: impl Fn(&LogLine) -> &Arc<Text>) -> Option<&Arc<Text>> {
    let (first, rest) = lines.split_first()?;
    rest.iter().all(|line| Arc::ptr_eq(of(line), of(first))).then(|| of(first))
}

impl From<Vec<LogLine>> for LogBlock {
    fn from(lines: Vec<LogLine>) -> Self {
        Self(Lines::Read(lines))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn origin() -> Origin {
        let name = |name: &str| Arc::new(Text::line(name));
        Origin { agent: name("a"), source: name("f"), seen: Time::UNIX_EPOCH, backlog: true }
    }

    fn block(origin: &Origin, lines: &[&[u8]], offset: u64) -> LogBlock {
        let mut block = LogBlock::begin(origin, offset, lines[0], None);
        let mut at = offset + lines[0].len() as u64 + 1;
        for line in &lines[1..] {
            assert!(block.push(origin, at, line, None));
            at += line.len() as u64 + 1;
        }
        block
    }

    #[test]
    fn only_what_stands_right_behind_is_taken() {
        let origin = origin();
        let mut block = block(&origin, &[b"one", b"", b"two"], 7);
        assert!(!block.push(&origin, 17, b"not there", None), "a hole in the file");
        assert!(!block.push(&Origin { backlog: false, ..origin.clone() }, 16, b"new", None));
        assert!(!block.push(&origin, 16, &vec![b'x'; LogLine::RAW_MAX + 1], None), "too long");
        assert!(block.push(&origin, 16, b"three", None));
        let offsets: Vec<_> = block.lines().map(|line| (line.offset, line.text.to_string())).collect();
        let wanted = [(7, "one"), (11, ""), (12, "two"), (16, "three")];
        assert_eq!(offsets, wanted.map(|(at, text)| (at, text.to_owned())));
        let long = LogBlock::begin(&origin, 0, &vec![b'x'; LogLine::RAW_MAX + 1], None);
        assert_eq!((long.len(), long.line(0).len()), (1, LogLine::RAW_MAX as u64 + 1));
        assert!(long.line(0).backlog && block.line(2).backlog);
        // Several at once are the same as one by one.
        let mut several = LogBlock::begin_lines(&origin, 7, b"one\n\n", &[4, 5]);
        assert!(!several.push_lines(&origin, 13, b"two\n", &[4]), "a hole in the file");
        assert!(several.push_lines(&origin, 12, b"two\nthree\n", &[4, 10]));
        assert_eq!(several, block);
        assert!(!several.push_lines(&origin, 22, &[b"x".repeat(20_000), vec![b'\n']].concat(), &[20_001]));
    }

    #[test]
    fn a_filter_shows_the_same_of_raw_lines_as_of_lines_that_were_read() {
        let raw: Vec<&[u8]> = vec![
            br#"{"ts":"2026-02-03T04:05:06Z","level":"warn","msg":"slow export","tool_call":{"name":"x"}}"#,
            b"2026-02-03 04:05:07 ERROR export broke",
            b"",
            b"an \"export\" of nothing",
            b"level=info status=503 agent=b msg=export",
            b"\xff\xfe",
        ];
        let lazy = block(&origin(), &raw, 0);
        let read = LogBlock::from(lazy.lines().collect::<Vec<_>>());
        for typed in [
            "",
            "export",
            "/ex.*t$/",
            "level>=warn",
            "!export",
            "kind=tool_call",
            "status>=500",
            "agent=a",
            "agent=b",
        ] {
            let filter = Filter::parse(typed, Time::UNIX_EPOCH).expect("a filter");
            for from in 0..=raw.len() {
                let (mut one, mut other) = (Vec::new(), Vec::new());
                lazy.each_shown(&filter, from, |place| one.push(place));
                read.each_shown(&filter, from, |place| other.push(place));
                assert_eq!(one, other, "{typed} from {from}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_line_of_a_block_is_the_line_that_was_read_at_once(
            lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..9),
        ) {
            let lines: Vec<Vec<u8>> = lines.into_iter()
                .map(|line| line.into_iter().filter(|byte| *byte != b'\n').collect()).collect();
            let pieces: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
            let block = block(&origin(), &pieces, 3);
            let mut at = 3;
            for (place, line) in lines.iter().enumerate() {
                let Origin { agent, source, seen, .. } = origin();
                let mut read = LogLine::parse(agent, source, at, line, seen);
                read.backlog = true;
                prop_assert_eq!(block.bytes(place), read.bytes());
                prop_assert_eq!((block.at(place), block.level(place)), (read.at, read.level));
                prop_assert_eq!(block.line(place), read);
                at += line.len() as u64 + 1;
            }
        }
    }
}
