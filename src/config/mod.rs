//! Files to values: every problem at once, each with its place and a hint.

pub mod file;
pub mod located;
pub mod tree;
mod wording;

pub use file::File;
pub use located::{Canvas, Place, Problem, Problems};
pub use tree::Tree;
