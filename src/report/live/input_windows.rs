//! The keys of a console.

use std::time::Duration;

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::keys::Key;
use crate::sys::TerminalInput;

/// The keys of a console.
pub struct KeyInput;

impl KeyInput {
    pub fn new(_terminal: TerminalInput) -> Self {
        KeyInput
    }

    /// Waits for keys, at most for this time. `None` if the console is gone.
    pub fn wait(&mut self, timeout: Duration) -> Option<Vec<Key>> {
        match event::poll(timeout) {
            Ok(false) => Some(Vec::new()),
            Ok(true) => Some(event::read().ok()?).map(|event| key_of(&event).into_iter().collect()),
            Err(_) => None,
        }
    }
}

/// The key of an event of the console.
fn key_of(event: &Event) -> Option<Key> {
    let Event::Key(KeyEvent { code, modifiers, kind, .. }) = event else { return None };
    if *kind == KeyEventKind::Release {
        return None;
    }
    if modifiers.contains(KeyModifiers::CONTROL) {
        return match code {
            KeyCode::Char('c' | 'C') => Some(Key::Interrupt),
            KeyCode::Char('l' | 'L') => Some(Key::Redraw),
            _ => None,
        };
    }
    match code {
        KeyCode::Char(letter) => Some(Key::Letter(*letter)),
        KeyCode::Up => Some(Key::Up),
        KeyCode::Down => Some(Key::Down),
        KeyCode::PageUp => Some(Key::PageUp),
        KeyCode::PageDown => Some(Key::PageDown),
        KeyCode::Home => Some(Key::Home),
        KeyCode::End => Some(Key::End),
        KeyCode::Enter => Some(Key::Enter),
        KeyCode::Esc => Some(Key::Escape),
        KeyCode::Backspace => Some(Key::Backspace),
        KeyCode::Tab => Some(Key::Tab),
        _ => None,
    }
}
