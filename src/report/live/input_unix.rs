//! The keys of a terminal.
//!
//! crossterm's reader of events loses keys that are pressed after a resize, and takes a whole core
//! once the terminal is gone. Therefore the view reads the bytes.

use std::io;
use std::time::Duration;

use super::decode::Decoder;
use super::keys::Key;
use crate::sys::{InputState, TerminalInput};

/// The bytes of one key arrive within this time, also over a slow line.
const ONE_KEY: Duration = Duration::from_millis(50);

/// The keys of a terminal.
pub struct KeyInput {
    terminal: TerminalInput,
    decoder: Decoder,
}

impl KeyInput {
    pub fn new(terminal: TerminalInput) -> Self {
        KeyInput { terminal, decoder: Decoder::default() }
    }

    /// Waits for keys, at most for this time. `None` if the terminal is gone.
    pub fn wait(&mut self, timeout: Duration) -> Option<Vec<Key>> {
        let is_pending = self.decoder.is_pending();
        match self.terminal.wait(if is_pending { ONE_KEY } else { timeout }) {
            InputState::Gone => None,
            InputState::Idle => Some(self.decoder.flush().into_iter().collect()),
            InputState::Ready => {
                let mut bytes = [0; 256];
                match self.terminal.read(&mut bytes) {
                    Ok(0) => None,
                    Ok(read) => Some(self.decoder.feed(&bytes[..read])),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => Some(Vec::new()),
                    Err(_) => None,
                }
            }
        }
    }
}
