//! The journal: append, read, watch.
