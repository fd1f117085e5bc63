//! One session's screen, drawn part by part: what would come out the same is left alone.
//!
//! A part is drawn again when it has another place, or when anything changed that it was drawn from;
//! the model notes what that was while it is drawn, and nobody declares it. What covers other parts,
//! or shows what the model does not hold, is drawn with everything else. Where assertions are on,
//! every frame is compared with one that is drawn from nothing.

use std::cell::Cell;

use ratatui::layout::{Position, Rect};

use crate::app::layout::is_tiny;
use crate::app::model::{Model, Screen};
use crate::app::theme::Role;
use crate::app::watched::Seen;

use super::canvas::Canvas;
use super::editor::Editor;
use super::theme::Skin;
use super::view::{self, Own, Part, View};
use super::widgets::PaneFrame;

/// A session's screen. It belongs to one model and one canvas.
#[derive(Debug)]
pub struct Picture {
    skin: Skin,
    drawn: Vec<Drawn>,
}

/// A part as it stands on the canvas.
#[derive(Debug)]
struct Drawn {
    part: Part,
    area: Rect,
    /// Whether it had the keys, if it was drawn from that.
    has_keys: Option<bool>,
    seen: Seen,
    cursor: Option<Position>,
}

impl Picture {
    /// Nothing is drawn yet.
    #[must_use]
    pub const fn new(skin: Skin) -> Self {
        Self { skin, drawn: Vec::new() }
    }

    /// Draws what changed, and says where the terminal's cursor belongs: where the person types.
    pub fn draw(&mut self, model: &Model, editor: Option<&Editor>, canvas: &mut Canvas) -> Option<Position> {
        // Nothing else shows the review's text, which is not the model's.
        let editor = editor.filter(|_| model.screen == Screen::Review);
        let in_parts = editor.is_none()
            && model.modals.is_empty()
            && model.pending.is_empty()
            && !is_tiny(model.size.0, model.size.1);
        let cursor =
            if in_parts { self.draw_parts(model, canvas) } else { self.draw_whole(model, editor, canvas) };
        if cfg!(debug_assertions) {
            let mut afresh = Canvas::new(canvas.area().as_size());
            let expected = self.draw_whole_onto(model, editor, &mut afresh);
            assert_eq!(canvas.buffer(), afresh.buffer(), "what is left alone would come out the same");
            assert_eq!(cursor, expected, "the cursor is where it would be");
        }
        cursor
    }

    fn draw_whole(
        &mut self,
        model: &Model,
        editor: Option<&Editor>,
        canvas: &mut Canvas,
    ) -> Option<Position> {
        self.drawn.clear();
        self.draw_whole_onto(model, editor, canvas)
    }

    fn draw_whole_onto(
        &self,
        model: &Model,
        editor: Option<&Editor>,
        canvas: &mut Canvas,
    ) -> Option<Position> {
        let area = canvas.area();
        let view = View { model, skin: &self.skin, editor, own: None };
        view::draw_onto(&view, area, canvas.part(area, self.skin.style(Role::Text)))
    }

    fn draw_parts(&mut self, model: &Model, canvas: &mut Canvas) -> Option<Position> {
        let ground = self.skin.style(Role::Text);
        let wanted: Vec<(Part, Rect)> = view::parts(model, canvas.area()).collect();
        let places = self.drawn.iter().map(|drawn| (drawn.part, drawn.area));
        let anew = canvas.is_new() || !places.eq(wanted.iter().copied());
        if anew {
            self.drawn.clear();
            canvas.part(canvas.area(), ground);
        }
        let mut cursor = None;
        for (index, (part, area)) in wanted.into_iter().enumerate() {
            let has_keys = part.pane().is_some_and(|pane| pane == model.pane());
            let stands =
                |drawn: &&Drawn| drawn.has_keys.is_none_or(|had| had == has_keys) && model.is_as(drawn.seen);
            if let Some(drawn) = self.drawn.get(index).filter(stands) {
                cursor = drawn.cursor.or(cursor);
                continue;
            }
            let own = part.pane().map(|pane| Own { pane, has_keys, asked: Cell::new(false) });
            let view = View { model, skin: &self.skin, editor: None, own: own.as_ref() };
            let buffer = canvas.parts(cells(part, area).filter(|_| !anew), ground);
            let (at, seen) = model.watch(|| part.draw(&view, area, buffer));
            cursor = at.or(cursor);
            let has_keys = own.filter(|own| own.asked.get()).map(|own| own.has_keys);
            let drawn = Drawn { part, area, has_keys, seen, cursor: at };
            match self.drawn.get_mut(index) {
                Some(old) => *old = drawn,
                None => self.drawn.push(drawn),
            }
        }
        cursor
    }
}

/// The cells that a part draws into.
fn cells(part: Part, area: Rect) -> impl Iterator<Item = Rect> {
    let inside = PaneFrame::inside(area);
    let beside = Rect { y: inside.y, height: inside.height, ..area };
    let cells = match part {
        Part::Title(_) => [Rect { height: inside.y - area.y, ..area }, Rect::ZERO, Rect::ZERO],
        Part::Sides(_) => [
            Rect { width: inside.x - area.x, ..beside },
            Rect { x: inside.right(), width: area.right() - inside.right(), ..beside },
            Rect { y: inside.bottom(), height: area.bottom() - inside.bottom(), ..area },
        ],
        Part::Header | Part::Clock | Part::Warnings | Part::Inside(_) | Part::Footer => {
            [area, Rect::ZERO, Rect::ZERO]
        }
    };
    cells.into_iter().filter(|place| !place.is_empty())
}
