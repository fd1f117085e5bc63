//! One frame: what the model says, drawn where the layout says. Reads, never writes.

use std::cell::Cell;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::app::layout::{Area, is_tiny};
use crate::app::model::{Model, Pane, Reach};
use crate::app::theme::{Look, Role, Theme};

use super::colour::Depth;
use super::editor::Editor;
use super::glyphs::ASCII;
use super::panes;
use super::theme::Skin;
use super::widgets::wrap::width;
use super::widgets::{PaneFrame, Stress};
use super::{footer, header, modals, summary};

/// What every part of a frame is drawn from.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// What the person's screen knows.
    pub model: &'a Model,
    /// How it looks.
    pub skin: &'a Skin,
    /// The review's text, once it is open.
    pub editor: Option<&'a Editor>,
    /// The pane that is drawn.
    pub own: Option<&'a Own>,
}

/// A pane while it is drawn.
#[derive(Debug)]
pub struct Own {
    /// Which one.
    pub pane: Pane,
    /// Whether it has the keys.
    pub has_keys: bool,
    /// Whether that was asked.
    pub asked: Cell<bool>,
}

impl View<'_> {
    /// How a role looks.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        self.skin.style(role)
    }

    /// What a pane says that has no incident to show.
    #[must_use]
    pub fn nothing(&self) -> String {
        match self.model.selection.incident {
            Some(id) => format!("{id} is being read from the journal"),
            None => "no incident selected".to_owned(),
        }
    }

    /// Whether a pane has the keys.
    #[must_use]
    pub fn has_keys(&self, pane: Pane) -> bool {
        match self.own {
            // Which other pane has them is nothing that this one is drawn from.
            Some(own) if own.pane == pane => {
                own.asked.set(true);
                own.has_keys
            }
            Some(_) | None => self.model.pane() == pane,
        }
    }
}

/// A rectangle of the layout as ratatui's.
#[must_use]
pub const fn rect(area: Area) -> Rect {
    Rect { x: area.x, y: area.y, width: area.width, height: area.height }
}

/// A rectangle of ratatui's as the layout's.
#[must_use]
pub const fn area(rect: Rect) -> Area {
    Area::new(rect.x, rect.y, rect.width, rect.height)
}

/// Draws a frame, and says where the terminal's cursor belongs: where the person types.
///
/// The model's size is what the layout is made for; `area` is what there really is, which may
/// differ for a frame while the terminal is being resized.
pub fn draw(
    model: &Model,
    skin: &Skin,
    editor: Option<&Editor>,
    area: Rect,
    buf: &mut Buffer,
) -> Option<Position> {
    let area = area.intersection(buf.area);
    buf.set_style(area, skin.style(Role::Text));
    draw_onto(&View { model, skin, editor, own: None }, area, buf)
}

/// Draws a frame onto a blank area.
pub(super) fn draw_onto(view: &View<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let model = view.model;
    let tiny = is_tiny(model.size.0, model.size.1);
    let cursor = if tiny { summary::draw(view, area, buf) } else { draw_screen(view, buf) };
    if model.modals.is_empty() {
        modals::which_key::draw(view, area, buf);
        return cursor;
    }
    modals::draw(view, below_header(area), buf).cursor
}

/// The line that says live or drill stays in sight, whatever is asked below it.
const fn below_header(area: Rect) -> Rect {
    if area.height > 4 { Rect { y: area.y + 1, height: area.height - 1, ..area } } else { area }
}

/// How far the foremost view can be scrolled at the model's size: what a key scrolls further nobody
/// would see, and would have to be scrolled back.
#[must_use]
pub fn reach(model: &Model) -> Reach {
    let screen = Rect::new(0, 0, model.size.0, model.size.1);
    // Looks change no line's length.
    let skin = Skin::new(&Theme::new("none", |_| Some(Look::default())), Depth::Mono, &ASCII);
    let view = View { model, skin: &skin, editor: None, own: None };
    let (most, page) = if model.modals.is_empty() {
        let layout = model.layout();
        let timer = layout.panes.iter().find(|(pane, _)| *pane == Pane::Timer);
        (timer.map_or(0, |(_, area)| panes::timer_reach(&view, rect(area.inside()))), 1)
    } else {
        let seen = modals::draw(&view, below_header(screen), &mut Buffer::empty(screen));
        (seen.scroll_max, seen.page)
    };
    let lines = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
    Reach { most: lines(most), page: lines(page).max(1) }
}

/// What a screen of panes consists of. No two parts have a cell in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Header,
    Clock,
    Warnings,
    /// A pane's upper side, with its title and the words at its right end.
    Title(Pane),
    /// The other three.
    Sides(Pane),
    Inside(Pane),
    Footer,
}

/// The parts of the model's screen, and where they are, as far as there is room.
pub(super) fn parts(model: &Model, room: Rect) -> impl Iterator<Item = (Part, Rect)> {
    let layout = model.layout();
    let place = move |area: Area| rect(area).intersection(room);
    let panes = layout.panes.into_iter().flat_map(move |(pane, area)| {
        let inside = PaneFrame::inside(place(area));
        [(Part::Title(pane), place(area)), (Part::Sides(pane), place(area)), (Part::Inside(pane), inside)]
    });
    let (header, clock) = header::split(model, place(layout.header));
    let above = [(Part::Header, header), (Part::Clock, clock), (Part::Warnings, place(layout.warnings))];
    above.into_iter().chain(panes).chain([(Part::Footer, place(layout.footer))])
}

impl Part {
    /// The pane that it belongs to.
    pub const fn pane(self) -> Option<Pane> {
        match self {
            Self::Title(pane) | Self::Sides(pane) | Self::Inside(pane) => Some(pane),
            Self::Header | Self::Clock | Self::Warnings | Self::Footer => None,
        }
    }

    /// Draws it onto cells that are blank.
    pub fn draw(self, view: &View<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
        match self {
            Self::Header => header::draw(view, area, buf),
            Self::Clock => header::draw_clock(view, area, buf),
            Self::Warnings => header::draw_warnings(view, area, buf),
            Self::Title(pane) => {
                // The corners, the title between its marks, a piece of the border, and the hint's own air.
                let room = usize::from(area.width).saturating_sub(2 + pane.title().len() + 2 + 1 + 2);
                let hint = fitting((panes::info(pane).hint)(view), room);
                let stress = if view.has_keys(pane) { Stress::Keys } else { Stress::Plain };
                PaneFrame { title: pane.title(), hint: &hint, stress }.draw_top(area, buf, view.skin);
            }
            Self::Sides(_) => PaneFrame::default().draw_sides(area, buf, view.skin),
            Self::Inside(pane) => return (panes::info(pane).draw)(view, area, buf),
            Self::Footer => footer::draw(view, area, buf),
        }
        None
    }
}

/// As much of a pane's words as there is room for: what comes last is left out first.
fn fitting(mut hint: String, room: usize) -> String {
    while width(&hint) > room
        && let Some(at) = hint.rfind(", ")
    {
        hint.truncate(at);
    }
    hint
}

fn draw_screen(view: &View<'_>, buf: &mut Buffer) -> Option<Position> {
    parts(view.model, buf.area).filter_map(|(part, area)| part.draw(view, area, buf)).last()
}
