//! Restores the terminal before the message of a panic.

use std::panic;

use super::terminal::Terminal;

/// From now on a panic of any thread restores the terminal and calls `release`, before its message.
pub fn install(terminal: Terminal, release: impl Fn() + Send + Sync + 'static) {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !terminal.is_closed() {
            terminal.restore();
            release();
        }
        before(info);
    }));
}
