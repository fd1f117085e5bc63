//! Where a backend is: a base URL, to which requests add their path.

use std::fmt;

use reqwest::Url;

use crate::incident::Text;
use crate::secret::Secret;

/// A base URL. Some are secrets as a whole (an incoming webhook), so what is shown of any is its
/// scheme, host and port.
#[derive(Clone, PartialEq, Eq)]
pub struct Base {
    url: Url,
    secret: bool,
}

impl Base {
    /// Reads `http://host:port/path` or `https://…`.
    ///
    /// # Errors
    /// What is wrong with it, without quoting it: a token may stand in it by mistake.
    pub fn parse(written: &str) -> Result<Self, Text> {
        let url = Url::parse(written)
            .map_err(|why| Text::line(&format!("this is no URL: {why}; write https://host/path")))?;
        let wrong = if !matches!(url.scheme(), "http" | "https") {
            "a base URL begins with http:// or https://"
        } else if url.host_str().is_none_or(str::is_empty) {
            "a base URL names a host"
        } else if !url.username().is_empty() || url.password().is_some() {
            "a base URL holds no user or password; say where they lie instead"
        } else if url.query().is_some() || url.fragment().is_some() {
            "a base URL has no ?query and no #fragment; they belong to the path of a call"
        } else {
            return Ok(Self { url, secret: false });
        };
        Err(Text::line(wrong))
    }

    /// The same for a URL that is a secret itself.
    ///
    /// # Errors
    /// As [`Base::parse`].
    pub fn secret(secret: &Secret) -> Result<Self, Text> {
        Ok(Self { secret: true, ..Self::parse(secret.expose())? })
    }

    /// With a request's path, which begins with `/`; nothing added where it is empty. What was
    /// written as path cannot leave the host.
    ///
    /// # Errors
    /// In words.
    pub(super) fn join(&self, path: &str) -> Result<Url, Text> {
        if path.is_empty() {
            return Ok(self.url.clone());
        }
        if !path.starts_with('/') {
            return Err(Text::line("the path of a call begins with /"));
        }
        let whole = format!("{}{path}", self.url.as_str().trim_end_matches('/'));
        Url::parse(&whole).map_err(|why| Text::line(&format!("this is no path: {why}")))
    }

    /// Whether it is on this machine, which no proxy has anything to do with.
    pub(super) fn is_loopback(&self) -> bool {
        match self.url.host_str() {
            Some("localhost") => true,
            Some(host) => {
                let bare = host.trim_start_matches('[').trim_end_matches(']');
                bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
            }
            None => false,
        }
    }

    /// Whether what goes there is encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// What must not be seen of it, if anything: its path, with and without the host.
    pub(super) fn hidden(&self) -> Vec<String> {
        if !self.secret {
            return Vec::new();
        }
        vec![self.url.as_str().trim_end_matches('/').to_owned(), self.url.path().trim_matches('/').to_owned()]
    }
}

/// Scheme, host and port; the path too where it is no secret.
impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.secret {
            return f.write_str(&self.url.origin().ascii_serialization());
        }
        f.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Base({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_added_and_cannot_leave_the_host() {
        let base = Base::parse("https://h:8443/api/").unwrap();
        assert_eq!(base.to_string(), "https://h:8443/api");
        for (path, whole) in [
            ("", "https://h:8443/api/"),
            ("/v1/x?y=1", "https://h:8443/api/v1/x?y=1"),
            ("/@evil.com/", "https://h:8443/api/@evil.com/"),
            ("//evil.com", "https://h:8443/api//evil.com"),
        ] {
            assert_eq!(base.join(path).unwrap().as_str(), whole);
        }
        assert!(base.join("evil").is_err());
        let bare = Base::parse("http://h").unwrap();
        assert_eq!(bare.join("/@evil.com:1/").unwrap().host_str(), Some("h"));
    }

    #[test]
    fn a_base_that_is_none_is_told_without_quoting_it() {
        for wrong in ["h/api", "ftp://h", "https://", "http://u:hunter2@h", "http://h/?k=hunter2", "hunter2"]
        {
            let why = Base::parse(wrong).unwrap_err();
            assert!(!why.as_str().contains("hunter2"), "{wrong}: {why}");
        }
    }

    #[test]
    fn a_secret_base_shows_its_host_only() {
        let base = Base::secret(&Secret::new("https://hooks.example/services/hunter2")).unwrap();
        assert_eq!(format!("{base} {base:?}"), "https://hooks.example Base(https://hooks.example)");
        assert!(base.hidden().iter().all(|hidden| hidden.contains("hunter2")));
    }
}
