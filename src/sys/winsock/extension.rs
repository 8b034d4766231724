//! WSARecvMsg, whose address the system returns on request.

use std::ffi::c_void;
use std::net::UdpSocket;
use std::os::windows::io::AsRawSocket;
use std::sync::OnceLock;
use std::{io, mem, ptr};

use tracing::debug;
use windows_sys::Win32::Networking::WinSock::{
    LPFN_WSARECVMSG, SIO_GET_EXTENSION_FUNCTION_POINTER, SOCKET, WSAID_WSARECVMSG, WSAIoctl,
};

/// WSARecvMsg; `None` if the system does not have it.
pub fn receive_message(socket: &UdpSocket) -> LPFN_WSARECVMSG {
    static FUNCTION: OnceLock<LPFN_WSARECVMSG> = OnceLock::new();
    *FUNCTION.get_or_init(|| {
        query(socket)
            .inspect_err(|error| debug!(%error, "no WSARecvMsg; datagrams have no metadata"))
            .unwrap_or(None)
    })
}

fn query(socket: &UdpSocket) -> io::Result<LPFN_WSARECVMSG> {
    let id = WSAID_WSARECVMSG;
    let mut function: LPFN_WSARECVMSG = None;
    let mut written = 0;
    // SAFETY: the system reads `id` and writes a pointer to a function of this type, or nothing,
    // into `function`, whose size is passed; all outlive the call, and the socket is open because
    // it is borrowed.
    let result = unsafe {
        WSAIoctl(
            socket.as_raw_socket() as SOCKET,
            SIO_GET_EXTENSION_FUNCTION_POINTER,
            ptr::from_ref(&id).cast::<c_void>(),
            mem::size_of_val(&id) as u32,
            ptr::from_mut(&mut function).cast::<c_void>(),
            mem::size_of_val(&function) as u32,
            &raw mut written,
            ptr::null_mut(),
            None,
        )
    };
    if result == 0 { Ok(function) } else { Err(io::Error::last_os_error()) }
}
