//! Sources bring alerts in.
