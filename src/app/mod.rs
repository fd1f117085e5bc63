//! What one person's screen does: keys, messages, effects. Knows `incident`, nothing else.
