//! Keys and signals from a terminal. A signal must not end the program while the terminal does not
//! echo.

use console::Key;
#[cfg(unix)]
pub use unix::Keys;

/// Windows interrupts a key only by Ctrl-C, which is itself a key here.
#[cfg(not(unix))]
pub struct Keys;

#[cfg(not(unix))]
impl Keys {
    pub fn open() -> std::io::Result<Self> {
        Ok(Keys)
    }

    pub fn next(&mut self) -> std::io::Result<Result<Key, i32>> {
        console::Term::stderr().read_key_raw().map(Ok)
    }
}

#[cfg(unix)]
mod unix {
    use std::io;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    use console::Key;
    use nix::errno::Errno;
    use nix::sys::select::{FdSet, select};
    use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    use signal_hook::iterator::backend::SignalDelivery;
    use signal_hook::iterator::exfiltrator::SignalOnly;

    /// Standard input, key by key and without echo. Dropping it restores the terminal.
    /// (`console::Term::read_key_raw` restores it after each key and reads on after a signal.)
    pub struct Keys {
        before: Termios,
        signals: SignalDelivery<UnixStream, SignalOnly>,
        typed: Vec<u8>,
    }

    impl Keys {
        pub fn open() -> io::Result<Self> {
            let before = tcgetattr(io::stdin())?;
            let (read, write) = UnixStream::pair()?;
            let taken = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];
            let signals = SignalDelivery::with_pipe(read, write, SignalOnly, taken)?;
            let mut raw = before.clone();
            raw.local_flags &= !(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG);
            tcsetattr(io::stdin(), SetArg::TCSADRAIN, &raw)?;
            Ok(Keys { before, signals, typed: Vec::new() })
        }

        /// Waits for a key, or for the number of a signal.
        pub fn next(&mut self) -> io::Result<Result<Key, i32>> {
            while self.typed.is_empty() {
                if let Some(signal) = self.signals.pending().next() {
                    return Ok(Err(signal));
                }
                let stdin = io::stdin();
                // select(2), because macOS cannot poll(2) terminals.
                let mut readable = FdSet::new();
                readable.insert(self.signals.get_read().as_fd());
                readable.insert(stdin.as_fd());
                match select(None, &mut readable, None, None, None) {
                    Ok(_) if readable.contains(stdin.as_fd()) => {
                        let mut bytes = [0; 64];
                        match nix::unistd::read(stdin.as_fd(), &mut bytes)? {
                            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                            count => self.typed.extend(&bytes[..count]),
                        }
                    }
                    Ok(_) | Err(Errno::EINTR) => {}
                    Err(errno) => return Err(errno.into()),
                }
            }
            let (key, len) = super::decode(&self.typed);
            self.typed.drain(..len);
            Ok(Ok(key))
        }
    }

    impl Drop for Keys {
        fn drop(&mut self) {
            let _ = tcsetattr(io::stdin(), SetArg::TCSADRAIN, &self.before);
        }
    }
}

/// The first key and its length in bytes: an ASCII character, or an escape sequence of ECMA-48 or
/// the VT100. `console` does not decode those of the VT100, and reports the end of longer sequences
/// as keys.
#[cfg_attr(not(unix), allow(dead_code, reason = "the console decodes"))]
fn decode(typed: &[u8]) -> (Key, usize) {
    match typed {
        [0x1b, b'[' | b'O', b'A', ..] => (Key::ArrowUp, 3),
        [0x1b, b'[' | b'O', b'B', ..] => (Key::ArrowDown, 3),
        [0x1b, b'[' | b'O', b'H', ..] => (Key::Home, 3),
        [0x1b, b'[' | b'O', b'F', ..] => (Key::End, 3),
        [0x1b, b'[', rest @ ..] => {
            let last = rest.iter().position(|byte| matches!(byte, 0x40..=0x7e));
            (Key::Unknown, 2 + last.map_or(rest.len(), |last| last + 1))
        }
        [0x1b, ..] => (Key::Escape, 1),
        [b'\r' | b'\n', ..] => (Key::Enter, 1),
        [b'\t', ..] => (Key::Tab, 1),
        [0x03, ..] => (Key::CtrlC, 1),
        [byte, ..] => (Key::Char(char::from(*byte)), 1),
        [] => (Key::Unknown, 0),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(mut typed: &[u8]) -> Vec<Key> {
        let mut keys = Vec::new();
        while !typed.is_empty() {
            let (key, len) = decode(typed);
            keys.push(key);
            typed = &typed[len..];
        }
        keys
    }

    #[test]
    fn keys_in_one_read_are_separated() {
        assert_eq!(
            all(b"\x1b[B\x1bOA12\r"),
            [Key::ArrowDown, Key::ArrowUp, Key::Char('1'), Key::Char('2'), Key::Enter]
        );
        assert_eq!(all(b"\x1b[5~\x1b"), [Key::Unknown, Key::Escape]);
        assert_eq!(all(b"\x03q"), [Key::CtrlC, Key::Char('q')]);
    }

    proptest! {
        #[test]
        fn decoding_always_ends(
            typed in proptest::collection::vec(any::<u8>(), 0..100),
        ) {
            prop_assert!(all(&typed).len() <= typed.len());
        }
    }
}
