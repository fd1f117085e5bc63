//! What a realm can tell people with: live channels, or the one inbox of a drill.
//!
//! A drill cannot wake anybody because there is nothing in its hands that could: the type of what
//! it holds is [`Inbox`].
//!
//! ```
//! use flightdeck::channels::{Inbox, Post};
//!
//! let drill = Post::Drill(Inbox::new());
//! let live = Post::Live(vec![]);
//! ```
//!
//! A drill with a live channel does not compile:
//!
//! ```compile_fail,E0308
//! use flightdeck::channels::{LiveChannel, Post};
//!
//! fn drill(channel: Box<dyn LiveChannel>) -> Post {
//!     Post::Drill(channel)
//! }
//! ```
//!
//! Nor does a live realm with the inbox, which would say delivered of what nobody heard:
//!
//! ```compile_fail,E0277
//! use flightdeck::channels::{Inbox, Post};
//!
//! let live = Post::Live(vec![Box::new(Inbox::new())]);
//! ```

use std::fmt;

use crate::incident::{Realm, Text};

use super::{Channel, Inbox};

/// A channel that reaches people. [`Inbox`] is none.
pub trait LiveChannel: Channel {}

/// The channels of a realm.
pub enum Post {
    /// They reach people.
    Live(Vec<Box<dyn LiveChannel>>),
    /// Whatever the channel is called, it ends here.
    Drill(Inbox),
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Post").field(&self.realm().word()).field(&self.names()).finish()
    }
}

impl Post {
    /// Nothing to tell anybody with.
    #[must_use]
    pub const fn none() -> Self {
        Self::Live(Vec::new())
    }

    /// Live or drill.
    #[must_use]
    pub const fn realm(&self) -> Realm {
        match self {
            Self::Live(_) => Realm::Live,
            Self::Drill(_) => Realm::Drill,
        }
    }

    /// Whether nobody could be told anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Live(channels) => channels.is_empty(),
            Self::Drill(_) => false,
        }
    }

    /// The channel of that name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&dyn Channel> {
        match self {
            Self::Live(channels) => channels
                .iter()
                .find(|channel| channel.name().as_str() == name)
                .map(|c| c.as_ref() as &dyn Channel),
            Self::Drill(inbox) => Some(inbox),
        }
    }

    /// All of them.
    pub fn channels(&self) -> Box<dyn Iterator<Item = &dyn Channel> + '_> {
        match self {
            Self::Live(channels) => Box::new(channels.iter().map(|c| c.as_ref() as &dyn Channel)),
            Self::Drill(inbox) => Box::new(std::iter::once(inbox as &dyn Channel)),
        }
    }

    fn names(&self) -> Vec<&Text> {
        self.channels().map(Channel::name).collect()
    }
}
