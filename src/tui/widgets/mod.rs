//! Small drawings used by more than one pane.
