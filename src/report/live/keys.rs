//! The keys of the view.

/// A key that the view may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Letter(char),
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    Enter,
    Escape,
    Backspace,
    Tab,
    /// Ctrl-C and Ctrl-\.
    Interrupt,
    /// Ctrl-L.
    Redraw,
}
