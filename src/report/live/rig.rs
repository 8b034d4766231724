//! A view without a terminal, for tests: events and keys in, screens out.

use std::time::{Duration, SystemTime};

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use super::draw::draw;
use super::follow::Follow;
use super::followers;
use super::glyphs::{Glyphs, UNICODE};
use super::keys::Key;
use super::model::{Action, Model};
use super::open::line_of;
use super::snapshot::Message;
use super::theme::Theme;
use crate::event::Event;
use crate::report::full_screen::RunProgress;

/// A view without a terminal.
pub struct Rig {
    pub model: Model,
    follow: Box<dyn Follow>,
    now: SystemTime,
    at: Duration,
    resets: u64,
    pub glyphs: Glyphs,
    pub has_colour: bool,
}

impl Rig {
    /// A view of a command.
    pub fn new(command: &str, line: &str) -> Self {
        Rig {
            model: Model::new(line.to_owned()),
            follow: followers::of(command),
            now: SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000),
            at: Duration::ZERO,
            resets: 0,
            glyphs: UNICODE,
            has_colour: true,
        }
    }

    /// The time of the next events.
    pub fn now(&self) -> SystemTime {
        self.now
    }

    /// Lets time pass.
    pub fn pass(&mut self, millis: u64) {
        self.now += Duration::from_millis(millis);
        self.at += Duration::from_millis(millis);
    }

    /// Shows an event.
    pub fn event(&mut self, event: &Event) {
        if let Event::Warning(notice) | Event::Explanation(notice) = event {
            self.model.take(Message::Notice(line_of(notice, self.at)));
        }
        if let Some(snapshot) = self.follow.event(event, self.now) {
            self.model.take(Message::State(Box::new(snapshot)));
        }
    }

    /// The run has come this far.
    pub fn progress(&mut self, fraction: f64, left: Duration) {
        self.model.progress = Some(RunProgress { fraction: Some(fraction), left: Some(left) });
    }

    /// Presses keys; returns what the last one asks for.
    pub fn press(&mut self, keys: impl IntoIterator<Item = Key>) -> Option<Action> {
        let mut last = None;
        for key in keys {
            last = self.model.press(key);
            if last == Some(Action::Reset) {
                self.resets += 1;
                self.follow.reset(self.resets);
            }
        }
        last
    }

    /// Types text.
    pub fn type_text(&mut self, text: &str) {
        self.press(text.chars().map(Key::Letter));
    }

    /// The screen of this size.
    pub fn buffer(&mut self, columns: u16, lines: u16) -> Buffer {
        let mut terminal = Terminal::new(TestBackend::new(columns, lines)).expect("in memory");
        let theme = Theme { glyphs: self.glyphs, has_colour: self.has_colour };
        let model = &mut self.model;
        terminal.draw(|frame| draw(frame, model, theme)).expect("in memory");
        terminal.backend().buffer().clone()
    }

    /// The text of the screen of this size, without blanks at the ends of lines.
    pub fn screen(&mut self, columns: u16, lines: u16) -> String {
        let buffer = self.buffer(columns, lines);
        let cells = buffer.content.chunks(columns.into());
        let lines = cells.map(|line| {
            let text: String = line.iter().map(|cell| cell.symbol()).collect();
            text.trim_end().to_owned() + "\n"
        });
        lines.collect()
    }
}
