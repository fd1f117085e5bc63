//! Adapters carry actions to a backend and probe it.
