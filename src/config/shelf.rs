//! Named files of one kind, built in and a person's own, each of which may inherit from another.

use super::wording;
use super::{File, Problems, Tree};

/// All files of one kind there are, the built-in ones first.
#[derive(Debug, Clone)]
pub struct Shelf {
    /// What they are, in words: `keymap`.
    kind: &'static str,
    files: Vec<(String, File)>,
}

impl Shelf {
    /// The built-in ones, by name.
    pub fn new(kind: &'static str, built_in: &[(&str, &str)]) -> Self {
        let file = |name: &str, text| File::embedded(&format!("built-in {kind}s/{name}.toml"), text);
        let files = built_in.iter().map(|(name, text)| ((*name).to_owned(), file(name, text))).collect();
        Self { kind, files }
    }

    /// A person's own. One with a built-in name takes its place, and may inherit from it.
    pub fn add(&mut self, name: &str, file: File) {
        self.files.push((name.to_owned(), file));
    }

    /// The names to choose from.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.files.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The newest file of a name, by its place.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.find_before(name, self.files.len())
    }

    /// A file by its place.
    pub fn file(&self, at: usize) -> &File {
        &self.files[at].1
    }

    /// What a file says, over what it inherits.
    pub fn read(&self, at: usize, problems: &mut Problems) -> Tree<'_> {
        let mut tree = Tree::parse(self.file(at), problems);
        let mut below = at;
        while let Some((parent, span)) = tree.take_text("inherits", problems) {
            // One inherits from what was there before it, so never from itself.
            let Some(found) = self.find_before(&parent, below) else {
                let known: Vec<&str> = self.files[..below].iter().map(|(name, _)| name.as_str()).collect();
                let words = format!("`inherits`: there is no {} \"{parent}\"", self.kind);
                problems.push(tree.problem(span, words).hinted(wording::meant(&parent, &known, "possible")));
                break;
            };
            tree = tree.over(Tree::parse(self.file(found), problems));
            below = found;
        }
        tree
    }

    fn find_before(&self, name: &str, before: usize) -> Option<usize> {
        self.files[..before].iter().rposition(|(known, _)| known == name)
    }
}
