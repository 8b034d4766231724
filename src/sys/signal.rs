//! The signals that request the end of the program.

/// A signal that requests the end of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGHUP: the terminal is gone.
    Hangup,
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

impl Signal {
    /// The numbers are the same on all systems.
    pub fn from_number(number: usize) -> Option<Self> {
        match number {
            1 => Some(Signal::Hangup),
            2 => Some(Signal::Interrupt),
            15 => Some(Signal::Terminate),
            _ => None,
        }
    }

    /// The exit status that a shell reports after this signal: 128 plus the number.
    pub fn status(self) -> u8 {
        match self {
            Signal::Hangup => 129,
            Signal::Interrupt => 130,
            Signal::Terminate => 143,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Signal::Hangup => "SIGHUP",
            Signal::Interrupt => "SIGINT",
            Signal::Terminate => "SIGTERM",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_status_is_128_and_the_number() {
        let known = (0..64).filter_map(|number| Some((number, Signal::from_number(number)?)));
        let statuses: Vec<(usize, u8)> =
            known.map(|(number, signal)| (number, signal.status())).collect();
        assert_eq!(statuses, [(1, 129), (2, 130), (15, 143)]);
    }
}
