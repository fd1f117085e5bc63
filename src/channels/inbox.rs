//! The inbox of a drill: everything that would be told ends here, and the screen shows it marked.

use crate::incident::{Incident, Message, Text};

use super::{Channel, Delivery, Pending};

/// Takes every message of a drill. Nothing leaves the process.
#[derive(Debug)]
pub struct Inbox {
    name: Text,
}

impl Inbox {
    /// An empty one. What it took is on the timeline, as everything is.
    #[must_use]
    pub fn new() -> Self {
        Self { name: Text::line("inbox") }
    }
}

impl Default for Inbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Channel for Inbox {
    fn name(&self) -> &Text {
        &self.name
    }

    fn send<'a>(&'a self, _: &'a str, message: &'a Message, _: &'a Incident) -> Pending<'a, Delivery> {
        let answer = Text::line(&format!("simulated: nothing left for {}", message.channel));
        Box::pin(async move { Delivery::Delivered { answer, reference: None } })
    }
}
