//! Sends as fast as one system call allows, or at a rate, spinning.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use mcast_limits::{
    BUFFER, Options, PROBE, cpu_time, die, interface_index, ip_mreqn, now, nth_group, or_die, set,
};

const USAGE: &str = "usage: limit-tx MODE --to GROUP:PORT --iface NAME [--size BYTES] \
                     [--duration SECONDS] [--batch N] [--rate PPS] [--groups N]
                [--probe | --file FILE]
modes: send      a system call a datagram, connected
       sendto    the same, not connected, to --groups groups in turn
       sendmmsg  --batch datagrams a call, connected
       segment   UDP_SEGMENT: --batch datagrams of one size a call, or as many as go into 65,507 \
                     bytes, connected
payload: a number and a time; --probe: a measured datagram of mcast; --file: what is in the file, \
                     as it is";

/// The largest payload of an IPv4 datagram (RFC 768, RFC 791).
const MOST: usize = 65_507;

fn main() {
    let options = Options::parse(USAGE, &["probe"]);
    let to: SocketAddr = options.need("to");
    let index = or_die("interface", interface_index(&options.need::<String>("iface")));
    let groups: u32 = options.get("groups").unwrap_or(1);
    let mut payload = Payload::new(&options);
    let size = payload.blank.len();
    let batch = options.get("batch").unwrap_or(64).clamp(1, 1024);
    let socket = or_die("socket", open(to, index));
    if options.mode != "sendto" {
        or_die("connect", socket.connect(to));
    }
    let start = Instant::now();
    let mut pace = Pace {
        start,
        end: start + Duration::from_secs_f64(options.get("duration").unwrap_or(1.0)),
        rate: options.get("rate"),
    };
    let errors = match options.mode.as_str() {
        "send" => send(&socket, &mut payload, &mut pace),
        "sendto" => sendto(&socket, &mut payload, &mut pace, to, groups),
        "sendmmsg" => sendmmsg(&socket, &mut payload, &mut pace, batch),
        "segment" => {
            or_die(
                "UDP_SEGMENT",
                set(&socket, libc::IPPROTO_UDP, libc::UDP_SEGMENT, size as libc::c_int),
            );
            send_segments(&socket, &mut payload, &mut pace, batch.min(MOST / size))
        }
        _ => options.refuse(),
    };
    let (mode, sent, seconds, cpu) =
        (&options.mode, payload.next, start.elapsed().as_secs_f64(), cpu_time().as_secs_f64());
    println!(
        r#"{{"mode":"{mode}","size":{size},"datagrams":{sent},"seconds":{seconds:.6},"cpu_seconds":{cpu:.6},"errors":{errors}}}"#
    );
}

/// A socket that sends to groups of the family of this one, from the interface.
fn open(to: SocketAddr, index: u32) -> io::Result<UdpSocket> {
    let hops: libc::c_int = 4;
    let socket = if to.is_ipv4() {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        let iface = ip_mreqn(Ipv4Addr::UNSPECIFIED, index);
        set(&socket, libc::IPPROTO_IP, libc::IP_MULTICAST_IF, iface)?;
        set(&socket, libc::IPPROTO_IP, libc::IP_MULTICAST_TTL, hops)?;
        socket
    } else {
        let socket = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0))?;
        set(&socket, libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_IF, index)?;
        set(&socket, libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_HOPS, hops)?;
        socket
    };
    // Without the right to it, the socket keeps its own.
    let _ = set(&socket, libc::SOL_SOCKET, libc::SO_SNDBUFFORCE, BUFFER);
    Ok(socket)
}

/// The payload, and the number of the next datagram.
struct Payload {
    blank: Vec<u8>,
    kind: ProbeKind,
    next: u64,
}

enum ProbeKind {
    Numbered,
    Probe,
    Recorded,
}

impl Payload {
    fn new(options: &Options) -> Self {
        let size: usize = options.get("size").unwrap_or(64);
        let (blank, kind) = match options.get::<String>("file") {
            Some(file) => (or_die(&file, fs::read(&file)), ProbeKind::Recorded),
            None if options.has("probe") => (probe(size), ProbeKind::Probe),
            None => (vec![0; size], ProbeKind::Numbered),
        };
        if !(16..=MOST).contains(&blank.len()) {
            die("a payload has 16 to 65,507 bytes, and a probe at least 48");
        }
        Payload { blank, kind, next: 0 }
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        match self.kind {
            ProbeKind::Numbered => {
                bytes[..8].copy_from_slice(&self.next.to_ne_bytes());
                bytes[8..16].copy_from_slice(&now().to_ne_bytes());
            }
            ProbeKind::Probe => {
                bytes[16..24].copy_from_slice(&self.next.to_be_bytes());
                bytes[24..32].copy_from_slice(&now().to_be_bytes());
                bytes[36..40].fill(0);
                let crc = crc32c::crc32c(bytes);
                bytes[36..40].copy_from_slice(&crc.to_be_bytes());
            }
            // Written again, as the others are.
            ProbeKind::Recorded => bytes[..16].copy_from_slice(&self.blank[..16]),
        }
        self.next += 1;
    }
}

/// A probe of a separate run, without number, time and checksum. Behind the header, each byte is
/// its offset modulo 256.
fn probe(size: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..size).map(|offset| offset as u8).collect();
    let Some(header) = bytes.first_chunk_mut::<48>() else { return Vec::new() };
    header.fill(0);
    header[..4].copy_from_slice(PROBE);
    header[4] = 1;
    header[8..16].copy_from_slice(&now().to_be_bytes());
    header[32] = 4;
    header[34..36].copy_from_slice(&(size as u16).to_be_bytes());
    bytes
}

/// When the next may go.
struct Pace {
    start: Instant,
    end: Instant,
    rate: Option<f64>,
}

impl Pace {
    /// Waits until the datagram of this number is due, spinning. Whether it may still go.
    fn wait(&self, number: u64) -> bool {
        if let Some(rate) = self.rate {
            let due = self.start + Duration::from_secs_f64(number as f64 / rate);
            while Instant::now() < due.min(self.end) {
                std::hint::spin_loop();
            }
        }
        Instant::now() < self.end
    }
}

fn send(socket: &UdpSocket, payload: &mut Payload, pace: &mut Pace) -> u64 {
    let mut bytes = payload.blank.clone();
    let mut errors = 0;
    while pace.wait(payload.next) {
        payload.fill(&mut bytes);
        errors += u64::from(socket.send(&bytes).is_err());
    }
    errors
}

/// To one group after the other.
fn sendto(
    socket: &UdpSocket,
    payload: &mut Payload,
    pace: &mut Pace,
    to: SocketAddr,
    groups: u32,
) -> u64 {
    let mut bytes = payload.blank.clone();
    let (mut errors, mut group) = (0, 0);
    while pace.wait(payload.next) {
        payload.fill(&mut bytes);
        errors += u64::from(socket.send_to(&bytes, nth_group(to, group)).is_err());
        group = if group + 1 == groups { 0 } else { group + 1 };
    }
    errors
}

fn sendmmsg(socket: &UdpSocket, payload: &mut Payload, pace: &mut Pace, batch: usize) -> u64 {
    let size = payload.blank.len();
    let mut bytes = payload.blank.repeat(batch);
    let start: *mut u8 = bytes.as_mut_ptr();
    // The kernel reads these pointers only during the call, which borrows the bytes.
    let mut parts: Vec<libc::iovec> = (0..batch)
        .map(|i| libc::iovec { iov_base: start.wrapping_add(i * size).cast(), iov_len: size })
        .collect();
    let mut messages: Vec<libc::mmsghdr> = parts
        .iter_mut()
        .map(|part| {
            // SAFETY: a message of zeros is one without address, parts and ancillary data.
            let mut message: libc::mmsghdr = unsafe { std::mem::zeroed() };
            message.msg_hdr.msg_iov = part;
            message.msg_hdr.msg_iovlen = 1;
            message
        })
        .collect();
    let mut errors = 0;
    while pace.wait(payload.next) {
        for i in 0..batch {
            // SAFETY: the range lies in the bytes, which live until the end of the function, and no
            // other reference to them is in use.
            payload.fill(unsafe { std::slice::from_raw_parts_mut(start.add(i * size), size) });
        }
        // SAFETY: each message points to its part, each part to its bytes, and all of them live.
        let sent =
            unsafe { libc::sendmmsg(socket.as_raw_fd(), messages.as_mut_ptr(), batch as u32, 0) };
        let sent = usize::try_from(sent).unwrap_or(0);
        errors += u64::from(sent < batch);
        payload.next -= (batch - sent) as u64;
    }
    errors
}

/// One call for a train of datagrams, which the kernel cuts.
fn send_segments(
    socket: &UdpSocket,
    payload: &mut Payload,
    pace: &mut Pace,
    segments: usize,
) -> u64 {
    let size = payload.blank.len();
    let mut train = payload.blank.repeat(segments);
    let mut errors = 0;
    while pace.wait(payload.next) {
        train.chunks_exact_mut(size).for_each(|datagram| payload.fill(datagram));
        if let Err(error) = socket.send(&train) {
            if errors == 0 {
                eprintln!("send: {error}");
            }
            errors += 1;
            payload.next -= segments as u64;
        }
    }
    errors
}
