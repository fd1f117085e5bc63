//! The fenced blocks of a Markdown text.

/// One fenced block.
pub struct Block {
    /// What stands behind the fence.
    pub language: String,
    /// Its content.
    pub text: String,
    /// The line of its fence, from 1.
    pub line: usize,
}

impl Block {
    /// The file that it shows: a comment on its first line, or behind `#!`, that begins with a name.
    pub fn file(&self) -> Option<&str> {
        let first = self.text.lines().find(|line| !line.starts_with("#!"))?;
        let name = first.strip_prefix("# ")?.split([':', ' ']).next()?;
        [".toml", ".sh"].iter().any(|end| name.ends_with(end)).then_some(name)
    }
}

/// All of them, in order.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (at, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(_), Some(block)) => found.push(block),
            (Some(language), None) => {
                open = Some(Block { language: language.to_owned(), text: String::new(), line: at + 1 });
            }
            (None, Some(mut block)) => {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is left open");
    found
}
