//! Receives in a loop around one system call, counts by the sender's numbers, and prints the cost.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mcast_limits::{
    BUFFER, Options, PROBE, cpu_time, interface_index, ip_mreqn, nth_group, or_die, set,
};

const USAGE: &str = "usage: limit-rx MODE --from GROUP:PORT --iface NAME [--duration SECONDS] \
                     [--batch N] [--ancillary] [--gaps PPS] [--groups N]
modes: recv      a system call a datagram
       recvmmsg  up to --batch a call
       gro       UDP_GRO: up to 8 trains a call
       epoll     --groups from that one on, a socket bound to each: recvmmsg where epoll says so
       join      the same sockets without a buffer and without reading
--ancillary: receive time, destination, TTL (hop limit) and drops of each (not recv). --gaps: how far the \
                     times between two are from those of a rate
It ends after --duration, or by SIGINT or SIGTERM.";

/// A datagram without UDP_GRO, and a train with it.
const DATAGRAM: usize = 2048;
const TRAIN: usize = 65_536;
const TRAINS: usize = 8;

static STOP: AtomicBool = AtomicBool::new(false);

fn main() {
    let options = Options::parse(USAGE, &["ancillary"]);
    let duration: f64 = options.get("duration").unwrap_or(3.0);
    let rate: Option<f64> = options.get("gaps");
    // The times of the kernel are ancillary.
    let ancillary = options.has("ancillary") || rate.is_some();
    let from: SocketAddr = options.need("from");
    let index = or_die("interface", interface_index(&options.need::<String>("iface")));
    let mode = options.mode.as_str();
    let groups: u32 =
        if matches!(mode, "epoll" | "join") { options.get("groups").unwrap_or(1) } else { 1 };
    or_die("RLIMIT_NOFILE", raise_open_files());
    let open = |group| {
        let socket = join(nth_group(from, group), index)?;
        if mode != "join" {
            prepare(&socket, from, ancillary)?;
        }
        Ok(socket)
    };
    let sockets: Vec<UdpSocket> = (0..groups).map(|group| or_die("socket", open(group))).collect();
    let socket = &sockets[0];
    or_die("sigaction", stop_after(duration));
    let mut counts = Counts::default();
    if let Some(rate) = rate {
        // Writing touches every page before the measurement.
        counts.times = vec![1; (rate * duration * 1.2) as usize + 1000];
        counts.times.clear();
        counts.settling = if rate < 100.0 { 0 } else { 300_000_000 };
    }
    match mode {
        "join" => wait_for_stop(),
        "recv" if !ancillary => recv(socket, &mut counts),
        "recvmmsg" => {
            let batch = options.get("batch").unwrap_or(64).clamp(1, 1024);
            recvmmsg(socket, &mut counts, &mut Batch::new(batch, DATAGRAM, ancillary));
        }
        "epoll" => {
            let batch = options.get("batch").unwrap_or(64).clamp(1, 1024);
            or_die(
                "epoll",
                epoll(&sockets, &mut counts, &mut Batch::new(batch, DATAGRAM, ancillary)),
            );
        }
        "gro" => {
            or_die("UDP_GRO", set(socket, libc::IPPROTO_UDP, libc::UDP_GRO, 1 as libc::c_int));
            recvmmsg(socket, &mut counts, &mut Batch::new(TRAINS, TRAIN, true));
        }
        _ => options.refuse(),
    }
    counts.print(mode, rate);
}

/// A socket that is bound to the group, and joined.
fn join(group: SocketAddr, index: u32) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(group)?;
    match group.ip() {
        IpAddr::V4(ip) => {
            let membership = ip_mreqn(ip, index);
            set(&socket, libc::IPPROTO_IP, libc::IP_ADD_MEMBERSHIP, membership)?;
        }
        IpAddr::V6(ip) => socket.join_multicast_v6(&ip, index)?,
    }
    Ok(socket)
}

/// Gives the socket the buffer, the ancillary data and a timeout.
fn prepare(socket: &UdpSocket, group: SocketAddr, ancillary: bool) -> io::Result<()> {
    let on: libc::c_int = 1;
    if set(socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, BUFFER).is_err() {
        set(socket, libc::SOL_SOCKET, libc::SO_RCVBUF, BUFFER)?;
    }
    if ancillary {
        set(socket, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, on)?;
        set(socket, libc::SOL_SOCKET, libc::SO_RXQ_OVFL, on)?;
        if group.is_ipv4() {
            set(socket, libc::IPPROTO_IP, libc::IP_PKTINFO, on)?;
            set(socket, libc::IPPROTO_IP, libc::IP_RECVTTL, on)?;
        } else {
            set(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, on)?;
            set(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVHOPLIMIT, on)?;
        }
    }
    // A signal that comes just before the call does not end it.
    socket.set_read_timeout(Some(Duration::from_millis(100)))
}

/// Allows as many sockets as the hard limit, as mcast does.
fn raise_open_files() -> io::Result<()> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both calls get a pointer to a limit that lives through them.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) != 0 {
            return Err(io::Error::last_os_error());
        }
        limit.rlim_cur = limit.rlim_max;
        if libc::setrlimit(libc::RLIMIT_NOFILE, &limit) != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Keeps the memberships until a signal.
fn wait_for_stop() {
    while !STOP.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Stops at a signal, the alarm's too.
fn stop_after(seconds: f64) -> io::Result<()> {
    extern "C" fn stop(_: libc::c_int) {
        STOP.store(true, Ordering::Relaxed);
    }
    // SAFETY: zeros are a valid sigaction and a valid itimerval; the handler only stores to an
    // atomic. Without SA_RESTART a call that waits ends.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = stop as *const () as usize;
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGALRM] {
            if libc::sigaction(signal, &action, std::ptr::null_mut()) != 0 {
                return Err(io::Error::last_os_error());
            }
        }
        let mut timer: libc::itimerval = std::mem::zeroed();
        timer.it_value.tv_sec = seconds as libc::time_t;
        timer.it_value.tv_usec = (seconds.fract() * 1e6) as libc::suseconds_t + 1;
        if libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut()) != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

fn recv(socket: &UdpSocket, counts: &mut Counts) {
    let mut bytes = [0; DATAGRAM];
    while !STOP.load(Ordering::Relaxed) {
        let received = socket.recv(&mut bytes);
        counts.call(received.is_ok());
        if let Ok(len) = received {
            counts.datagram(&bytes[..len], 0);
        }
    }
}

fn recvmmsg(socket: &UdpSocket, counts: &mut Counts, batch: &mut Batch) {
    while !STOP.load(Ordering::Relaxed) {
        let received = batch.receive(socket, libc::MSG_WAITFORONE);
        counts.messages(batch, received);
    }
}

/// From all of the sockets, as they are ready.
fn epoll(sockets: &[UdpSocket], counts: &mut Counts, batch: &mut Batch) -> io::Result<()> {
    let done =
        |result: libc::c_int| if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) };
    // SAFETY: the call takes no pointer.
    let poll = done(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
    for (i, socket) in sockets.iter().enumerate() {
        let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: i as u64 };
        // SAFETY: the event lives through the call, which copies it.
        done(unsafe {
            libc::epoll_ctl(poll, libc::EPOLL_CTL_ADD, socket.as_raw_fd(), &mut event)
        })?;
    }
    let mut events = [libc::epoll_event { events: 0, u64: 0 }; 256];
    while !STOP.load(Ordering::Relaxed) {
        // SAFETY: the array holds as many events as the call may write. A signal or 100 ms end it.
        let ready =
            unsafe { libc::epoll_wait(poll, events.as_mut_ptr(), events.len() as i32, 100) };
        for event in &events[..usize::try_from(ready).unwrap_or(0)] {
            let received = batch.receive(&sockets[event.u64 as usize], libc::MSG_DONTWAIT);
            counts.messages(batch, received);
        }
    }
    Ok(())
}

/// Messages for recvmmsg(2), with buffers for payload and ancillary data.
struct Batch {
    room: usize,
    bytes: Vec<u8>,
    controls: Vec<[u64; 32]>,
    /// The messages point into these.
    _parts: Vec<libc::iovec>,
    _names: Vec<libc::sockaddr_in6>,
    messages: Vec<libc::mmsghdr>,
}

/// The ancillary data of a message.
#[derive(Default)]
struct Ancillary {
    time: u64,
    dropped: Option<u32>,
    segment: Option<usize>,
}

impl Batch {
    fn new(batch: usize, room: usize, ancillary: bool) -> Self {
        let mut bytes = vec![0; batch * room];
        let mut controls = vec![[0; 32]; if ancillary { batch } else { 0 }];
        // The larger address serves both families.
        // SAFETY: zeros are a valid sockaddr_in6.
        let mut names: Vec<libc::sockaddr_in6> = vec![unsafe { std::mem::zeroed() }; batch];
        let start: *mut u8 = bytes.as_mut_ptr();
        let mut parts: Vec<libc::iovec> = (0..batch)
            .map(|i| libc::iovec { iov_base: start.wrapping_add(i * room).cast(), iov_len: room })
            .collect();
        let messages = (0..batch)
            .map(|i| {
                // SAFETY: a message of zeros is one without address, parts and ancillary data.
                let mut message: libc::mmsghdr = unsafe { std::mem::zeroed() };
                message.msg_hdr.msg_iov = &mut parts[i];
                message.msg_hdr.msg_iovlen = 1;
                message.msg_hdr.msg_name = (&raw mut names[i]).cast();
                message.msg_hdr.msg_namelen = size_of::<libc::sockaddr_in6>() as u32;
                if let Some(control) = controls.get_mut(i) {
                    message.msg_hdr.msg_control = control.as_mut_ptr().cast();
                    message.msg_hdr.msg_controllen = size_of::<[u64; 32]>();
                }
                message
            })
            .collect();
        Batch { room, bytes, controls, _parts: parts, _names: names, messages }
    }

    /// Receives the waiting messages, with the flags of recvmmsg(2). Returns their number, or 0 at
    /// the end of the time or after a signal.
    fn receive(&mut self, socket: &UdpSocket, flags: libc::c_int) -> usize {
        let (messages, most) = (self.messages.as_mut_ptr(), self.messages.len() as u32);
        let wait = std::ptr::null_mut();
        // SAFETY: each message points into vectors that this batch owns and never grows, each with
        // its length.
        let received = unsafe { libc::recvmmsg(socket.as_raw_fd(), messages, most, flags, wait) };
        usize::try_from(received).unwrap_or(0)
    }

    /// The payload of a message that was received.
    fn bytes(&self, i: usize) -> &[u8] {
        let len = (self.messages[i].msg_len as usize).min(self.room);
        &self.bytes[i * self.room..][..len]
    }

    /// The ancillary data of a message. Resets the message for the next call.
    fn ancillary(&mut self, i: usize) -> Ancillary {
        let mut ancillary = Ancillary::default();
        let header = &mut self.messages[i].msg_hdr;
        header.msg_namelen = size_of::<libc::sockaddr_in6>() as u32;
        if self.controls.is_empty() {
            return ancillary;
        }
        // SAFETY: the kernel wrote complete control messages of the length in the header. The data
        // of each have the size that the man pages state (socket(7), udp(7)), at any alignment.
        unsafe {
            let mut control = libc::CMSG_FIRSTHDR(header);
            while !control.is_null() {
                let data = libc::CMSG_DATA(control);
                match ((*control).cmsg_level, (*control).cmsg_type) {
                    (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS) => {
                        let time: libc::timespec = data.cast::<libc::timespec>().read_unaligned();
                        ancillary.time = time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64;
                    }
                    (libc::SOL_SOCKET, libc::SO_RXQ_OVFL) => {
                        ancillary.dropped = Some(data.cast::<u32>().read_unaligned())
                    }
                    (libc::IPPROTO_UDP, libc::UDP_GRO) => {
                        ancillary.segment =
                            Some(data.cast::<libc::c_int>().read_unaligned() as usize)
                    }
                    _ => {}
                }
                control = libc::CMSG_NXTHDR(header, control);
            }
        }
        header.msg_controllen = size_of::<[u64; 32]>();
        ancillary
    }
}

/// Counters of received datagrams.
#[derive(Default)]
struct Counts {
    datagrams: u64,
    bytes: u64,
    calls: u64,
    trains: u64,
    dropped: u32,
    /// The lowest and the highest number.
    numbers: Option<(u64, u64)>,
    /// The first and the last number with a recorded time, for probes only: other datagrams have
    /// their number in an unknown place.
    ends: Option<(u64, u64)>,
    /// The wall clock and the CPU time at the first datagram.
    since: Option<(Instant, Duration)>,
    /// The kernel's timestamps in ns, if requested, up to the capacity.
    times: Vec<u64>,
    /// The time in ns after the first datagram without recorded timestamps: the start of this
    /// program delays the sender.
    settling: u64,
    settled: Option<u64>,
}

impl Counts {
    #[inline]
    fn call(&mut self, received: bool) {
        self.calls += 1;
        if received && self.since.is_none() {
            self.since = Some((Instant::now(), cpu_time()));
        }
    }

    /// Counts the messages of a call.
    fn messages(&mut self, batch: &mut Batch, received: usize) {
        self.call(received > 0);
        for i in 0..received {
            let ancillary = batch.ancillary(i);
            self.dropped = ancillary.dropped.unwrap_or(self.dropped);
            let bytes = batch.bytes(i);
            // Without UDP_GRO, or without coalescing, it is one datagram.
            let segment =
                ancillary.segment.filter(|segment| *segment > 0).unwrap_or(bytes.len().max(1));
            self.trains += u64::from(ancillary.segment.is_some());
            bytes.chunks(segment).for_each(|datagram| self.datagram(datagram, ancillary.time));
        }
    }

    #[inline]
    fn datagram(&mut self, bytes: &[u8], time: u64) {
        self.datagrams += 1;
        self.bytes += bytes.len() as u64;
        let at = if bytes.starts_with(PROBE) { 16 } else { 0 };
        let number = bytes.get(at..).and_then(|rest| rest.first_chunk());
        let number = number.map(|number| {
            if at == 0 { u64::from_ne_bytes(*number) } else { u64::from_be_bytes(*number) }
        });
        if let Some(number) = number {
            let (low, high) = self.numbers.unwrap_or((number, number));
            self.numbers = Some((low.min(number), high.max(number)));
        }
        let settled = *self.settled.get_or_insert(time + self.settling);
        if time >= settled && self.times.len() < self.times.capacity() {
            self.times.push(time);
            self.ends = number
                .filter(|_| at > 0)
                .map(|number| (self.ends.map_or(number, |(first, _)| first), number));
        }
    }

    fn print(&self, mode: &str, rate: Option<f64>) {
        let (seconds, cpu) = match self.since {
            Some((start, cpu)) => (start.elapsed().as_secs_f64(), (cpu_time() - cpu).as_secs_f64()),
            None => (0.0, 0.0),
        };
        let expected = self.numbers.map_or(0, |(low, high)| high.wrapping_sub(low).wrapping_add(1));
        let lost = expected as i128 - i128::from(self.datagrams);
        let Counts { datagrams, bytes, calls, trains, dropped, .. } = self;
        print!(
            r#"{{"mode":"{mode}","datagrams":{datagrams},"lost":{lost},"seconds":{seconds:.6},"cpu_seconds":{cpu:.6},"bytes":{bytes},"#
        );
        print!(r#""calls":{calls},"trains":{trains},"dropped":{dropped}"#);
        if let (Some(rate), [first, .., last]) = (rate, self.times.as_slice()) {
            // Datagrams lost between the two were sent, too.
            let sent = self
                .ends
                .map_or(self.times.len() as u64 - 1, |(first, last)| last.saturating_sub(first));
            let mean = sent as f64 * 1e9 / (last - first) as f64;
            // The first ten find everything cold.
            let warm = if self.times.len() > 20 { &self.times[10..] } else { &self.times[..] };
            let mut gaps: Vec<f64> =
                warm.windows(2).map(|pair| pair[1] as f64 - pair[0] as f64).collect();
            let mut errors: Vec<f64> = gaps.iter().map(|gap| (gap - 1e9 / rate).abs()).collect();
            print!(
                r#","rate_pps":{mean:.6},"gap_ns":{},"error_ns":{}"#,
                spread(&mut gaps),
                spread(&mut errors)
            );
        }
        println!("}}");
    }
}

/// Percentiles of the values, in whole ns.
fn spread(values: &mut [f64]) -> String {
    values.sort_unstable_by(f64::total_cmp);
    let at = |percent: usize| values[(values.len() * percent / 100).min(values.len() - 1)];
    format!(r#"{{"p1":{:.0},"p50":{:.0},"p99":{:.0},"max":{:.0}}}"#, at(1), at(50), at(99), at(100))
}
