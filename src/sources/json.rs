//! Reading JSON into a wire form, with the place of what is wrong.

use serde::de::DeserializeOwned;

use super::ParseError;
use crate::incident::Text;

/// Reads the whole of `body`. However deep it nests, the stack does not: `serde_json` refuses more
/// than 128 levels of what is read, and skips what is not read without recursion.
pub(super) fn read<T: DeserializeOwned>(body: &[u8], hint: &str) -> Result<T, ParseError> {
    let mut input = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut input)
        .map_err(|error| wrong(&error.path().to_string(), &error.inner().to_string(), hint))?;
    input.end().map_err(|error| wrong(".", &error.to_string(), hint))?;
    Ok(value)
}

/// An error whose words, which quote the sender's, are made safe.
pub(super) fn wrong(path: &str, what: &str, hint: &str) -> ParseError {
    let path = path.trim_end_matches(['.', '?']); // where the reader was when the text ended
    let place = if path.is_empty() { "body" } else { path };
    ParseError { place: Text::line(place), what: Text::line(what), hint: Text::line(hint) }
}
