//! Screens, drawn into memory with scripted time.

use std::time::{Duration, SystemTime};

use ratatui::style::{Color, Modifier};

use crate::event::{Event, FlowTotals, IntervalReport, StreamInfo, StreamTotals};
use crate::messages::received;
use crate::report::live::glyphs::ASCII;
use crate::report::live::{Key, Rig};
use crate::report::samples;
use crate::target::Zoned;
use crate::units::UnixTime;

/// A stream to 239.1.1.`last` with its losses in this interval and until now.
fn stream(last: u8, rate: u64, lost: (u64, u64), second: u64, now: SystemTime) -> StreamInfo {
    let datagrams = rate * (second + 1);
    let so_far = StreamTotals {
        position: last.into(),
        datagrams,
        bytes: datagrams * 64,
        expected: datagrams + lost.1,
        lost: lost.1,
        last: UnixTime::from(now),
        ..StreamTotals::default()
    };
    let counters = samples::counters(rate, lost.0, (lost.0.min(1), lost.0));
    StreamInfo { so_far, ended: false, ..samples::stream(last, counters) }
}

fn interval(rig: &mut Rig, second: u64, streams: Vec<StreamInfo>, flows: Vec<FlowTotals>) {
    let datagrams = streams.iter().map(|stream| stream.counters.datagrams).sum();
    let mut counters = received(datagrams);
    (counters.elapsed, counters.streams) = (Duration::from_secs(1), streams);
    let since = Duration::from_secs(second);
    rig.event(&Event::Interval(IntervalReport { since, counters, flows: Some(flows) }));
}

/// Five seconds of three streams: the second one loses, the third one falls silent after a second.
fn three() -> Rig {
    let mut rig = Rig::new("recv", "mcast recv 239.1.1.1+3:5000 --live");
    for second in 0..6 {
        rig.pass(1000);
        let now = rig.now();
        let mut streams = vec![stream(1, 1000, (0, 0), second, now)];
        streams.push(stream(2, 500, (3, 3 * (second + 1)), second, now));
        if second == 0 {
            streams.push(stream(3, 10, (0, 0), second, now));
        }
        interval(&mut rig, second, streams, Vec::new());
    }
    rig
}

/// The groups of the rows, from the top down.
fn groups(screen: &str) -> Vec<String> {
    let groups = screen.lines().skip(4).take(3).filter_map(|line| {
        line.split_whitespace().find(|word| word.starts_with("239.")).map(str::to_owned)
    });
    groups.collect()
}

#[test]
fn losses_and_silence_are_visible() {
    let mut rig = three();
    let screen = rig.screen(100, 24);
    let row = |group: &str| {
        screen.lines().find(|line| line.contains(group) && !line.contains('─')).unwrap().to_owned()
    };
    assert!(screen.contains("1 SILENT"), "{screen}");
    assert!(screen.contains("lost 18 "), "{screen}");
    assert!(row("239.1.1.2:5000").contains("18  0.596 %"), "{screen}");
    assert!(row("239.1.1.3:5000").contains("█·····"), "{screen}");
    assert!(row("239.1.1.3:5000").ends_with("5.0 s"), "{screen}");
    let buffer = rig.buffer(100, 24);
    let red = |text: &str| {
        let line = screen.lines().position(|line| line.contains(text)).unwrap() as u16;
        (0..100).any(|x| buffer[(x, line)].fg == Color::Red)
    };
    assert!(red("239.1.1.2:5000  ") && red("239.1.1.3:5000  ") && !red("239.1.1.1:5000  eth"));
}

#[test]
fn a_column_sorts_the_rows_and_a_filter_hides_some() {
    let mut rig = three();
    assert_eq!(
        groups(&rig.screen(80, 24)).join(" "),
        "239.1.1.1:5000 239.1.1.2:5000 239.1.1.3:5000"
    );
    // The titles are those of the screen: press until the loss is marked.
    for _ in 0..20 {
        if rig.screen(80, 24).contains("LOSS▼") {
            break;
        }
        rig.press([Key::Letter('s')]);
    }
    assert_eq!(groups(&rig.screen(80, 24))[0], "239.1.1.2:5000");
    rig.press([Key::Letter('S')]);
    let screen = rig.screen(80, 24);
    assert!(screen.contains("LOSS▲") && groups(&screen)[2] == "239.1.1.2:5000", "{screen}");
    rig.press([Key::Letter('/')]);
    rig.type_text("1.3:");
    assert!(rig.screen(80, 24).contains("filter: 1.3:"));
    rig.press([Key::Enter]);
    let screen = rig.screen(80, 24);
    assert_eq!(groups(&screen), ["239.1.1.3:5000"], "{screen}");
    assert!(screen.contains("Streams 1 of 3"), "{screen}");
    rig.press([Key::Escape]);
    assert_eq!(groups(&rig.screen(80, 24)).len(), 3);
}

#[test]
fn a_letter_in_a_filter_is_no_command() {
    let mut rig = three();
    rig.press([Key::Letter('/')]);
    assert_eq!(rig.press([Key::Letter('q')]), None);
    rig.press([Key::Backspace, Key::Backspace]);
    assert!(rig.screen(80, 24).contains("q quit"));
}

#[test]
fn a_pause_keeps_the_screen_and_not_the_run() {
    let mut rig = three();
    rig.press([Key::Letter('p')]);
    let before = rig.screen(80, 24);
    rig.pass(1000);
    let now = rig.now();
    interval(&mut rig, 6, vec![stream(1, 1000, (7, 7), 6, now)], Vec::new());
    assert_eq!(rig.screen(80, 24), before);
    assert!(before.contains("PAUSED at 6 s"), "{before}");
    rig.press([Key::Letter('p')]);
    let after = rig.screen(80, 24);
    assert!(after.contains("lost 25 ") && !after.contains("PAUSED"), "{after}");
}

#[test]
fn a_reset_counts_from_zero() {
    let mut rig = three();
    rig.press([Key::Letter('r')]);
    assert!(rig.screen(80, 24).contains("resetting"));
    rig.pass(1000);
    let now = rig.now();
    let streams = vec![stream(1, 1000, (0, 0), 6, now), stream(2, 500, (3, 21), 6, now)];
    interval(&mut rig, 6, streams, Vec::new());
    let screen = rig.screen(120, 24);
    assert!(screen.contains("lost 3 (0.200 %)"), "{screen}");
    assert!(screen.contains("1000 of") || screen.contains("0 of 1000 datagrams"), "{screen}");
}

#[test]
fn the_selection_follows_its_row() {
    let mut rig = three();
    rig.press([Key::Down]);
    let selected = |rig: &mut Rig| {
        let screen = rig.screen(80, 24);
        screen.lines().find(|line| line.starts_with('▶')).unwrap().to_owned()
    };
    assert!(selected(&mut rig).contains("239.1.1.2:5000"));
    for _ in 0..3 {
        rig.press([Key::Letter('s')]);
        assert!(selected(&mut rig).contains("239.1.1.2:5000"));
    }
    rig.press([Key::End]);
    let screen = rig.screen(80, 24);
    assert!(screen.contains("> 239.1.1."), "{screen}");
}

#[test]
fn without_colour_weight_and_marks_remain() {
    let mut rig = three();
    rig.has_colour = false;
    let buffer = rig.buffer(80, 24);
    let is_plain = |color| matches!(color, Color::Reset);
    assert!(buffer.content.iter().all(|cell| is_plain(cell.fg) && is_plain(cell.bg)));
    assert!(buffer[(0, 4)].modifier.contains(Modifier::REVERSED), "the selected row");
    assert!(rig.screen(80, 24).contains("SILENT"));
}

#[test]
fn an_old_terminal_gets_ascii() {
    let mut rig = three();
    rig.glyphs = ASCII;
    for keys in [vec![], vec![Key::Letter('?')], vec![Key::Letter('x'), Key::Letter('w')]] {
        rig.press(keys);
        let screen = rig.screen(80, 24);
        assert!(screen.is_ascii(), "{screen}");
    }
}

#[test]
fn every_size_can_be_drawn() {
    let mut rig = three();
    for page in ['x', '?', 'x', 'w', 'w', '/'] {
        rig.press([Key::Letter(page)]);
        for columns in (1..200).step_by(7) {
            for lines in (1..60).step_by(3) {
                rig.screen(columns, lines);
            }
        }
    }
}

#[test]
fn foreign_text_cannot_control_the_terminal() {
    let mut rig = Rig::new("recv", "mcast recv --live");
    rig.pass(1000);
    let flow = FlowTotals {
        source: Zoned::socket("[fe80::1]:4000".parse().unwrap(), Some("e\u{1b}[31m".to_owned())),
        group: "ff02::1:5".parse().unwrap(),
        port: 5000,
        iface: Some("e\u{1b}[31m\u{202e}".to_owned()),
        format: None,
        how: None,
        is_measured: false,
        datagrams: 1,
        bytes: 10,
        sizes: (10, 10),
        first_bytes: b"\x1b]0;title\x07".as_slice().into(),
        last: rig.now().into(),
    };
    interval(&mut rig, 0, Vec::new(), vec![flow]);
    let buffer = rig.buffer(160, 24);
    let letters = buffer.content.iter().flat_map(|cell| cell.symbol().chars());
    assert!(letters.into_iter().all(crate::units::printable::is_printable));
    assert!(rig.screen(160, 24).contains("\\u{1b}]0;title\\u{7}"));
}
