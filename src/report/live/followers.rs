//! What follows each command.

use super::follow::Follow;
use super::ping::Ping;
use super::recv::Recv;
use super::scan::Scan;
use super::send::Send;

/// Follows the command of this name.
pub fn of(command: &str) -> Box<dyn Follow> {
    match command {
        "send" => Box::new(Send::default()),
        "ping" => Box::new(Ping::default()),
        "scan" => Box::new(Scan::default()),
        _ => Box::new(Recv::default()),
    }
}
