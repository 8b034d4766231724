//! The receive buffers of the sockets of a receiver.

use std::cell::Cell;

use socket2::Socket;

use super::degrade::degrade;
use crate::sys;

/// The requested receive buffer without `--rcvbuf`. Linux reduces it to its limit
/// (`net.core.rmem_max`). BSD refuses more than its limit and Windows grants any size: there it is
/// the size for 0.1 s at 640 Mbit/s.
const GREEDY_RCVBUF: usize = if cfg!(target_os = "linux") { 1 << 30 } else { 8 << 20 };

/// The receive buffer beyond the system's limit, if permitted and without `--rcvbuf`, and the
/// maximum of all of them: 0.3 s at 640 Mbit/s. Waiting datagrams take kernel memory, and a stopped
/// receiver must not exhaust its host.
const FORCED_RCVBUF: usize = 32 << 20;
const FORCED_RCVBUFS: usize = 256 << 20;

/// The receive buffer, in bytes of `SO_RCVBUF`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rcvbuf {
    /// The size that the user requested; `None` requests the maximum.
    pub asked: Option<usize>,
    /// The granted size, if the system reports it.
    pub granted: Option<usize>,
}

/// Sets the receive buffer of each socket.
#[derive(Debug)]
pub(super) struct ReceiveBuffers {
    /// The size that the user requested; `None` requests the maximum of the system.
    pub asked: Option<usize>,
    /// The minimum without a request, if this process may exceed the limit.
    forced: usize,
    /// The call that succeeded for the first socket, and the size that it granted: all further
    /// sockets need only that call.
    found: Cell<Option<(Call, Option<usize>)>>,
}

/// A call that sets the size of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    /// `SO_RCVBUF`: limited by the system.
    Limited(usize),
    /// `SO_RCVBUFFORCE`: needs CAP_NET_ADMIN.
    Forced(usize),
}

impl Call {
    fn make(self, socket: &Socket) -> std::io::Result<()> {
        match self {
            Call::Limited(bytes) => socket.set_recv_buffer_size(bytes),
            Call::Forced(bytes) => sys::force_receive_buffer(socket, bytes),
        }
    }
}

impl ReceiveBuffers {
    /// For each of `sockets` sockets.
    pub fn new(asked: Option<usize>, sockets: usize) -> Self {
        let forced = FORCED_RCVBUF.min(FORCED_RCVBUFS / sockets.max(1));
        ReceiveBuffers { asked, forced, found: Cell::new(None) }
    }

    /// Sets the buffer to the requested size, or to the maximum of the system. Returns both sizes.
    pub fn set(&self, socket: &Socket) -> Rcvbuf {
        let (call, granted) = match self.found.get() {
            Some((call, granted)) if call.make(socket).is_ok() => (call, granted),
            _ => {
                let call = self.find(socket);
                (call, granted(socket))
            }
        };
        self.found.set(Some((call, granted)));
        Rcvbuf { asked: self.asked, granted }
    }

    /// Makes the calls until one grants enough. Returns the last one.
    fn find(&self, socket: &Socket) -> Call {
        if let Some(bytes) = self.asked {
            let forced = Call::Forced(bytes);
            if forced.make(socket).is_ok() {
                return forced;
            }
            let limited = Call::Limited(bytes);
            degrade("SO_RCVBUF", limited.make(socket));
            return limited;
        }
        // Systems that refuse a large value need smaller ones.
        let mut wish = GREEDY_RCVBUF;
        while wish > 64 * 1024 && Call::Limited(wish).make(socket).is_err() {
            wish /= 2;
        }
        // The administrator's limit may exceed the forced size, and must not be reduced.
        let forced = Call::Forced(self.forced);
        let is_less = granted(socket).is_some_and(|bytes| bytes < self.forced);
        if is_less && forced.make(socket).is_ok() { forced } else { Call::Limited(wish) }
    }
}

/// The granted size. Linux doubles the value for its overhead, and reports the double (socket(7)).
fn granted(socket: &Socket) -> Option<usize> {
    let factor = if cfg!(target_os = "linux") { 2 } else { 1 };
    socket.recv_buffer_size().ok().map(|bytes| bytes / factor)
}
