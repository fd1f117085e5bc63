//! Ready-made files of http adapters: `preset = "NAME"` takes one of these, or `NAME.toml` in
//! `adapters/` beside the configuration, which comes first.

use super::file::File;
use super::paths::Paths;

/// A name and its file.
type Preset = (&'static str, &'static str);

/// The built-in ones.
const PRESETS: &[Preset] = &[
    ("langfuse", include_str!("../../assets/adapters/langfuse.toml")),
    ("langgraph", include_str!("../../assets/adapters/langgraph.toml")),
    ("litellm", include_str!("../../assets/adapters/litellm.toml")),
    ("mlflow", include_str!("../../assets/adapters/mlflow.toml")),
    ("temporal", include_str!("../../assets/adapters/temporal.toml")),
    ("unleash", include_str!("../../assets/adapters/unleash.toml")),
];

/// Their names.
pub const NAMES: &[&str] = &["langfuse", "langgraph", "litellm", "mlflow", "temporal", "unleash"];

/// The text of a built-in one.
#[must_use]
pub fn built_in(name: &str) -> Option<&'static str> {
    PRESETS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The file behind a name; an error may say why a file that is there cannot be taken.
pub(super) fn find(name: &str, paths: &Paths) -> Result<File, Option<String>> {
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if !is_name {
        return Err(None);
    }
    let own = paths.config_dir.join("adapters").join(format!("{name}.toml"));
    match File::read_if_there(&own) {
        Ok(Some(file)) => Ok(file),
        Ok(None) => built_in(name).map(|text| File::embedded(&format!("preset {name}"), text)).ok_or(None),
        Err(problem) => Err(Some(problem.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_its_file() {
        assert_eq!(NAMES, PRESETS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }
}
