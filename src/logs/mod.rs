//! The log engine: follow, filter.
