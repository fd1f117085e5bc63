//! A box over the screen that always fits: its body is wrapped, cut and scrolled, its prompt never.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::theme::Role;
use crate::tui::theme::Skin;

use super::wrap::{width, wrap_line};
use super::{PaneFrame, Stress, fill, put, put_line};

/// Cells of the border and the air inside it, on both sides.
const BORDER: u16 = 4;

/// A title, a body, and the lines where the person answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Modal<'a> {
    /// What it asks or tells.
    pub title: &'a str,
    /// What to read; wrapped to the box.
    pub body: &'a [Line<'a>],
    /// Where to answer, and with which keys. On the screen whatever its size.
    pub prompt: &'a [Line<'a>],
    /// Lines of the body above its first one that is seen.
    pub scroll: usize,
    /// Cells across, where there are so many.
    pub width: u16,
    /// What it asks for destroys something.
    pub danger: bool,
}

/// Where the parts of a modal are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drawn {
    /// The whole box.
    pub outer: Rect,
    /// The body.
    pub body: Rect,
    /// The prompt; the first row is its first line, unless that had to be wrapped.
    pub prompt: Rect,
    /// The most that `scroll` may be: nothing is hidden below then.
    pub scroll_max: usize,
}

impl Modal<'_> {
    /// Draws the box into the middle of the screen, over what is there.
    pub fn draw(&self, screen: Rect, buf: &mut Buffer, skin: &Skin) -> Drawn {
        let screen = screen.intersection(buf.area);
        if screen.is_empty() {
            return Drawn::default();
        }
        let width = self.outer_width(screen.width);
        // Too small for border and prompt: the prompt.
        let bordered = width > BORDER && {
            let prompt = wrapped(self.prompt, width - BORDER).len();
            prompt + 2 <= usize::from(screen.height)
        };
        let cells = if bordered { width - BORDER } else { width };
        let (body, prompt) = (wrapped(self.body, cells), wrapped(self.prompt, cells));
        let gap = usize::from(!body.is_empty() && !prompt.is_empty());
        let height = body.len() + gap + prompt.len() + if bordered { 2 } else { 0 };
        let outer = centred(width, u16::try_from(height).unwrap_or(u16::MAX), screen);
        for position in outer.positions() {
            buf[position] = Cell::EMPTY;
        }
        buf.set_style(outer, skin.style(Role::Text));
        let inner = if bordered { self.draw_border(outer, buf, skin) } else { outer };
        let mut drawn = self.draw_lines(&body, &prompt, inner, buf, skin);
        drawn.outer = outer;
        if bordered && drawn.scroll_max > 0 {
            draw_more(outer, self.scroll.min(drawn.scroll_max), drawn.scroll_max, buf, skin);
        }
        drawn
    }

    /// A prompt that the wanted width would break makes the box wider.
    fn outer_width(&self, screen: u16) -> u16 {
        let prompt = self.prompt.iter().map(line_width).max().unwrap_or(0);
        let needed = u16::try_from(prompt).unwrap_or(u16::MAX).saturating_add(BORDER);
        self.width.max(needed).min(screen)
    }

    /// The prompt at the bottom; what is left above it, less a line between, is the body's.
    fn draw_lines(
        &self,
        body: &[Line<'_>],
        prompt: &[Line<'_>],
        inner: Rect,
        buf: &mut Buffer,
        skin: &Skin,
    ) -> Drawn {
        let answers = u16::try_from(prompt.len()).unwrap_or(u16::MAX).min(inner.height);
        let answer = Rect { y: inner.bottom() - answers, height: answers, ..inner };
        let room = inner.height - answers;
        let gap = u16::from(answers > 0 && room > 1);
        let text = Rect { height: room - gap, ..inner };
        let scroll_max = body.len().saturating_sub(usize::from(text.height));
        for (line, row) in body.iter().skip(self.scroll.min(scroll_max)).zip(text.rows()) {
            put_line(buf, row, line);
        }
        let style = skin.style(Role::Prompt);
        for (line, row) in prompt.iter().zip(answer.rows()) {
            put_line(buf, row, &line.clone().style(style.patch(line.style)));
        }
        Drawn { outer: inner, body: text, prompt: answer, scroll_max }
    }

    fn draw_border(&self, outer: Rect, buf: &mut Buffer, skin: &Skin) -> Rect {
        let inner = PaneFrame { title: self.title, hint: "", stress: Stress::Over }.draw(outer, buf, skin);
        if self.danger {
            let style = skin.style(Role::Error);
            let top = Rect { height: 1, ..outer };
            for edge in [top, Rect { y: outer.bottom() - 1, ..top }] {
                buf.set_style(edge, style);
            }
            for x in [outer.x, outer.right() - 1] {
                buf.set_style(Rect { x, width: 1, ..outer }, style);
            }
        }
        Rect { x: inner.x + 1, width: inner.width - 2, ..inner }
    }
}

/// Says in the border that the body goes on.
fn draw_more(outer: Rect, first: usize, max: usize, buf: &mut Buffer, skin: &Skin) {
    let up = if first > 0 { skin.glyphs.up } else { " " };
    let down = if first < max { skin.glyphs.down } else { " " };
    let more = match max - first {
        0 => format!(" {up} end "),
        hidden => format!(" {up} {hidden} more {down} "),
    };
    let cells = u16::try_from(width(&more)).unwrap_or(u16::MAX);
    if cells + 2 <= outer.width {
        let x = outer.right() - 1 - cells;
        put(buf, Rect { x, y: outer.bottom() - 1, width: cells, height: 1 }, &more, skin.style(Role::Strong));
    } else {
        fill(
            buf,
            Rect { x: outer.right() - 1, y: outer.bottom() - 1, width: 1, height: 1 },
            down,
            skin.style(Role::Strong),
        );
    }
}

fn wrapped(lines: &[Line<'_>], cells: u16) -> Vec<Line<'static>> {
    lines.iter().flat_map(|line| wrap_line(line, usize::from(cells))).collect()
}

fn line_width(line: &Line<'_>) -> usize {
    line.spans.iter().map(|span| width(&span.content)).sum()
}

/// A box of at most this size in the middle of an area.
fn centred(width: u16, height: u16, area: Rect) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widgets::testing::{ascii, drawn};

    fn confirm(scroll: usize, width: u16, height: u16) -> (String, Drawn) {
        let body = ["stops agent-7 and pauses its queue", "checks agent_status, task_queue"].map(Line::from);
        let prompt = ["type agent-7: ag_", "enter  esc"].map(Line::from);
        let modal = Modal { title: "Isolate", body: &body, prompt: &prompt, scroll, width: 24, danger: true };
        let mut at = Drawn::default();
        let text = drawn(width, height, |area, buf| at = modal.draw(area, buf, &ascii()));
        (text, at)
    }

    #[test]
    fn a_modal_with_room_shows_all_of_it_in_the_middle() {
        let (text, at) = confirm(0, 28, 11);
        let shown = "                            \n  \
             #[Isolate]=============#  \n  \
             | stops agent-7 and    |  \n  \
             | pauses its queue     |  \n  \
             | checks agent_status, |  \n  \
             | task_queue           |  \n  \
             |                      |  \n  \
             | type agent-7: ag_    |  \n  \
             | enter  esc           |  \n  \
             #======================#  \n                            ";
        assert_eq!(text, shown);
        assert_eq!((at.scroll_max, at.prompt), (0, Rect::new(4, 7, 20, 2)));
    }

    #[test]
    fn a_smaller_one_scrolls_its_body_and_says_so() {
        let (text, at) = confirm(0, 24, 7);
        assert!(text.contains("stops agent-7") && text.contains("2 more v"), "{text}");
        assert!(text.contains("type agent-7") && text.contains("enter  esc"), "{text}");
        let (text, _) = confirm(99, 24, 7);
        assert!(text.contains("task_queue") && text.contains("^ end"), "{text}");
        assert_eq!(at.scroll_max, 2);
    }

    #[test]
    fn the_prompt_is_seen_in_every_size_that_has_a_row_for_it() {
        for height in 2..12 {
            for width in 21..40 {
                let (text, at) = confirm(0, width, height);
                let whole = text.contains("type agent-7: ag_") && text.contains("enter  esc");
                assert!(whole, "{width} {height}\n{text}");
                assert_eq!(at.prompt.height, 2);
            }
        }
        // In a narrower one it is broken between words.
        let (text, at) = confirm(0, 12, 4);
        let whole = text.contains("type") && text.contains("agent-7: ag_") && text.contains("enter  esc");
        assert!(whole, "{text}");
        assert_eq!(at.prompt.height, 3);
        let (text, _) = confirm(0, 24, 1);
        assert!(text.contains("type agent-7"), "{text}");
    }

    #[test]
    fn nothing_shines_through() {
        let skin = ascii();
        let body = [Line::from("short")];
        let shown = drawn(20, 5, |area, buf| {
            fill(buf, area, "x", skin.style(Role::Text));
            Modal { title: "", body: &body, prompt: &[], scroll: 0, width: 12, danger: false }
                .draw(area, buf, &skin);
        });
        assert!(shown.contains("xxxx| short    |xxxx"), "{shown}");
    }
}
