//! The rules of places' clocks, from the system's time zone database.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use crate::incident::{Text, Zone};

/// Where systems keep it.
const DATABASES: &[&str] =
    &["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"];

/// Bytes of a place's rules that are read at most: the largest has about 4 KiB.
const MOST: u64 = 64 * 1024;

/// The zone with the rules of its place.
///
/// # Errors
/// In words: why they are not known, and what can be written instead.
pub(super) fn read(zone: Zone) -> Result<Zone, String> {
    read_from(zone, DATABASES)
}

fn read_from(zone: Zone, databases: &[&str]) -> Result<Zone, String> {
    let Some(name) = zone.unread() else { return Ok(zone) };
    let Some(database) = databases.iter().map(Path::new).find(|directory| directory.is_dir()) else {
        let far = "install tzdata, or write how far it is from UTC, as +08:00";
        let where_to = databases.first().copied().unwrap_or_default();
        return Err(format!("the clocks of \"{name}\" are not known: this system has no {where_to}; {far}"));
    };
    let shown = database.display();
    let path = database.join(name.as_str());
    if !path.is_file() {
        return Err(format!("\"{name}\" is no zone, {shown} does not have it; {}", Zone::EXPECTED));
    }
    let mut data = Vec::new();
    let read = fs::File::open(&path).and_then(|file| file.take(MOST).read_to_end(&mut data));
    let rules = read.map_err(|error| Text::line(&error.to_string())).and_then(|_| zone.by_rules(&data));
    rules.map_err(|why| format!("the clocks of \"{name}\" are not known: {shown}/{name}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::zone::testing::{berlin, tzif};

    #[test]
    fn a_place_has_the_clocks_that_the_system_says_or_it_is_told_why_not() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("Europe");
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("Berlin"), tzif("CET-1CEST,M3.5.0,M10.5.0/3")).unwrap();
        fs::write(place.join("Broken"), "no rules").unwrap();
        let database = dir.path().to_str().unwrap();
        let zone = |name: &str| Zone::try_from(name.to_owned()).unwrap();
        let read = |name: &str| read_from(zone(name), &["/nowhere", database]);
        assert_eq!(read("Europe/Berlin"), Ok(berlin()));
        assert_eq!(read("+02:00"), Ok(zone("+02:00")));
        for (name, says) in [
            ("Europe/Berlni", "\"Europe/Berlni\" is no zone, "),
            ("Europe", "\"Europe\" is no zone, "),
            ("CEST", "does not have it; write UTC, a place as Europe/Berlin, or how far"),
            ("Europe/Broken", "the clocks of \"Europe/Broken\" are not known: "),
        ] {
            let why = read(name).unwrap_err();
            assert!(why.contains(says), "{name}: {why}");
        }
        let nothing = read_from(zone("Europe/Berlin"), &["/nowhere"]).unwrap_err();
        assert!(nothing.contains("this system has no /nowhere; install tzdata"), "{nothing}");
    }
}
