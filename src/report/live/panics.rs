//! Restores the terminal before the message of a panic.

use std::panic;

use super::terminal::Terminal;

/// From now on a panic of any thread restores the terminal first.
pub fn install(terminal: Terminal, end: impl Fn() + Send + Sync + 'static) {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        terminal.restore();
        end();
        before(info);
    }));
}
