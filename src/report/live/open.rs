//! The observer: it hands the state of the run to the thread that draws.

use std::collections::VecDeque;
use std::io;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::cell::Tone;
use super::follow::Follow;
use super::followers;
use super::glyphs::Glyphs;
use super::input::KeyInput;
use super::model::Model;
use super::panics;
use super::snapshot::{Message, NoticeLine};
use super::terminal::{LEAVE, Place, Terminal};
use super::theme::Theme;
use super::view::View;
use crate::event::Event;
use crate::notice::{Level, Notice};
use crate::report::observe::{Observer, ObserverError, RunInfo};
use crate::report::{ColorWhen, Notes, Paint};
use crate::sys::TerminalInput;
use crate::units::printable::Printable;

/// The messages that wait for the thread. Newer states replace those that do not fit.
const MOST_WAITING: usize = 8;

/// The notices that wait for the thread.
const MOST_NOTICES: usize = 100;

/// Opens the view on the terminal. Its diagnostics wait in `notes`.
///
/// # Errors
/// The terminal refuses it.
pub fn open(
    run: &RunInfo,
    color: ColorWhen,
    notes: &Notes,
) -> Result<Box<dyn Observer>, ObserverError> {
    Live::open(run, color, notes).map(|live| Box::new(live) as Box<dyn Observer>).map_err(failed)
}

fn failed(source: io::Error) -> ObserverError {
    ObserverError::View { source }
}

/// The view of a run.
struct Live {
    follow: Box<dyn Follow>,
    messages: Option<SyncSender<Message>>,
    waiting: VecDeque<NoticeLine>,
    terminal: Terminal,
    notes: Notes,
    start: Instant,
    resets: Arc<AtomicU64>,
    resets_done: u64,
    /// The clock of a capture.
    capture: Option<SystemTime>,
}

impl Live {
    fn open(run: &RunInfo, color: ColorWhen, notes: &Notes) -> io::Result<Self> {
        let place = Place::choose().ok_or(io::ErrorKind::Unsupported)?;
        let paint = match place {
            Place::Output => Paint::new(color, &io::stdout()),
            Place::Diagnostics => Paint::new(color, &io::stderr()),
        };
        let theme = Theme {
            glyphs: Glyphs::of(|name| std::env::var(name).ok()),
            has_colour: paint.is_on(),
        };
        // The option decides, not the environment that crossterm reads.
        ratatui::crossterm::style::force_color_output(paint.is_on());
        let input = TerminalInput::open()?;
        save(&input, place)?;
        let terminal = Terminal::enter(place)?;
        notes.full_screen.begin(place == Place::Output);
        let (sender, messages) = sync_channel(MOST_WAITING);
        let resets = Arc::new(AtomicU64::new(0));
        let view = View {
            model: Model::new(Printable(&run.line).to_string()),
            theme,
            terminal: terminal.clone(),
            place,
            input: KeyInput::new(input),
            messages,
            full_screen: notes.full_screen.clone(),
            resets: Arc::clone(&resets),
        };
        let live = Live {
            follow: followers::of(run.command),
            messages: Some(sender),
            waiting: VecDeque::new(),
            terminal: terminal.clone(),
            notes: notes.clone(),
            start: Instant::now(),
            resets,
            resets_done: 0,
            capture: None,
        };
        let held = notes.clone();
        panics::install(terminal, move || release(&held));
        thread::Builder::new().name("view".to_owned()).spawn(move || view.run())?;
        Ok(live)
    }

    fn now(&self) -> SystemTime {
        self.capture.unwrap_or_else(SystemTime::now)
    }

    /// Restores the terminal and prints what waited for that.
    fn close(&mut self) {
        if self.messages.take().is_some() {
            self.terminal.restore();
            release(&self.notes);
        }
    }

    fn notice(&mut self, notice: &Notice) {
        if self.waiting.len() < MOST_NOTICES {
            let line = line_of(notice, self.start.elapsed());
            self.waiting.push_back(line);
        }
    }

    /// Sends without waiting. Returns whether the thread is gone.
    fn send(&mut self, message: Message) -> Result<(), TrySendError<Message>> {
        match &self.messages {
            Some(messages) => messages.try_send(message),
            None => Ok(()),
        }
    }

    fn send_notices(&mut self) -> Result<(), ObserverError> {
        while let Some(notice) = self.waiting.pop_front() {
            match self.send(Message::Notice(notice)) {
                Ok(()) => {}
                Err(TrySendError::Full(Message::Notice(notice))) => {
                    self.waiting.push_front(notice);
                    break;
                }
                Err(TrySendError::Full(_)) => break,
                Err(TrySendError::Disconnected(_)) => return Err(self.lost()),
            }
        }
        Ok(())
    }

    /// The thread ended: its terminal is gone, or it panicked.
    fn lost(&mut self) -> ObserverError {
        self.close();
        failed(io::ErrorKind::BrokenPipe.into())
    }
}

impl Observer for Live {
    fn event(&mut self, event: &Event) -> Result<(), ObserverError> {
        if matches!(event, Event::Received(_) | Event::Sent(_)) || self.messages.is_none() {
            return Ok(());
        }
        if event.is_summary() {
            self.close();
            return Ok(());
        }
        if let Event::Warning(notice) | Event::Explanation(notice) | Event::Finding(notice) = event
        {
            self.notice(notice);
        }
        let resets = self.resets.load(Ordering::Relaxed);
        if std::mem::replace(&mut self.resets_done, resets) != resets {
            self.follow.reset(resets);
        }
        self.send_notices()?;
        let now = self.now();
        let Some(snapshot) = self.follow.event(event, now) else { return Ok(()) };
        match self.send(Message::State(Box::new(snapshot))) {
            Ok(()) | Err(TrySendError::Full(_)) => Ok(()),
            Err(TrySendError::Disconnected(_)) => Err(self.lost()),
        }
    }

    fn date(&mut self, time: Option<SystemTime>) {
        self.capture = time;
    }

    fn finish(&mut self) -> Result<(), ObserverError> {
        self.close();
        Ok(())
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.close();
    }
}

/// Prints the diagnostics that waited.
fn release(notes: &Notes) {
    let (text, more) = notes.full_screen.end();
    let mut stderr = io::stderr();
    // A closed standard error is no reason to fail.
    let _ = stderr.write_all(&text);
    if more > 0 {
        let _ = writeln!(stderr, "{more} more lines");
    }
}

pub(super) fn line_of(notice: &Notice, at: Duration) -> NoticeLine {
    let tone = match notice.level {
        Level::Pass => Tone::Good,
        Level::Note => Tone::Strong,
        Level::Warning => Tone::Caution,
        Level::Fault => Tone::Bad,
    };
    let text = Printable(&notice.what).to_string();
    let tip = notice.remedy.as_deref().map(|tip| Printable(tip).to_string());
    NoticeLine { at, tone, level: notice.level.name(), text, tip }
}

#[cfg(unix)]
fn save(input: &TerminalInput, place: Place) -> io::Result<()> {
    use std::os::fd::AsFd;
    match place {
        Place::Output => crate::sys::save_terminal(input, io::stdout().as_fd(), LEAVE),
        Place::Diagnostics => crate::sys::save_terminal(input, io::stderr().as_fd(), LEAVE),
    }
}

#[cfg(not(unix))]
fn save(_input: &TerminalInput, _place: Place) -> io::Result<()> {
    let _ = LEAVE;
    Ok(())
}
