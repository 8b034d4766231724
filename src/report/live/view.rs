//! The thread that draws and reads keys.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{TerminalOptions, Viewport};

use super::draw::draw;
use super::input::KeyInput;
use super::keys::Key;
use super::model::{Action, Model};
use super::snapshot::Message;
use super::terminal::{Place, Terminal};
use super::theme::Theme;
use crate::report::full_screen::FullScreen;
use crate::sys::request_end;

/// The least time between two frames.
const FRAME: Duration = Duration::from_millis(100);

/// The thread that draws and reads keys. A write to a slow terminal blocks, which must not block the
/// run: the view has a thread.
pub struct View {
    pub model: Model,
    pub theme: Theme,
    pub terminal: Terminal,
    pub place: Place,
    pub input: KeyInput,
    pub messages: Receiver<Message>,
    pub full_screen: FullScreen,
    /// How often the user asked to count from zero.
    pub resets: Arc<AtomicU64>,
}

/// A frame, which is written at once.
struct Frame(Vec<u8>, Terminal);

impl Write for Frame {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let bytes = std::mem::take(&mut self.0);
        if bytes.is_empty() { Ok(()) } else { self.1.write(&bytes) }
    }
}

impl View {
    /// Draws until the view is closed.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn run(mut self) -> io::Result<()> {
        let mut size = self.size();
        let backend = CrosstermBackend::new(Frame(Vec::new(), self.terminal.clone()));
        let options = TerminalOptions { viewport: Viewport::Fixed(size) };
        let mut screen = ratatui::Terminal::with_options(backend, options)?;
        let mut is_changed = true;
        let mut next = Instant::now();
        while !self.terminal.is_closed() {
            let now = Instant::now();
            if is_changed && now >= next {
                (is_changed, next) = (false, now + FRAME);
                let (model, theme) = (&mut self.model, self.theme);
                screen.draw(|frame| draw(frame, model, theme))?;
            }
            let wait = if is_changed { next.saturating_duration_since(now) } else { FRAME };
            let Some(keys) = self.input.wait(wait) else { return Ok(()) };
            for key in keys {
                is_changed = true;
                self.press(key, &mut screen)?;
            }
            is_changed |= self.receive();
            let current = self.size();
            if current != size {
                size = current;
                screen.resize(size)?;
                is_changed = true;
            }
        }
        Ok(())
    }

    fn size(&self) -> Rect {
        let (lines, columns) = self.place.size().unwrap_or((24, 80));
        Rect::new(0, 0, columns.max(1), lines.max(1))
    }

    fn press<W: Write>(
        &mut self,
        key: Key,
        screen: &mut ratatui::Terminal<CrosstermBackend<W>>,
    ) -> io::Result<()> {
        match self.model.press(key) {
            Some(Action::Quit) => request_end(),
            Some(Action::Reset) => {
                self.resets.fetch_add(1, Ordering::Relaxed);
            }
            Some(Action::Redraw) => screen.clear()?,
            None => {}
        }
        Ok(())
    }

    /// Takes what the run reported. Returns whether there was anything.
    fn receive(&mut self) -> bool {
        let mut any = false;
        while let Ok(message) = self.messages.try_recv() {
            self.model.take(message);
            any = true;
        }
        let progress = self.full_screen.progress();
        if progress != self.model.progress {
            self.model.progress = progress;
            any = true;
        }
        any
    }
}
