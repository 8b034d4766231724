//! Recordings: written, read, sent again.

use super::computer::{Computer, LOOPBACK, argument, group, new_file};

#[test]
fn a_recording_is_read_and_sent_again() {
    let Some(computer) = Computer::open() else { return };
    let (target, file) = (group(), new_file("recorded.pcapng"));
    let file = argument(&file);
    let receiving = ["--count", "4", "--write", file];
    let live =
        computer.exchange(0, (&target, LOOPBACK), &receiving, &["--count", "4", "-i", "20ms"]);
    assert_eq!(live.summary()["datagrams"], 4, "{live}");

    let read = computer.run(0, &["recv", &target, "--read", file, "-o", "json"]);
    assert_eq!(read.summary()["datagrams"], 4, "{read}");
    for datagram in read.events_of("datagram") {
        assert_eq!(datagram["text"], "hello world", "{datagram}");
    }

    let receiver = computer.receive(&target, 4);
    let replayed =
        computer.run(0, &["send", "--replay", file, "--iface", LOOPBACK, "-q", "-o", "json"]);
    assert_eq!(replayed.summary()["datagrams"], 4, "{replayed}");
    assert_eq!(receiver.ends(0).summary()["datagrams"], 4);
}

#[test]
fn a_file_that_is_no_capture_ends_with_2() {
    let Some(computer) = Computer::open() else { return };
    let file = new_file("text.pcap");
    std::fs::write(&file, "no capture\n").unwrap();
    let finished = computer.run(2, &["recv", &group(), "--read", argument(&file)]);
    assert!(finished.err.contains("text.pcap"), "{finished}");
}
