//! Files that nobody meant: secrets, tricks, rubbish.

use super::*;

#[test]
fn an_attacker_or_an_accident_that_puts_a_secret_into_the_file_does_not_see_it_printed() {
    let file = File::embedded(
        "c.toml",
        "[receiver]\ntoken = 'hunter2'\nlisten = 5\napi_key = \"hunter2\"\nx = {password = 'hunter2', y = 1}\n",
    );
    let (settings, problems) = read_file(&file);
    assert_eq!(problems.len(), 4);
    for problem in &problems {
        let shown =
            format!("{problem} {problem:?} {problem:#?} {} {file:?} {settings:?}", problem.render(CANVAS));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn a_problem_is_drawn_with_its_lines() {
    let (_, problems) =
        read_file(&File::embedded("c.toml", "user = 'ana'\r\n[ui]\r\n\tbel = true\r\nmouse = true\r\n"));
    assert_eq!(
        problems[0].render(CANVAS),
        "  x unknown key `ui.bel`\n   ,-[c.toml:3:2]\n 2 | [ui]\n 3 |  bel = true\n   :  ^^^\n 4 | mouse = true\n   `----\n  \
         help: did you mean `bell`?\n"
    );
}

#[test]
fn a_problem_in_a_line_without_end_or_with_tricks_is_drawn_small_and_clean() {
    let long = format!("user = '{}'\nx\u{1b}[31m\u{202e} = 1\n", "a".repeat(500_000));
    for text in [
        long.as_str(),
        &format!("a = [{} 'b\u{1b}]0;x\u{7}' 'c'", "1,".repeat(200_000)),
        "\u{1b}[2J",
        "=\u{9b}2J",
    ] {
        let (_, problems) = read_file(&File::embedded("c\u{1b}.toml", text));
        assert!(!problems.is_empty());
        for problem in problems {
            let drawn = problem.render(CANVAS);
            assert!(drawn.len() < 4_000, "{} bytes", drawn.len());
            let lines = format!("{problem}").replace('…', "");
            assert!(
                drawn.chars().chain(lines.chars()).all(|c| c == '\n' || (' '..='~').contains(&c)),
                "{drawn:?}"
            );
        }
    }
}

#[test]
fn hostile_files_are_told_and_never_break_anything() {
    let deep = |open: &str, close: &str| format!("a = {}{}", open.repeat(100_000), close.repeat(100_000));
    let keys = (0..5_000).map(|n| format!("key{n} = 1\n")).collect::<String>();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("garbage", (0..=255).cycle().take(10_000).collect()),
        ("binary behind text", b"user = 'ana'\n\xff\xfe\x00".to_vec()),
        ("zeros", vec![0; 10_000]),
        ("deep lists", deep("[", "]").into_bytes()),
        ("deep tables", deep("{a=", "}").into_bytes()),
        ("deep keys", format!("{}a = 1", "a.".repeat(100_000)).into_bytes()),
        ("deep headers", format!("[{}a]", "a.".repeat(100_000)).into_bytes()),
        ("open quotes", "'".repeat(100_001).into_bytes()),
        ("many unknown keys", keys.into_bytes()),
        ("many broken lines", "= =\n".repeat(50_000).into_bytes()),
        ("too big", vec![b'#'; 2 * 1024 * 1024]),
        ("half a character", "user = '\u{6f22}".as_bytes()[..10].to_vec()),
    ];
    for (name, bytes) in cases {
        match File::from_bytes("c.toml", bytes) {
            Ok(file) => {
                let (_, problems) = read_file(&file);
                assert!(!problems.is_empty() && problems.len() <= 200, "{name}: {}", problems.len());
                for problem in problems {
                    assert!(problem.render(CANVAS).len() < 8_000, "{name}");
                }
            }
            Err(problem) => assert!(problem.render(CANVAS).len() < 8_000, "{name}"),
        }
    }
}

#[test]
fn a_byte_order_mark_line_ends_and_an_empty_file_are_nothing_to_speak_of() {
    for bytes in [
        &b""[..],
        b"\n",
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbfuser = 'ana'\r\n[ui]\r\nbell = true\r\n",
        b"# only this",
    ] {
        let (settings, problems) = read_file(&File::from_bytes("c.toml", bytes.to_vec()).unwrap());
        assert_eq!(problems, []);
        assert_eq!(settings, Settings::unset(&env));
    }
    let file = File::from_bytes("c.toml", b"\xef\xbb\xbfusr = 1".to_vec()).unwrap();
    let place = read_file(&file).1[0].place.unwrap();
    assert_eq!((place.line, place.column), (1, 1));
}
