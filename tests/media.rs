//! mcast measures the streams of real senders: FFmpeg, GStreamer, VLC, multicat and ptp4l. A switch
//! in between loses, duplicates and reorders datagrams, and its own counters give the truth.
//!
//! The packages are large. CI runs these tests in the job `media`, which sets `MCAST_MEDIA=1`.
//! Anywhere else they are skipped if a program is missing.
#![cfg(target_os = "linux")]

mod lab;

use std::path::PathBuf;
use std::process::Command;

use lab::{Finished, Host, Lab, Running, Switch};
use serde_json::{Value, json};

/// The length of the IPv4 and UDP headers, which nftables counts too.
const HEADERS: u64 = 28;

/// The length of a packet of a transport stream.
const TS_PACKET: u64 = 188;

/// Three seconds of a picture and a transport stream of constant rate.
const PICTURE: &str = "-re -f lavfi -i testsrc2=size=320x180:rate=25 -t 3 -c:v mpeg2video -b:v 1M";

/// Forwards from p0 to p1: sends the multicast datagrams with the numbers in `twice` twice, and
/// sends those in `late` after the next three.
const FORWARDER: &str = r#"
import socket, sys
twice, late = ({int(n) for n in argument.split(",")} for argument in sys.argv[1:])
ports = []
for name in ("p0", "p1"):
    port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    port.setsockopt(263, 23, 1)  # SOL_PACKET, PACKET_IGNORE_OUTGOING
    port.bind((name, 0))
    ports.append(port)
print("forwards")
number, held = 0, []
while True:
    frame = ports[0].recv(65536)
    is_udp = frame[0] & 1 and frame[12:14] == b"\x08\x00" and frame[23] == 17
    if is_udp and number in late:
        held.append([frame, 3])
    else:
        for _ in range(2 if is_udp and number in twice else 1):
            ports[1].send(frame)
        if is_udp:
            held = [[frame, left - 1] for frame, left in held]
            [ports[1].send(frame) for frame, left in held if left == 0]
            held = [entry for entry in held if entry[1] > 0]
    number += is_udp
"#;

/// Writes every frame of an interface to a pcap file: IFACE FILE.
const WRITE_FRAMES: &str = r#"
import socket, struct, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind((sys.argv[1], 0))
out = open(sys.argv[2], "wb", buffering=0)
out.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
print("captures")
while True:
    frame = s.recv(262144)
    now = time.time()
    out.write(struct.pack("=IIII", int(now), int(now % 1 * 1e6), len(frame), len(frame)) + frame)
"#;

/// A sender and a receiver on a switch that floods.
struct Scene {
    sender: Host,
    receiver: Host,
    switch: Switch,
}

/// What a rule of nftables has counted.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Counted {
    datagrams: u64,
    payload: u64,
}

impl Counted {
    fn ts_packets(self) -> u64 {
        assert_eq!(self.payload % TS_PACKET, 0, "{self:?}");
        self.payload / TS_PACKET
    }
}

impl Scene {
    fn new(lab: &Lab) -> Scene {
        Self::on(lab, lab.switch_with("mcast_snooping 0"))
    }

    fn on(lab: &Lab, mut switch: Switch) -> Scene {
        let sender = lab.host_on(&mut switch, "10.0.0.100/24");
        let receiver = lab.host_on(&mut switch, "10.0.0.101/24");
        sender.shell("ip route add 224.0.0.0/4 dev e0");
        Scene { sender, receiver, switch }
    }

    /// Drops the datagrams to a port with these numbers, from 0.
    fn lose(&self, port: u16, numbers: &[u32]) {
        let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
        let numbers = numbers.join(", ");
        self.switch.host().firewall(&format!(
            "table bridge lossy {{ counter sent {{ }}; counter lost {{ }}; chain forward {{ \
             type filter hook forward priority 0; ip daddr 239.0.0.0/8 udp dport {port} \
             counter name sent; ip daddr 239.0.0.0/8 udp dport {port} \
             numgen inc mod 1000000 {{ {numbers} }} counter name lost drop; }}; }}"
        ));
    }

    /// The counters of all datagrams and of those that the switch dropped.
    fn truth(&self) -> (Counted, Counted) {
        let count = |name: &str| {
            let text = self.switch.host().shell(&format!("nft list counter bridge lossy {name}"));
            let after = |word: &str| {
                let mut words = text.split_whitespace().skip_while(|found| *found != word);
                words.nth(1).and_then(|value| value.parse::<u64>().ok()).expect("a number")
            };
            let (datagrams, bytes) = (after("packets"), after("bytes"));
            Counted { datagrams, payload: bytes - datagrams * HEADERS }
        };
        (count("sent"), count("lost"))
    }

    /// Starts `mcast recv` until the stream is silent.
    fn recv(&self, group: &str, port: u16, options: &str) -> Running {
        let line =
            format!("recv {group}:{port} --iface e0 -q -o json --idle 3s --timeout 60s {options}");
        self.receiver.mcast(&line).ready_when_member(&self.receiver, "e0", group)
    }

    /// Captures what the receiver gets, into a file.
    fn capture(&self, name: &str) -> (Running, PathBuf) {
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("{name}-{}.pcap", std::process::id()));
        let running = self.receiver.python(WRITE_FRAMES, &["e0", file.to_str().expect("a path")]);
        running.line(|line| line == "captures");
        (running, file)
    }

    fn ffmpeg(&self, arguments: &str) -> Running {
        self.sender.program(&format!("ffmpeg -nostdin -hide_banner -loglevel error {arguments}"))
    }

    fn gstreamer(&self, pipeline: &str) -> Running {
        self.sender.program(&format!("gst-launch-1.0 -q {pipeline}"))
    }
}

/// The only stream with this format.
fn only(finished: &Finished, format: &str) -> Value {
    let summary = finished.summary();
    let streams = summary["streams"].as_array().expect("streams");
    let mut found = streams.iter().filter(|stream| stream["format"] == format);
    let first = found.next().unwrap_or_else(|| panic!("no stream of {format}\n{finished}"));
    assert!(found.next().is_none(), "more than one stream of {format}\n{finished}");
    first.clone()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// Runs tshark over a capture.
fn tshark(file: &PathBuf, arguments: &[&str]) -> String {
    let output = Command::new("tshark").arg("-r").arg(file).args(arguments).output();
    let output = output.expect("tshark");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The datagrams and the losses of the first RTP stream, as tshark counts them.
fn tshark_rtp(file: &PathBuf, port: u16) -> (u64, u64) {
    let decode = format!("udp.port=={port},rtp");
    let text = tshark(file, &["-q", "-z", "rtp,streams", "-d", &decode]);
    let line = text.lines().find(|line| line.contains("0x")).expect("a stream");
    // The name of a payload type may have spaces. "Lost" is the only column with a bracket.
    let before = line.split(" (").next().expect("a part");
    let mut words = before.split_whitespace().rev().map(|word| word.parse().expect("a number"));
    let lost = words.next().expect("lost");
    (words.next().expect("packets"), lost)
}

/// The packets that tshark finds missing from the continuity counters.
fn tshark_skips(file: &PathBuf, port: u16) -> u64 {
    let decode = format!("udp.port=={port},mp2t");
    let filter = ["-Y", "mp2t.analysis.skips", "-T", "fields", "-e", "mp2t.analysis.skips"];
    let text = tshark(file, &[&["-d", &decode], &filter[..]].concat());
    text.split([',', '\n']).filter_map(|skips| skips.trim().parse::<u64>().ok()).sum()
}

/// Asserts what RTP shows exactly: every datagram either arrived or is lost.
fn assert_rtp_is_exact(scene: &Scene, stream: &Value, lost: u64) {
    let (sent, dropped) = scene.truth();
    assert_eq!(dropped.datagrams, lost);
    let counted = json!([
        stream["received"],
        stream["lost"],
        stream["duplicates"],
        stream["reordered"],
        stream["unit"]
    ]);
    assert_eq!(counted, json!([sent.datagrams - lost, lost, 0, 0, "datagrams"]), "{stream}");
}

#[test]
fn ffmpeg_ts_loses_at_least_what_the_counters_show() {
    let Some(lab) = Lab::with_large(&["ffmpeg", "tshark", "nft", "python3"]) else { return };
    let scene = Scene::new(&lab);
    // 20 datagrams in one run, of up to 140 packets: more than 16 of one PID.
    let run: Vec<u32> = (60..80).chain([120, 150, 151]).collect();
    scene.lose(5000, &run);
    let (capture, file) = scene.capture("ffmpeg-ts");
    let recv = scene.recv("239.1.1.1", 5000, "");
    scene
        .ffmpeg(&format!(
            "{PICTURE} -f mpegts -muxrate 1500k -metadata service_name=Alpine \
             udp://239.1.1.1:5000?localaddr=10.0.0.100&pkt_size=1316&ttl=4"
        ))
        .ends(0);
    let finished = recv.ends(0);
    drop(capture);

    let stream = only(&finished, "ts");
    let ts = &stream["ts"];
    let (sent, lost) = scene.truth();
    assert_eq!(number(&ts["packets"]), sent.ts_packets() - lost.ts_packets(), "{stream}");
    let at_least = number(&ts["lost_min"]);
    assert!((1..=lost.ts_packets()).contains(&at_least), "{lost:?}: {stream}");
    assert_eq!(at_least, tshark_skips(&file, 5000), "{stream}");
    assert_eq!((&stream["unit"], &stream["lost"]), (&json!("ts_packets"), &ts["lost_min"]));
    // Three holes show on one or more of the PIDs.
    assert!(number(&ts["cc_errors"]) >= 3, "{stream}");
    let estimate = number(&ts["lost_estimate"]);
    assert!(estimate.abs_diff(lost.ts_packets()) <= 3, "{lost:?}: {stream}");
    assert_eq!(ts["service"], "Alpine", "{stream}");
}

#[test]
fn ffmpeg_rtp_ts_shows_lost_datagrams_and_lost_packets() {
    let Some(lab) = Lab::with_large(&["ffmpeg", "tshark", "nft", "python3"]) else { return };
    let scene = Scene::new(&lab);
    scene.lose(5004, &[50, 51, 52, 90, 200]);
    let (capture, file) = scene.capture("ffmpeg-rtp-ts");
    let recv = scene.recv("239.1.1.2", 5004, "");
    scene
        .ffmpeg(&format!(
            "{PICTURE} -f rtp_mpegts -muxrate 1500k \
             rtp://239.1.1.2:5004?localaddr=10.0.0.100&ttl=4"
        ))
        .ends(0);
    let finished = recv.ends(0);
    drop(capture);

    let stream = only(&finished, "ts");
    assert_rtp_is_exact(&scene, &stream, 5);
    assert_eq!(tshark_rtp(&file, 5004), (number(&stream["received"]), 5), "{stream}");
    assert_eq!(stream["rtp"]["payload_type"], 33, "{stream}");
    assert_eq!(stream["rtp"]["clock_hz"], 90_000, "{stream}");
    let lost = number(&stream["ts"]["lost_min"]);
    assert!((1..=5 * 7).contains(&lost), "{stream}");
}

#[test]
fn ffmpeg_audio_has_no_false_loss() {
    let Some(lab) = Lab::with_large(&["ffmpeg", "tshark", "nft", "python3"]) else { return };
    let scene = Scene::new(&lab);
    scene.lose(5004, &[100, 101, 700]);
    let (capture, file) = scene.capture("ffmpeg-l24");
    let recv = scene.recv("239.69.1.1", 5004, "");
    scene
        .ffmpeg(
            "-re -f lavfi -i sine=1000:sample_rate=48000 -t 3 -ac 2 -c:a pcm_s24be -f rtp \
             rtp://239.69.1.1:5004?localaddr=10.0.0.100&ttl=4&pkt_size=300",
        )
        .ends(0);
    let finished = recv.ends(0);
    drop(capture);

    let stream = only(&finished, "rtp");
    assert_rtp_is_exact(&scene, &stream, 3);
    assert_eq!(tshark_rtp(&file, 5004), (number(&stream["received"]), 3), "{stream}");
    assert_eq!(stream["loss_runs"], json!({"count": 2, "longest": 2}), "{stream}");
    assert_eq!(stream["rtp"]["clock_hz"], 48_000, "{stream}");
}

/// An AES67 stream of 1 ms packets.
const AES67: &str = "audiotestsrc is-live=true samplesperbuffer=48 num-buffers=3000 \
     ! audio/x-raw,rate=48000,channels=2,format=S24BE \
     ! rtpL24pay min-ptime=1000000 max-ptime=1000000 pt=97 \
     ! udpsink host=239.69.1.3 port=5004 multicast-iface=e0 ttl-mc=4 sync=true";

#[test]
fn gstreamer_aes67_loss_is_exact() {
    let Some(lab) = Lab::with_large(&["gst-launch-1.0", "nft"]) else { return };
    let scene = Scene::new(&lab);
    scene.lose(5004, &[500, 501, 502, 503, 1000]);
    let recv = scene.recv("239.69.1.3", 5004, "");
    scene.gstreamer(AES67).ends(0);
    let stream = only(&recv.ends(0), "rtp");
    assert_rtp_is_exact(&scene, &stream, 5);
    assert_eq!(stream["loss_runs"], json!({"count": 2, "longest": 4}), "{stream}");
    let rtp = &stream["rtp"];
    assert_eq!(json!([rtp["payload_type"], rtp["clock_hz"]]), json!([97, 48_000]), "{stream}");
    assert!(number(&rtp["jitter_ns"]) < 20_000_000, "{stream}");
}

#[test]
fn duplicates_and_reordered_datagrams_are_not_loss() {
    let tools = ["ethtool", "gst-launch-1.0", "python3"];
    let Some(lab) = Lab::with_large(&tools) else { return };
    let scene = Scene::on(&lab, lab.switch_without_bridge());
    // The forwarder sends what it receives: the checksums must be complete.
    scene.sender.shell("ethtool -K e0 tx off");
    let forwarder =
        scene.switch.host().python(FORWARDER, &["100,101,200,300,2000", "500,900,1200,1201"]);
    forwarder.line(|line| line == "forwards");
    let recv = scene.recv("239.69.1.3", 5004, "");
    scene.gstreamer(AES67).ends(0);
    let stream = only(&recv.ends(0), "rtp");
    let counted = json!([
        stream["received"],
        stream["lost"],
        stream["duplicates"],
        stream["reordered"],
        stream["reorder_extent_max"]
    ]);
    assert_eq!(counted, json!([3000, 0, 5, 4, 4]), "{stream}");
}

#[test]
fn gstreamer_raw_video_has_one_marker_per_frame() {
    let Some(lab) = Lab::with_large(&["gst-launch-1.0", "nft"]) else { return };
    let scene = Scene::new(&lab);
    scene.lose(5004, &[300, 301, 900]);
    let recv = scene.recv("239.1.1.5", 5004, "");
    scene
        .gstreamer(
            "videotestsrc is-live=true num-buffers=50 \
             ! video/x-raw,width=320,height=180,framerate=25/1,format=UYVY \
             ! rtpvrawpay pt=96 mtu=1400 ! udpsink host=239.1.1.5 port=5004 multicast-iface=e0 \
             ttl-mc=4",
        )
        .ends(0);
    let stream = only(&recv.ends(0), "rtp");
    assert_rtp_is_exact(&scene, &stream, 3);
    let rtp = &stream["rtp"];
    assert_eq!(rtp["clock_hz"], 90_000, "{stream}");
    // None of the lost datagrams is the last of a frame.
    assert_eq!(rtp["marker"], 50, "{stream}");
}

/// A transport stream of some seconds, in a file that other users may read.
fn transport_stream(name: &str, seconds: u32) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("mcast-media-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("x.ts");
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-nostdin", "-loglevel", "error", "-y"]).args(PICTURE.split(' ').skip(1));
    let status = ffmpeg
        .args(["-t", &seconds.to_string(), "-f", "mpegts", "-muxrate", "1500k"])
        .arg(&file)
        .status();
    assert!(status.expect("ffmpeg").success());
    file
}

#[test]
fn vlc_ts_has_a_pcr_each_tenth_of_a_second() {
    let Some(lab) = Lab::with_large(&["cvlc", "ffmpeg", "setpriv", "nft"]) else { return };
    if std::env::var("MCAST_LAB").as_deref() == Ok("user") {
        return Lab::unsupported("needs a second user id, because VLC does not run as root");
    }
    let scene = Scene::new(&lab);
    scene.lose(5000, &[40, 41]);
    // VLC ends about two seconds before the file does.
    let file = transport_stream("vlc", 6);
    let recv = scene.recv("239.1.1.9", 5000, "");
    let home = file.parent().expect("a folder").display();
    scene.sender.shell(&format!(
        "HOME={home} setpriv --reuid=65534 --regid=65534 --clear-groups cvlc -q -I dummy \
         {} --sout '#std{{access=udp,mux=ts,dst=239.1.1.9:5000}}' --miface=e0 --ttl 4 vlc://quit",
        file.display()
    ));
    let stream = only(&recv.ends(0), "ts");
    let (sent, lost) = scene.truth();
    let ts = &stream["ts"];
    assert_eq!(number(&ts["packets"]), sent.ts_packets() - lost.ts_packets(), "{stream}");
    assert!((1..=lost.ts_packets()).contains(&number(&ts["lost_min"])), "{stream}");
    let _ = std::fs::remove_dir_all(file.parent().expect("a folder"));
}

#[test]
fn multicat_sends_ts_over_udp_and_over_rtp() {
    let Some(lab) = Lab::with_large(&["multicat", "ingests", "ffmpeg", "nft"]) else { return };
    let file = transport_stream("multicat", 3);
    let path = file.display();
    for (option, port) in [("-U", 5000), ("", 5004)] {
        let scene = Scene::new(&lab);
        scene.lose(port, &[100, 101, 102]);
        let recv = scene.recv("239.1.1.11", port, "");
        scene.sender.shell(&format!(
            "ingests -p 0x100 {path} >/dev/null 2>&1; multicat {option} {path} \
             239.1.1.11:{port}/ifaddr=10.0.0.100/ttl=4 >/dev/null 2>&1"
        ));
        let stream = only(&recv.ends(0), "ts");
        let (sent, lost) = scene.truth();
        let at_least = number(&stream["ts"]["lost_min"]);
        assert!((1..=3 * 7).contains(&at_least), "{stream}");
        if option.is_empty() {
            assert_rtp_is_exact(&scene, &stream, 3);
        } else {
            let packets = sent.ts_packets() - lost.ts_packets();
            assert_eq!(number(&stream["ts"]["packets"]), packets, "{stream}");
        }
    }
    let _ = std::fs::remove_dir_all(file.parent().expect("a folder"));
}

#[test]
fn ptp4l_is_the_grandmaster() {
    let Some(lab) = Lab::with_large(&["ptp4l"]) else { return };
    let scene = Scene::new(&lab);
    let recv = scene
        .receiver
        .mcast("recv 224.0.1.129:319 224.0.1.129:320 --iface e0 -q -o json --duration 8s");
    let recv = recv.ready_when_member(&scene.receiver, "e0", "224.0.1.129");
    let master = scene.sender.program(
        "ptp4l -i e0 -S -4 -m --free_running=1 --priority1=100 --logAnnounceInterval=-2 \
         --logSyncInterval=-3 --announceReceiptTimeout=2",
    );
    let finished = recv.ends(0);
    drop(master);
    let link = scene.sender.shell("ip -o link show e0");
    let mac = link.split_whitespace().skip_while(|word| *word != "link/ether").nth(1);
    let mac = mac.expect("a MAC address").replace(':', "");
    let identity = format!("{}fffe{}", &mac[..6], &mac[6..]);
    let summary = finished.summary();
    let streams = summary["streams"].as_array().expect("streams");
    // One for Sync and one for Announce. The other message types have no numbers of their own.
    let is_ptp = |stream: &&Value| stream["format"] == "ptp" && stream["lost"] == 0;
    assert_eq!((streams.iter().filter(is_ptp).count(), streams.len()), (2, 2), "{finished}");
    let names = |stream: &Value| stream["ptp"].to_string().replace(['.', ':'], "");
    assert!(streams.iter().any(|stream| names(stream).contains(&identity)), "{finished}");
}
