//! The pure core: no clock, no input or output, no async, nothing but values.

pub mod text;

pub use text::Text;
