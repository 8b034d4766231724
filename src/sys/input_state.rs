//! The state of the terminal that keys come from.

/// The result of a wait for keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputState {
    /// There may be keys.
    Ready,
    /// No key was pressed.
    Idle,
    /// The terminal is gone.
    Gone,
}
