//! `type = "webhook"`: flightdeck's own JSON, by POST.

use crate::secret::SecretSource;

use super::{Address, Reading, SecretKeys, written};

/// A place that takes flightdeck's JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Where.
    pub url: Address,
    /// What is shown as bearer token.
    pub token: Option<SecretSource>,
    /// What the body is signed with.
    pub secret: Option<SecretSource>,
}

written! {
    struct Written {
        url: Option<String>,
        url_env: Option<String>,
        url_file: Option<String>,
        url_command: Option<Vec<String>>,
        token_env: Option<String>,
        token_file: Option<String>,
        token_command: Option<Vec<String>>,
        secret_env: Option<String>,
        secret_file: Option<String>,
        secret_command: Option<Vec<String>>,
    }
}

pub(super) fn read(reading: &mut Reading<'_>) -> Option<Webhook> {
    let (written, whole) = reading.written::<Written>()?;
    let url = SecretKeys { env: written.url_env, file: written.url_file, command: written.url_command };
    let token =
        SecretKeys { env: written.token_env, file: written.token_file, command: written.token_command };
    let secret =
        SecretKeys { env: written.secret_env, file: written.secret_file, command: written.secret_command };
    // Each is looked at before the first one that is wrong ends it.
    let url = reading.address(written.url, url);
    let token = reading.secret("token", token);
    let secret = reading.secret("secret", secret);
    let webhook = Webhook { url: url?, token: token?, secret: secret? };
    whole.then_some(webhook)
}
