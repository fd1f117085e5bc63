//! Files to values: every problem at once, each with its place and a hint.
