//! Joins the core with the world.
