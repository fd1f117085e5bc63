//! The adapter as a whole, with real small programs.
