use super::samples::{counters, stream, together};
use super::*;
use crate::report::{ColorWhen, finished};

fn plain() -> Paint {
    Paint::new(ColorWhen::Never, &io::stdout())
}

fn written(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_loss_has_its_runs_and_its_place() {
    for (received, lost, runs, drops, line) in [
        (10, 0, (0, 0), Some(0), "lost 0 (0 %) of 10 datagrams"),
        (
            48,
            0,
            (0, 0),
            Some(457),
            "lost 0 (0 %) of 48 datagrams; this host's kernel dropped 457 other datagrams",
        ),
        (
            99,
            1,
            (1, 1),
            Some(0),
            "lost 1 (1.00 %) of 100 datagrams: in the network, not dropped by this host's kernel",
        ),
        (
            95,
            5,
            (1, 5),
            Some(0),
            "lost 5 (5.00 %) of 100 datagrams in one run: all in the network, none dropped by this \
             host's kernel",
        ),
        (
            90,
            10,
            (1, 10),
            Some(10),
            "lost 10 (10.0 %) of 100 datagrams in one run; this host's kernel dropped the same \
             number",
        ),
        (
            90,
            10,
            (10, 1),
            Some(15),
            "lost 10 (10.0 %) of 100 datagrams, never two in a row; this host's kernel dropped 15, \
             including these",
        ),
        (
            90,
            10,
            (3, 5),
            Some(4),
            "lost 10 (10.0 %) of 100 datagrams in 3 runs of at most 5; this host's kernel dropped \
             4; at least 6 were lost in the network",
        ),
        (90, 10, (3, 5), None, "lost 10 (10.0 %) of 100 datagrams in 3 runs of at most 5"),
    ] {
        let measured = together(counters(received, lost, runs), 1, 1, 0);
        let dropped = drops.map(|count| KernelDrops { count, exact: true });
        assert_eq!(written(|out| losses(&measured, dropped, Some(0), plain(), out)).trim(), line);
    }
}

#[test]
fn inexact_kernel_drops_leave_the_place_open() {
    for (count, exact, place) in [
        (0, true, ": all in the network, none dropped by this host's kernel"),
        (0, false, "; this host's kernel dropped datagrams, possibly these"),
        (
            3,
            false,
            "; this host's kernel dropped at least 3, possibly all of them (it counts a train of \
             datagrams as one)",
        ),
    ] {
        let measured = together(counters(96, 4, (4, 1)), 1, 1, 0);
        let dropped = Some(KernelDrops { count, exact });
        assert_eq!(
            written(|out| losses(&measured, dropped, None, plain(), out)).trim(),
            format!("lost 4 (4.00 %) of 100 datagrams, never two in a row{place}")
        );
    }
    let measured = together(counters(48, 0, (0, 0)), 1, 1, 0);
    let dropped = Some(KernelDrops { count: 7, exact: false });
    assert_eq!(
        written(|out| losses(&measured, dropped, None, plain(), out)).trim(),
        "lost 0 (0 %) of 48 datagrams; this host's kernel dropped at least 7 other datagrams"
    );
}

#[test]
fn a_wrong_checksum_is_no_loss_in_the_network() {
    for (lost, dropped, errors, place) in [
        (25, (0, true), 25, "25 with a wrong checksum"),
        (
            25,
            (5, true),
            15,
            "15 with a wrong checksum and 5 because the receive buffer was full; at least 5 were \
             lost in the network",
        ),
        (25, (0, true), 90, "90 with a wrong checksum, possibly including these"),
        (
            25,
            (4, false),
            9,
            "9 with a wrong checksum and at least 4 because the receive buffer was full; its \
             counters do not separate all of them",
        ),
    ] {
        let dropped = Some(KernelDrops { count: dropped.0, exact: dropped.1 });
        assert_eq!(
            with_checksums(lost, dropped, Some(errors)),
            format!("this host's kernel dropped {place}")
        );
        let measured = together(counters(100 - lost, lost, (lost, 1)), 1, 1, 0);
        let line = written(|out| losses(&measured, dropped, Some(errors), plain(), out));
        assert!(line.contains(place) && !line.contains("all in the network"), "{line}");
    }
}

#[test]
fn anomalies_have_the_names_of_the_json() {
    let mut odd = counters(100, 0, (0, 0));
    (odd.reordered, odd.reorder_extent_max, odd.stale, odd.truncated) = (2, 1, 1, 3);
    odd.dscp_changed = Some(1);
    let mut streams = [1, 2, 3].map(|last| stream(last, counters(100, 0, (0, 0))));
    streams[1].ended = false;
    // Transport streams have no end marker.
    (streams[2].ended, streams[2].format) = (false, "ts");
    let measured = MeasuredInfo { missed_before: 1, ..together(odd, 3, 1, 1) };
    let text = written(|out| remarks(&measured, &streams, plain(), out));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "2 datagrams reordered, by at most 1 position",
            "1 datagram stale: too late to distinguish from duplicates",
            "3 datagrams truncated: shorter than sent",
            "1 datagram was sent before the first one received and does not count as lost",
            "no end-of-stream marker received from 1 of 3 streams; losses after its last datagram \
             are unknown",
            "1 restart: a new stream began after the last datagram of an earlier one from the same \
             address",
            "1 datagram arrived with a changed DSCP",
        ]
    );
}

#[test]
fn an_end_marker_alone_has_no_clock() {
    let spread = Quantiles { min: 1, mean: 2, p50: 2, p90: 3, p99: 3, p999: 3, max: 3 };
    let known = || CountersInfo { delay_ns: Some(spread), ..counters(5, 0, (0, 0)) };
    let streams = [
        StreamInfo { clock: Clock::SameHost, ..stream(1, known()) },
        StreamInfo { clock: Clock::Unknown, ..stream(2, counters(0, 0, (0, 0))) },
    ];
    let text = written(|out| delays(&together(known(), 2, 2, 0), &streams, out));
    assert!(text.starts_with("delay (same host, same clock):\n"), "{text}");
}

#[test]
fn the_streams_with_the_most_losses_have_rows() {
    let streams: Vec<StreamInfo> = (1..=50)
        .map(|last| stream(last, counters(100, u64::from(last > 45), (u64::from(last > 45), 1))))
        .collect();
    let text = written(|out| stream_table::write(&streams, false, None, plain(), out));
    let lines: Vec<&str> = text.trim().lines().collect();
    assert_eq!(lines.len(), 1 + stream_table::MOST_ROWS + 1, "{text}");
    assert!(lines[1].contains("239.1.1.1:5000") && lines[20].contains("239.1.1.50:5000"), "{text}");
    assert_eq!(
        (46..=50).filter(|last| text.contains(&format!("239.1.1.{last}:5000"))).count(),
        5,
        "{text}"
    );
    assert_eq!(lines[21], "and 30 more streams, none with more losses; -v shows all");
    let text = written(|out| stream_table::write(&streams[..21], false, None, plain(), out));
    assert!(text.ends_with("and 1 more stream; -v shows all\n"), "{text}");
    assert_eq!(
        written(|out| stream_table::write(&streams, true, None, plain(), out))
            .trim()
            .lines()
            .count(),
        51
    );
}

#[test]
fn a_usual_row_fits_115_columns() {
    let mut row = counters(1_000_000, 12_345, (1, 1));
    let spread = Quantiles {
        min: 2040,
        mean: 3590,
        p50: 3590,
        p90: 4000,
        p99: 11_100,
        p999: 12_200,
        max: 54_300,
    };
    (row.delay_ns, row.jitter) = (Some(spread), Some(615.0));
    let text = written(|out| {
        stream_table::write(
            &[stream(1, counters(9, 0, (0, 0))), stream(2, row)],
            false,
            None,
            plain(),
            out,
        )
    });
    assert!(text.lines().all(|line| line.len() <= 115), "{text}");
    let (first, second) = (stream(1, counters(9, 0, (0, 0))), stream(1, counters(9, 0, (0, 0))));
    let text = written(|out| stream_table::write(&[first, second], false, None, plain(), out));
    assert!(text.contains("  9dfbac36  "), "two runs of one address differ: {text}");
}

#[test]
fn a_narrow_terminal_keeps_the_losses() {
    let with_delays = CountersInfo {
        pdv_ns: Some(Quantiles { min: 0, mean: 1, p50: 1, p90: 2, p99: 3, p999: 3, max: 4 }),
        jitter: Some(615.0),
        ..counters(9, 0, (0, 0))
    };
    let streams = [stream(1, with_delays), stream(2, counters(8, 1, (1, 1)))];
    let titles = |columns| {
        let table = written(|out| stream_table::write(&streams, false, columns, plain(), out));
        let table = String::from_utf8(finished(table.as_bytes(), columns)).unwrap();
        if let Some(columns) = columns.filter(|columns| *columns > 50) {
            assert!(table.lines().all(|line| line.chars().count() <= columns), "{table}");
        }
        let head = table.trim().lines().next().unwrap();
        head.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(titles(None).ends_with("LOSS DUP REORD PDV p50 p99 max JITTER"), "{}", titles(None));
    assert_eq!(titles(None), titles(Some(200)));
    assert!(!titles(Some(80)).contains("JITTER"), "{}", titles(Some(80)));
    assert_eq!(titles(Some(44)), "SOURCE TO RECV LOST");
}
