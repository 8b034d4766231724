//! Common parts of the limit programs: options, clocks, and socket options that the standard
//! library lacks.
//!
//! `limit-tx` sends and `limit-rx` receives, each in a loop around one system call. Linux only.

use std::collections::HashMap;
use std::ffi::CString;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, RawFd};
use std::process::exit;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

/// The mark that begins a probe of mcast (src/format/probe.rs describes the rest).
pub const PROBE: &[u8; 4] = b"MCST";

/// The size of the buffers of the sockets, in bytes.
pub const BUFFER: i32 = 4 << 20;

/// The command line: a mode, then `--name value` and `--name`.
pub struct Options {
    usage: &'static str,
    /// The first word.
    pub mode: String,
    values: HashMap<String, String>,
}

impl Options {
    /// Reads the command line. `flags` are the names that have no value.
    pub fn parse(usage: &'static str, flags: &[&str]) -> Self {
        let mut words = std::env::args().skip(1);
        let mode = words.next().unwrap_or_default();
        let mut values = HashMap::new();
        while let Some(word) = words.next() {
            let Some(name) =
                word.strip_prefix("--").filter(|name| usage.contains(&format!("--{name}")))
            else {
                die(usage)
            };
            let value = if flags.contains(&name) { Some(String::new()) } else { words.next() };
            values.insert(name.to_owned(), value.unwrap_or_else(|| die(usage)));
        }
        Options { usage, mode, values }
    }

    /// Whether a name without a value is there.
    pub fn has(&self, flag: &str) -> bool {
        self.values.contains_key(flag)
    }

    /// The value of an option, if present.
    pub fn get<T: FromStr>(&self, name: &str) -> Option<T> {
        self.values.get(name).map(|value| value.parse().unwrap_or_else(|_| self.refuse()))
    }

    /// The value of a name that has to be there.
    pub fn need<T: FromStr>(&self, name: &str) -> T {
        self.get(name).unwrap_or_else(|| self.refuse())
    }

    /// Prints the usage and exits.
    pub fn refuse(&self) -> ! {
        die(self.usage)
    }
}

/// Prints the reason and exits with 1.
pub fn die(why: impl std::fmt::Display) -> ! {
    eprintln!("{why}");
    exit(1)
}

/// Returns the value, or exits with the name of the failed operation.
pub fn or_die<T>(what: &str, result: io::Result<T>) -> T {
    result.unwrap_or_else(|error| die(format_args!("{what}: {error}")))
}

/// ns since the Unix epoch.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.as_nanos() as u64
}

/// The CPU time of this process.
pub fn cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel fills in the timespec that is pointed to.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// setsockopt(2) with a value that is plain data.
pub fn set<T: Copy>(socket: &impl AsRawFd, level: i32, name: i32, value: T) -> io::Result<()> {
    let fd: RawFd = socket.as_raw_fd();
    // SAFETY: the value lives through the call, and its size is given.
    let done = unsafe {
        libc::setsockopt(fd, level, name, (&raw const value).cast(), size_of::<T>() as u32)
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The index of an interface.
pub fn interface_index(name: &str) -> io::Result<u32> {
    let name = CString::new(name)?;
    // SAFETY: the name ends with a zero byte and lives through the call.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(io::Error::last_os_error()),
        index => Ok(index),
    }
}

/// The address of the `n`-th group after this one, with the same port.
pub fn nth_group(first: SocketAddr, n: u32) -> SocketAddr {
    let ip = match first.ip() {
        IpAddr::V4(ip) => IpAddr::V4(Ipv4Addr::from_bits(ip.to_bits() + n)),
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() + u128::from(n))),
    };
    SocketAddr::new(ip, first.port())
}

/// The group and the interface of an IPv4 socket option. The interface wins over the address.
pub fn ip_mreqn(group: Ipv4Addr, index: u32) -> libc::ip_mreqn {
    libc::ip_mreqn {
        imr_multiaddr: libc::in_addr { s_addr: group.to_bits().to_be() },
        imr_address: libc::in_addr { s_addr: 0 },
        imr_ifindex: index as libc::c_int,
    }
}
