//! Named files of one kind, built in and a person's own, each of which may inherit from another.

use std::collections::BTreeMap;

use super::salvage::salvage;
use super::wording;
use super::{File, Problems, Tree};

/// All files of one kind there are, the built-in ones first.
#[derive(Debug, Clone)]
pub struct Shelf {
    /// What they are, in words: `keymap`.
    kind: &'static str,
    /// The first one is what holds where a file does not say what it lies over.
    files: Vec<(String, File)>,
    /// What can be read of those whose syntax is broken, by their place.
    salvaged: BTreeMap<usize, String>,
}

impl Shelf {
    /// The built-in ones, by name.
    pub fn new(kind: &'static str, built_in: &[(&str, &str)]) -> Self {
        let file = |name: &str, text| File::embedded(&format!("built-in {kind}s/{name}.toml"), text);
        let files = built_in.iter().map(|(name, text)| ((*name).to_owned(), file(name, text))).collect();
        Self { kind, files, salvaged: BTreeMap::new() }
    }

    /// A person's own. One with a built-in name takes its place, and may inherit from it.
    pub fn add(&mut self, name: &str, file: File) {
        if let Some(left) = salvage(file.text()) {
            self.salvaged.insert(self.files.len(), left);
        }
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

    /// What a file says, over what it inherits. Where one of them is broken or inherits from nothing, the
    /// first file of all is what it lies over: a slip in one line must not take all the others away.
    pub fn read(&self, at: usize, problems: &mut Problems) -> Tree<'_> {
        let mut tree = self.tree(at, problems);
        let mut below = at;
        let mut lost = self.salvaged.contains_key(&at);
        while tree.has("inherits") {
            let Some((parent, span)) = tree.take_text("inherits", problems) else {
                lost = true;
                break;
            };
            // One inherits from what was there before it, so never from itself.
            let Some(found) = self.find_before(&parent, below) else {
                let known: Vec<&str> = self.files[..below].iter().map(|(name, _)| name.as_str()).collect();
                let words = format!("`inherits`: there is no {} \"{parent}\"", self.kind);
                problems.push(tree.problem(span, words).hinted(wording::meant(&parent, &known, "possible")));
                lost = true;
                break;
            };
            tree = tree.over(self.tree(found, problems));
            below = found;
            lost = self.salvaged.contains_key(&found);
        }
        if lost && below > 0 { tree.over(self.tree(0, problems)) } else { tree }
    }

    /// What can be read of one file.
    fn tree(&self, at: usize, problems: &mut Problems) -> Tree<'_> {
        let whole = Tree::parse(self.file(at), problems);
        match self.salvaged.get(&at) {
            Some(left) => Tree::parse_left(self.file(at), left),
            None => whole,
        }
    }

    fn find_before(&self, name: &str, before: usize) -> Option<usize> {
        self.files[..before].iter().rposition(|(known, _)| known == name)
    }
}
