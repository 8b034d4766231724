//! FFmpeg, GStreamer and VLC receive a transport stream that `mcast send --file --loop` repeats.
//! They decode pictures across the seams without complaints.
//!
//! The packages are large: like `tests/media.rs`, CI runs these tests in the job `media`.
#![cfg(target_os = "linux")]

mod lab;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use lab::{Host, Lab, Running, eventually};

/// The file has 50 pictures: so many are more than two passes.
const PICTURES: usize = 125;

/// Two seconds of pictures and a sound. Each fifth picture is a key frame: players start early.
const CONTENT: &str = "-f lavfi -i testsrc2=size=320x180:rate=25 \
     -f lavfi -i sine=440:sample_rate=48000 -t 2 -c:v libx264 -preset ultrafast \
     -profile:v baseline -pix_fmt yuv420p -b:v 1M -g 5 -c:a mp2 -f mpegts -muxrate 2M";

/// A sender and a receiver, and a folder with the file that any user may write to.
struct Scene {
    sender: Host,
    receiver: Host,
    folder: PathBuf,
}

impl Scene {
    fn new(lab: &Lab, name: &str) -> Scene {
        let (sender, receiver) = lab.pair();
        let name = format!("mcast-players-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        sender.shell(&format!(
            "chmod 777 {0}; ffmpeg -nostdin -loglevel error -y {CONTENT} {0}/x.ts",
            folder.display()
        ));
        Scene { sender, receiver, folder }
    }

    /// Sends the file without end after a player has joined.
    fn send(&self, options: &str) -> Running {
        self.receiver.wait_for_join("e0", "239.1.1.1");
        self.sender.mcast(&format!(
            "send 239.1.1.1:5000 --iface e0 --file {}/x.ts --loop {options}",
            self.folder.display()
        ))
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The two ways to send, and the scheme of a URL for each.
const WAYS: [(&str, &str); 2] = [("", "udp"), ("--rtp", "rtp")];

#[test]
fn ffmpeg_decodes_across_the_seams() {
    let Some(lab) = Lab::with_large(&["ffmpeg"]) else { return };
    let scene = Scene::new(&lab, "ffmpeg");
    for (options, scheme) in WAYS {
        let ffmpeg = scene.receiver.program(&format!(
            "ffmpeg -nostdin -hide_banner -loglevel warning \
             -i {scheme}://239.1.1.1:5000?localaddr=10.0.0.101 -fps_mode passthrough \
             -frames:v {PICTURES} -f framecrc -"
        ));
        let _send = scene.send(options);
        let finished = ffmpeg.ends(0);
        assert_eq!(finished.err, "", "{options}: {finished}");
        // Stream, DTS, PTS, duration: one tick is the duration of a picture. The sound has whole
        // frames and lasts 2.016 s: at a seam, a picture stays for 16 ms longer.
        let times: Vec<i64> = finished
            .out
            .lines()
            .filter_map(|line| line.strip_prefix("0,")?.split(',').nth(1)?.trim().parse().ok())
            .collect();
        assert_eq!(times.len(), PICTURES, "{finished}");
        assert!(
            times.windows(2).all(|two| (1..=2).contains(&(two[1] - two[0]))),
            "{options}: {times:?}"
        );
    }
}

#[test]
fn gstreamer_decodes_across_the_seams() {
    let Some(lab) = Lab::with_large(&["gst-launch-1.0", "ffmpeg"]) else { return };
    let scene = Scene::new(&lab, "gstreamer");
    for (options, _) in WAYS {
        let unwrap = match options {
            "" => "",
            _ => {
                "caps=application/x-rtp,media=video,clock-rate=90000,encoding-name=MP2T \
                  ! rtpmp2tdepay"
            }
        };
        let line = format!(
            "gst-launch-1.0 -v udpsrc address=239.1.1.1 port=5000 multicast-iface=e0 {unwrap} \
             ! tsdemux name=demux demux. ! queue ! h264parse ! openh264dec \
             ! fakesink name=video sync=false silent=false \
             demux. ! queue ! mpegaudioparse ! mpg123audiodec ! fakesink sync=false"
        );
        let mut words = line.split_whitespace();
        let mut command = scene.receiver.command(words.next().expect("a program"));
        // Warnings and errors.
        command.args(words).env("GST_DEBUG", "2").env("GST_DEBUG_NO_COLOR", "1");
        let gstreamer = Running::start(command);
        let _send = scene.send(options);
        let pictures = || gstreamer.so_far().matches("last-message = chain").count();
        eventually("pictures", || pictures() >= PICTURES);
        gstreamer.signal("INT");
        let finished = gstreamer.finish();
        // The tag for "MPEG-1 layer 2" has no description.
        let mut complaints =
            finished.err.lines().filter(|line| !line.contains("format_info_get_desc"));
        assert_eq!(complaints.next(), None, "{options}: {finished}");
    }
}

/// Sends a command to the remote control of VLC, and returns the answer until it ends with `end`.
fn command_vlc(socket: &Path, line: &str, end: &str) -> std::io::Result<String> {
    let mut stream = UnixStream::connect(socket)?;
    writeln!(stream, "{line}")?;
    let (mut answer, mut piece) = (String::new(), [0; 4096]);
    while !answer.contains(end) {
        match stream.read(&mut piece)? {
            0 => break,
            count => answer += &String::from_utf8_lossy(&piece[..count]),
        }
    }
    Ok(answer)
}

/// A counter in the statistics of VLC.
fn counter(statistics: &str, name: &str) -> Option<usize> {
    let line = statistics.lines().find(|line| line.contains(name))?;
    line.rsplit(':').next()?.trim().parse().ok()
}

#[test]
fn vlc_decodes_across_the_seams() {
    let Some(lab) = Lab::with_large(&["cvlc", "ffmpeg", "setpriv"]) else { return };
    if std::env::var("MCAST_LAB").as_deref() == Ok("user") {
        return Lab::unsupported("needs a second user id, because VLC does not run as root");
    }
    let scene = Scene::new(&lab, "vlc");
    // Only UDP: VLC 3.0 displays no picture of a transport stream in RTP, not from FFmpeg either.
    let socket = scene.folder.join("socket");
    let line = format!(
        "setpriv --reuid=65534 --regid=65534 --clear-groups cvlc -I oldrc --rc-fake-tty \
         --rc-unix {} --vout vdummy --aout adummy --miface e0 udp://@239.1.1.1:5000",
        socket.display()
    );
    let mut words = line.split_whitespace();
    let mut command = scene.receiver.command(words.next().expect("a program"));
    command.args(words).env("HOME", &scene.folder);
    let vlc = Running::start(command);
    let _send = scene.send("");
    let statistics = || command_vlc(&socket, "stats", "stats: returned").unwrap_or_default();
    let displayed = || counter(&statistics(), "frames displayed");
    eventually("pictures", || displayed().is_some_and(|count| count >= PICTURES));
    let statistics = statistics();
    for fault in ["demux corrupted", "discontinuities"] {
        assert_eq!(counter(&statistics, fault), Some(0), "{statistics}");
    }
    // Before the end, at which VLC cuts the stream inside of a picture. A host without a desktop
    // has neither D-Bus nor hotkeys: the interfaces for them fail.
    let errors = vlc.errors_so_far();
    let is_complaint = |line: &&str| line.contains("error") && !line.contains("interface");
    assert_eq!(errors.lines().find(is_complaint), None, "{errors}");
}
