//! Keys of a terminal, one by one, and SIGTERM among them: it must not end the program while the terminal is in disorder.

use console::Key;

#[cfg(unix)]
pub use unix::Keys;

/// Keys as the system's console gives them. Nothing but Ctrl-C interrupts there.
#[cfg(not(unix))]
pub struct Keys(console::Term);

#[cfg(not(unix))]
impl Keys {
    pub fn open() -> std::io::Result<Self> {
        Ok(Keys(console::Term::stderr()))
    }

    pub fn next(&mut self) -> std::io::Result<Option<Key>> {
        self.0.read_key_raw().map(Some)
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
    use signal_hook::SigId;
    use signal_hook::consts::SIGTERM;
    use signal_hook::low_level;

    /// The keys of standard input, each as it is pressed and none echoed. Dropping it gives the terminal its own order back.
    pub struct Keys {
        order: Termios,
        terminated: UnixStream,
        handler: SigId,
        typed: Vec<u8>,
    }

    impl Keys {
        pub fn open() -> io::Result<Self> {
            let order = tcgetattr(io::stdin())?;
            let (terminated, sender) = UnixStream::pair()?;
            let handler = low_level::pipe::register(SIGTERM, sender)?;
            let keys = Keys { order, terminated, handler, typed: Vec::new() };
            let mut raw = keys.order.clone();
            raw.local_flags &= !(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG);
            tcsetattr(io::stdin(), SetArg::TCSADRAIN, &raw)?;
            Ok(keys)
        }

        /// Waits for a key; `None` is SIGTERM.
        pub fn next(&mut self) -> io::Result<Option<Key>> {
            while self.typed.is_empty() {
                let stdin = io::stdin();
                // select(2), because macOS does not poll terminals.
                let mut readable = FdSet::new();
                [self.terminated.as_fd(), stdin.as_fd()].into_iter().for_each(|fd| readable.insert(fd));
                match select(None, &mut readable, None, None, None) {
                    Ok(_) if readable.contains(self.terminated.as_fd()) => return Ok(None),
                    Ok(_) => {}
                    Err(Errno::EINTR) => continue,
                    Err(errno) => return Err(errno.into()),
                }
                let mut bytes = [0; 64];
                match nix::unistd::read(stdin.as_fd(), &mut bytes)? {
                    0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                    count => self.typed.extend(&bytes[..count]),
                }
            }
            let (key, len) = super::decode(&self.typed);
            self.typed.drain(..len);
            Ok(Some(key))
        }
    }

    impl Drop for Keys {
        fn drop(&mut self) {
            let _ = tcsetattr(io::stdin(), SetArg::TCSADRAIN, &self.order);
            low_level::unregister(self.handler);
        }
    }
}

/// The first key of what was typed, and how many bytes it is: one of the ASCII characters, or an escape sequence of ECMA-48 or of the VT100.
#[cfg_attr(not(unix), allow(dead_code, reason = "the console decodes"))]
fn decode(typed: &[u8]) -> (Key, usize) {
    match typed {
        [0x1b, b'[' | b'O', b'A', ..] => (Key::ArrowUp, 3),
        [0x1b, b'[' | b'O', b'B', ..] => (Key::ArrowDown, 3),
        [0x1b, b'[' | b'O', b'H', ..] => (Key::Home, 3),
        [0x1b, b'[' | b'O', b'F', ..] => (Key::End, 3),
        [0x1b, b'[', rest @ ..] => {
            // A sequence that means nothing here ends with its first letter.
            let end = rest.iter().position(|byte| matches!(byte, 0x40..=0x7e)).map_or(rest.len(), |last| last + 1);
            (Key::Unknown, 2 + end)
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
    use super::*;
    use proptest::prelude::*;

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
    fn keys_are_told_apart_though_they_come_together() {
        assert_eq!(all(b"\x1b[B\x1bOA12\r"), [Key::ArrowDown, Key::ArrowUp, Key::Char('1'), Key::Char('2'), Key::Enter]);
        assert_eq!(all(b"\x1b[5~\x1b"), [Key::Unknown, Key::Escape]);
        assert_eq!(all(b"\x03q"), [Key::CtrlC, Key::Char('q')]);
    }

    proptest! {
        #[test]
        fn whatever_is_typed_comes_to_an_end(typed in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(all(&typed).len() <= typed.len());
        }
    }
}
