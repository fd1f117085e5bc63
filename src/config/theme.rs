//! Themes from files: a palette, a look for each role, and what they inherit.
//!
//! ```toml
//! inherits = "dark"                     # everything not said here
//! [palette]
//! alarm = "#ff8700"                     # a name for a colour; also changes what is inherited
//! [roles]
//! error = { fg = "alarm", bold = true } # or reverse, underline, dim, italic, bg
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::app::theme::{Colour, ColourError, Look, Role, Theme};

use super::shelf::Shelf;
use super::wording;
use super::{File, Problems, Tree};

/// The themes that are part of the program, by name.
const BUILT_IN: [(&str, &str); 5] = [
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("contrast", include_str!("../../themes/contrast.toml")),
    ("colour-blind", include_str!("../../themes/colour-blind.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
];

/// The theme of a person who chose none.
pub const DEFAULT: &str = "dark";

/// The theme for a terminal without colours.
pub const MONO: &str = "mono";

/// All themes there are, each a file.
#[derive(Debug, Clone)]
pub struct Themes(Shelf);

impl Default for Themes {
    /// The built-in ones.
    fn default() -> Self {
        Self(Shelf::new("theme", &BUILT_IN))
    }
}

impl Themes {
    /// A person's own theme. One with a built-in name takes its place, and may inherit from it.
    pub fn add(&mut self, name: &str, file: File) {
        self.0.add(name, file);
    }

    /// The names to choose from.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.0.names()
    }

    /// A theme by name; `None` if there is none, or nothing in it can be used.
    ///
    /// What is wrong with it is reported, and looks like the text around it.
    #[must_use]
    pub fn read(&self, name: &str, problems: &mut Problems) -> Option<Theme> {
        let at = self.0.find(name)?;
        Some(theme(name, self.0.read(at, problems), problems))
    }
}

/// A role's look as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    fg: Option<String>,
    bg: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
    reverse: bool,
}

/// What is beside the roles and the palette.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rest {
    /// For people who read the file.
    #[serde(rename = "summary")]
    _summary: String,
}

fn theme(name: &str, mut tree: Tree<'_>, problems: &mut Problems) -> Theme {
    let palette = tree.take("palette", problems).map_or_else(BTreeMap::new, |tree| palette(&tree, problems));
    let mut looks = BTreeMap::new();
    let roles = tree.take("roles", problems);
    if let Some(mut roles) = roles {
        for key in roles.keys() {
            let Ok(role) = key.parse::<Role>() else {
                let names: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
                let problem = roles.problem_at(&[&key], format!("`roles`: there is no role `{key}`"));
                problems.push(problem.hinted(wording::meant(&key, &names, "possible")));
                continue;
            };
            // A role with something wrong in it is still a role: it is not missing.
            let look = roles.take(&key, problems).map(|tree| look(&tree, &palette, problems));
            looks.insert(role, look.unwrap_or_default());
        }
        let missing: Vec<&str> =
            Role::ALL.iter().filter(|role| !looks.contains_key(role)).map(|role| role.name()).collect();
        if !missing.is_empty() {
            let problem =
                roles.problem_at(&[], format!("`roles`: these have no look: {}", missing.join(", ")));
            problems.push(problem.hint(format!("write inherits = \"{DEFAULT}\" at the top of the file")));
        }
    } else {
        problems.push(
            tree.problem_at(&[], "there is no table `roles`")
                .hint(format!("write inherits = \"{DEFAULT}\" at the top of the file")),
        );
    }
    let _: Option<Rest> = tree.read(problems);
    Theme::new(name, |role| looks.get(&role).copied())
}

fn palette(tree: &Tree<'_>, problems: &mut Problems) -> BTreeMap<String, Colour> {
    let written: BTreeMap<String, String> = tree.read(problems).unwrap_or_default();
    let mut palette = BTreeMap::new();
    for (name, colour) in written {
        if let Some(colour) = known(&colour, &BTreeMap::new(), tree, &name, problems) {
            palette.insert(name, colour);
        }
    }
    palette
}

fn look(tree: &Tree<'_>, palette: &BTreeMap<String, Colour>, problems: &mut Problems) -> Look {
    let written: Written = tree.read(problems).unwrap_or_default();
    let mut colour = |key: &str, value: Option<String>| known(&value?, palette, tree, key, problems);
    Look {
        fg: colour("fg", written.fg),
        bg: colour("bg", written.bg),
        bold: written.bold,
        dim: written.dim,
        italic: written.italic,
        underline: written.underline,
        reverse: written.reverse,
    }
}

/// A colour by its name in the palette or by itself; a problem at `key` if it is neither.
fn known(
    written: &str,
    palette: &BTreeMap<String, Colour>,
    tree: &Tree<'_>,
    key: &str,
    problems: &mut Problems,
) -> Option<Colour> {
    if let Some(colour) = palette.get(written) {
        return Some(*colour);
    }
    match written.parse() {
        Ok(colour) => Some(colour),
        Err(ColourError) => {
            let names: Vec<&str> = palette.keys().map(String::as_str).collect();
            let problem = tree.problem_at(&[key], format!("`{key}`: \"{written}\" is not a colour"));
            let own =
                (!names.is_empty()).then(|| format!(", or a name of the palette: {}", names.join(", ")));
            problems.push(problem.hint(format!("{}{}", ColourError::HOW, own.unwrap_or_default())));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::cases::each_says_how_to_mend_it;

    fn read(text: &str) -> (Theme, Vec<String>) {
        let mut themes = Themes::default();
        themes.add("mine", File::embedded("mine.toml", text));
        let mut problems = Problems::new();
        let theme = themes.read("mine", &mut problems).unwrap();
        each_says_how_to_mend_it(&problems);
        (theme, problems.into_sorted().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn every_built_in_theme_has_a_look_for_each_role_and_no_problem() {
        let themes = Themes::default();
        assert_eq!(themes.names(), ["colour-blind", "contrast", "dark", "light", "mono"]);
        for name in themes.names() {
            let mut problems = Problems::new();
            let theme = themes.read(name, &mut problems).unwrap();
            let problems: Vec<String> = problems.into_sorted().iter().map(ToString::to_string).collect();
            assert_eq!(problems, [""; 0], "{name}");
            assert_eq!(theme.name(), name);
        }
    }

    #[test]
    fn what_must_be_told_apart_differs_without_colour_too() {
        let themes = Themes::default();
        let theme = themes.read(MONO, &mut Problems::new()).unwrap();
        for role in Role::ALL {
            assert_eq!((theme.look(*role).fg, theme.look(*role).bg), (None, None), "{role:?}");
        }
        for (one, other) in [
            (Role::Selection, Role::Text),
            (Role::LampAccepted, Role::LampVerified),
            (Role::LampVerified, Role::LampLeaking),
            (Role::GaugeFill, Role::GaugeOver),
            (Role::Drill, Role::Live),
        ] {
            assert_ne!(theme.look(one), theme.look(other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn the_dark_and_light_themes_use_the_sixteen_colours_only() {
        for name in ["dark", "light"] {
            let theme = Themes::default().read(name, &mut Problems::new()).unwrap();
            for role in Role::ALL {
                let look = theme.look(*role);
                for colour in [look.fg, look.bg].into_iter().flatten() {
                    assert!(matches!(colour, Colour::Index(0..16)), "{name} {role:?} {colour}");
                }
            }
        }
    }

    #[test]
    fn the_colour_blind_theme_has_neither_red_nor_green() {
        let theme = Themes::default().read("colour-blind", &mut Problems::new()).unwrap();
        for role in Role::ALL {
            let look = theme.look(*role);
            for colour in [look.fg, look.bg].into_iter().flatten() {
                assert!(!matches!(colour, Colour::Index(1 | 2 | 9 | 10)), "{role:?} {colour}");
            }
        }
    }

    #[test]
    fn a_palette_changes_what_is_inherited_too() {
        let (theme, problems) =
            read("inherits = 'dark'\n[palette]\nalarm = '208'\n[roles]\nok = { bold = true }");
        assert_eq!(problems, [""; 0]);
        assert_eq!(theme.look(Role::P1).fg, Some(Colour::Index(208)));
        let ok = theme.look(Role::Ok);
        assert_eq!((ok.fg, ok.bold), (Some(Colour::Index(2)), true));
    }

    #[test]
    fn every_problem_is_told_at_its_place_with_a_hint() {
        let (_, problems) = read(
            "inherits = 'dark'\nsumary = 'x'\n[palette]\nred2 = 'reddish'\n[roles]\nerorr = {}\n\
             ok = { fg = 'grean', bolt = true }\ninfo = 'red'\n",
        );
        let starts = [
            ("mine.toml:2:1: unknown key `sumary`", "`summary`"),
            ("mine.toml:4:8: `red2`: \"reddish\" is not a colour", "#rrggbb"),
            ("mine.toml:6:1: `roles`: there is no role `erorr`", "`error`"),
            ("mine.toml:7:13: `fg`: \"grean\" is not a colour", "name of the palette: accent"),
            ("mine.toml:7:22: unknown key `roles.ok.bolt`", "`bold`"),
            ("mine.toml:8:8: `roles.info`: expected a table, found string", ""),
        ];
        assert_eq!(problems.len(), starts.len(), "{problems:#?}");
        for (problem, (start, hint)) in problems.iter().zip(starts) {
            assert!(problem.starts_with(start) && problem.contains(hint), "{problem}");
        }
    }

    /// One slip and every look was gone.
    #[test]
    fn a_theme_with_a_slip_in_one_line_keeps_all_other_looks() {
        for text in [
            "inherits = 'dark'\n[palette]\nalarm = '208'\nok = 'green\n",
            "inherits = 'drak'\n[palette]\nalarm = '208'\n",
        ] {
            let (theme, problems) = read(text);
            assert_eq!(problems.len(), 1, "{problems:#?}");
            let dark = Themes::default().read(DEFAULT, &mut Problems::new()).unwrap();
            assert_eq!(theme.look(Role::Ok), dark.look(Role::Ok));
            assert_eq!(theme.look(Role::P1).fg, Some(Colour::Index(208)), "what can be read counts");
        }
    }

    #[test]
    fn a_theme_alone_must_speak_of_every_role() {
        let (_, problems) = read("[roles]\ntext = {}\n");
        assert!(problems[0].contains("these have no look: dim, strong,"), "{problems:?}");
        let (_, problems) = read("");
        assert!(problems[0].contains("there is no table `roles`"), "{problems:?}");
    }

    #[test]
    fn a_theme_cannot_inherit_from_itself_but_from_the_one_it_replaces() {
        let (_, problems) = read("inherits = 'mine'\n[roles]\n");
        assert!(problems[0].contains("there is no theme \"mine\""), "{problems:?}");
        let mut themes = Themes::default();
        themes.add("dark", File::embedded("dark.toml", "inherits = 'dark'\n[palette]\nalarm = '208'\n"));
        let mut problems = Problems::new();
        let theme = themes.read("dark", &mut problems).unwrap();
        assert!(problems.is_empty());
        assert_eq!(theme.look(Role::P1).fg, Some(Colour::Index(208)));
        assert!(themes.read("nowhere", &mut problems).is_none());
    }
}
