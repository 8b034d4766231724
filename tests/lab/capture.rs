//! Frames on an interface, decoded by tcpdump.
//!
//! The host captures the frames, and a process outside decodes them: tcpdump drops its privileges
//! at start, which a user namespace does not permit.

use std::process::{Command, Stdio};

use super::{Host, Running};

/// Writes every frame of an interface to standard output, as a pcap file that does not end.
const WRITE_FRAMES: &str = r#"
import socket, struct, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind((sys.argv[1], 0))
out = sys.stdout.buffer
out.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
out.flush()
while True:
    frame = s.recv(262144)
    now = time.time()
    out.write(struct.pack("=IIII", int(now), int(now % 1 * 1e6), len(frame), len(frame)) + frame)
    out.flush()
"#;

/// A running capture.
pub struct Capture {
    // tcpdump ends with its input; dropping it kills it in any case.
    decoder: Running,
    writer: std::process::Child,
}

impl Capture {
    pub(super) fn start(host: &Host, iface: &str) -> Capture {
        let mut writer = host.command("python3");
        writer.args(["-c", WRITE_FRAMES, iface]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut writer = writer.spawn().expect("python3");
        let frames = writer.stdout.take().expect("piped");
        let mut decoder = Command::new("tcpdump");
        decoder.env("PATH", super::path()).args(["-r", "-", "-n", "-e", "-vv", "-l"]);
        let decoder = Running::start_reading(decoder, frames);
        // tcpdump prints this line after it has read the file header, which it writes when the
        // socket is open.
        decoder.error_line(|line| line.contains("reading from file"));
        Capture { decoder, writer }
    }

    /// Waits for a line of the decoded frames that holds all of `parts`. One frame may be several
    /// lines.
    pub fn wait_for_frame(&self, parts: &[&str]) -> String {
        self.decoder.line(|line| parts.iter().all(|part| line.contains(part)))
    }

    /// The text decoded until now.
    pub fn so_far(&self) -> String {
        self.decoder.so_far()
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        let _ = self.writer.kill();
        let _ = self.writer.wait();
    }
}
