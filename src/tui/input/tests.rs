//! What comes out of the reader for events as crossterm makes them.

use futures::StreamExt as _;
use futures::stream;
use tokio::sync::mpsc;

use super::*;

fn press(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

fn typed(c: char) -> Event {
    press(KeyCode::Char(c), KeyModifiers::NONE)
}

/// A reader of what a test sends.
fn reader() -> (mpsc::UnboundedSender<Event>, Reader<impl Stream<Item = io::Result<Event>> + Unpin>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let events = stream::unfold(receiver, |mut receiver| async {
        let event = receiver.recv().await?;
        Some((Ok(event), receiver))
    });
    (sender, Reader::from_events(events.boxed()))
}

fn keys(batch: &[Input]) -> Vec<String> {
    let word =
        |input: &Input| if let Input::Key(key) = input { key.to_string() } else { format!("{input:?}") };
    batch.iter().map(word).collect()
}

#[test]
fn keys_come_in_their_one_form() {
    let none = KeyModifiers::NONE;
    for (event, key) in [
        (typed('g'), "g"),
        (press(KeyCode::Char('G'), KeyModifiers::SHIFT), "G"),
        (press(KeyCode::Char('p'), KeyModifiers::CONTROL), "ctrl-p"),
        (press(KeyCode::Char('P'), KeyModifiers::CONTROL | KeyModifiers::SHIFT), "ctrl-p"),
        (press(KeyCode::BackTab, KeyModifiers::SHIFT), "shift-tab"),
        (press(KeyCode::BackTab, none), "shift-tab"),
        (press(KeyCode::Up, KeyModifiers::ALT), "alt-up"),
        (press(KeyCode::F(5), none), "f5"),
    ] {
        assert_eq!(translate(event), Some(Input::Key(key.parse().unwrap())), "{key}");
    }
}

#[test]
fn what_is_no_press_is_nothing() {
    let release = KeyEvent::new_with_kind(KeyCode::Enter, KeyModifiers::NONE, KeyEventKind::Release);
    assert_eq!(translate(Event::Key(release)), None);
    assert_eq!(translate(press(KeyCode::CapsLock, KeyModifiers::NONE)), None);
    let moved = MouseEvent { kind: MouseEventKind::Moved, column: 1, row: 1, modifiers: KeyModifiers::NONE };
    assert_eq!(translate(Event::Mouse(moved)), None);
}

#[test]
fn pasted_text_is_clean_and_no_key() {
    // The attack: a paste that ends itself early and presses Enter.
    let input = translate(Event::Paste("isolate\x1b[201~\r".into()));
    assert_eq!(input, Some(Input::Paste(Text::block("isolate\x1b[201~\r"))));
}

#[tokio::test(start_paused = true)]
async fn fifty_keys_in_one_write_are_one_batch() {
    let (sender, mut reader) = reader();
    for c in ('a'..='z').chain('A'..='X') {
        sender.send(typed(c)).unwrap();
    }
    assert_eq!(reader.batch().await.len(), 50);
}

#[tokio::test(start_paused = true)]
async fn escape_alone_comes_after_a_moment() {
    let (sender, mut reader) = reader();
    sender.send(press(KeyCode::Esc, KeyModifiers::NONE)).unwrap();
    assert_eq!(keys(&reader.batch().await), ["esc"]);
}

#[tokio::test(start_paused = true)]
async fn an_arrow_that_a_network_split_is_an_arrow() {
    let (sender, mut reader) = reader();
    sender.send(press(KeyCode::Esc, KeyModifiers::NONE)).unwrap();
    let second = tokio::spawn(async move {
        tokio::time::sleep(ESC_WAIT / 2).await;
        sender.send(typed('[')).unwrap();
        sender.send(typed('A')).unwrap();
        sender
    });
    assert_eq!(keys(&reader.batch().await), ["up"]);
    drop(second.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn only_the_last_size_of_a_drag_counts() {
    let (sender, mut reader) = reader();
    for columns in 80..120 {
        sender.send(Event::Resize(columns, 24)).unwrap();
    }
    sender.send(typed('x')).unwrap();
    assert_eq!(keys(&reader.batch().await), ["Resize { columns: 119, rows: 24 }", "x"]);
}

#[tokio::test(start_paused = true)]
async fn a_terminal_that_is_gone_is_said_to_be_gone_with_nothing_lost() {
    let (sender, mut reader) = reader();
    sender.send(typed('x')).unwrap();
    sender.send(press(KeyCode::Esc, KeyModifiers::NONE)).unwrap();
    drop(sender);
    assert_eq!(keys(&reader.batch().await), ["x", "esc", "Closed"]);
    assert_eq!(reader.batch().await, [Input::Closed]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_not_awaited_to_its_end_loses_nothing() {
    let (sender, mut reader) = reader();
    sender.send(press(KeyCode::Esc, KeyModifiers::NONE)).unwrap();
    let waited = tokio::time::timeout(ESC_WAIT / 5, reader.batch()).await;
    assert!(waited.is_err());
    sender.send(typed('q')).unwrap();
    assert_eq!(keys(&reader.batch().await), ["esc", "q"]);
}
