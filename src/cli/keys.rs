//! Keys of a terminal, one by one, and signals among them: they must not end the program while the
//! terminal is in disorder.

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

    pub fn next(&mut self) -> std::io::Result<Result<Key, i32>> {
        self.0.read_key_raw().map(Ok)
    }
}

#[cfg(unix)]
mod unix {
    use std::io;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use console::Key;
    use nix::errno::Errno;
    use nix::sys::select::{FdSet, select};
    use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    use signal_hook::{SigId, flag, low_level};

    /// The keys of standard input, each as it is pressed and none echoed. Dropping it gives the
    /// terminal its own order back.
    pub struct Keys {
        order: Termios,
        /// Woken by a signal, whose number is then in `number`.
        woken: UnixStream,
        number: Arc<AtomicUsize>,
        handlers: Vec<SigId>,
        typed: Vec<u8>,
    }

    impl Keys {
        pub fn open() -> io::Result<Self> {
            let order = tcgetattr(io::stdin())?;
            let (woken, sender) = UnixStream::pair()?;
            let mut keys = Keys {
                order,
                woken,
                number: Arc::default(),
                handlers: Vec::new(),
                typed: Vec::new(),
            };
            for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
                // The number first, which is read once the pipe has woken.
                let number = Arc::clone(&keys.number);
                keys.handlers.push(flag::register_usize(
                    signal,
                    number,
                    signal.unsigned_abs() as usize,
                )?);
                keys.handlers.push(low_level::pipe::register(signal, sender.try_clone()?)?);
            }
            let mut raw = keys.order.clone();
            raw.local_flags &= !(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG);
            tcsetattr(io::stdin(), SetArg::TCSADRAIN, &raw)?;
            Ok(keys)
        }

        /// Waits for a key, or for the number of a signal.
        pub fn next(&mut self) -> io::Result<Result<Key, i32>> {
            while self.typed.is_empty() {
                let stdin = io::stdin();
                // select(2), because macOS does not poll terminals.
                let mut readable = FdSet::new();
                [self.woken.as_fd(), stdin.as_fd()].into_iter().for_each(|fd| readable.insert(fd));
                match select(None, &mut readable, None, None, None) {
                    Ok(_) if readable.contains(self.woken.as_fd()) => {
                        return Ok(Err(
                            i32::try_from(self.number.load(Ordering::SeqCst)).unwrap_or(SIGTERM)
                        ));
                    }
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
            Ok(Ok(key))
        }
    }

    impl Drop for Keys {
        fn drop(&mut self) {
            let _ = tcsetattr(io::stdin(), SetArg::TCSADRAIN, &self.order);
            for handler in self.handlers.drain(..) {
                low_level::unregister(handler);
            }
        }
    }
}

/// The first key of what was typed, and how many bytes it is: one of the ASCII characters, or an
/// escape sequence of ECMA-48 or of the VT100.
#[cfg_attr(not(unix), allow(dead_code, reason = "the console decodes"))]
fn decode(typed: &[u8]) -> (Key, usize) {
    match typed {
        [0x1b, b'[' | b'O', b'A', ..] => (Key::ArrowUp, 3),
        [0x1b, b'[' | b'O', b'B', ..] => (Key::ArrowDown, 3),
        [0x1b, b'[' | b'O', b'H', ..] => (Key::Home, 3),
        [0x1b, b'[' | b'O', b'F', ..] => (Key::End, 3),
        [0x1b, b'[', rest @ ..] => {
            // A sequence that means nothing here ends with its first letter.
            let end = rest
                .iter()
                .position(|byte| matches!(byte, 0x40..=0x7e))
                .map_or(rest.len(), |last| last + 1);
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
    fn keys_are_told_apart_though_they_come_together() {
        assert_eq!(
            all(b"\x1b[B\x1bOA12\r"),
            [Key::ArrowDown, Key::ArrowUp, Key::Char('1'), Key::Char('2'), Key::Enter]
        );
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
