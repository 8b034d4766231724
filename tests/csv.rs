//! `--csv FILE`: the intervals as a table, as the csv module of Python reads it.
#![cfg(target_os = "linux")]

mod lab;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lab::{Host, Lab, eventually};
use serde_json::Value;

/// Prints the rows as JSON.
const READER: &str = "import csv, json, sys; \
                      print(json.dumps(list(csv.DictReader(open(sys.argv[1], newline='')))))";

/// A file that no earlier test has left.
fn file(name: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("table-{name}.csv"));
    let _ = fs::remove_file(&file);
    file
}

/// The rows of a file. Each has all columns, and no more.
fn rows(file: &Path) -> Vec<Value> {
    let output = Command::new("python3").args(["-c", READER]).arg(file).output().expect("python3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    for row in &rows {
        let cells = row.as_object().expect("a row");
        assert!(cells.values().all(Value::is_string) && !cells.contains_key("null"), "{row}");
    }
    rows
}

/// The rows of one kind.
fn of<'a>(rows: &'a [Value], kind: &str) -> Vec<&'a Value> {
    rows.iter().filter(|row| row["row"] == kind).collect()
}

/// The sum of a column.
fn sum(rows: &[&Value], column: &str) -> f64 {
    rows.iter().map(|row| number(row, column)).sum()
}

fn number(row: &Value, column: &str) -> f64 {
    let cell = row[column].as_str().unwrap_or_else(|| panic!("no column {column}: {row}"));
    cell.parse().unwrap_or_else(|_| panic!("{column} is no number: {row}"))
}

fn host() -> Option<Host> {
    Some(Lab::with(&["python3"])?.host())
}

#[test]
fn intervals_add_up_to_the_summary() {
    let Some(host) = host() else { return };
    let [received, sent] = ["recv", "send"].map(file);
    let line = format!(
        "recv --iface lo --once --timeout 60s --rcvbuf 4MiB -o json -q --csv {} -- {} send \
         --iface lo --probe --count 150 --rate 100pps -qq --csv {}",
        received.display(),
        env!("CARGO_BIN_EXE_mcast"),
        sent.display()
    );
    let summary = host.mcast(&line).ends(0).summary();
    let rows_of_recv = rows(&received);
    let (streams, totals) = (of(&rows_of_recv, "stream"), of(&rows_of_recv, "total"));
    assert!(totals.len() >= 2, "{rows_of_recv:?}");
    for column in ["datagrams", "bytes"] {
        let all = summary[column].as_f64().unwrap();
        assert_eq!([sum(&streams, column), sum(&totals, column)], [all, all], "{column}");
    }
    assert_eq!(sum(&streams, "expected") - sum(&streams, "received"), sum(&streams, "lost"));
    let first = streams[0];
    assert_eq!(first["source"], summary["streams"][0]["source"]);
    for (column, cell) in [("group", "224.202.20.30"), ("port", "54321"), ("iface", "lo")] {
        assert_eq!(first[column], cell);
    }
    assert!(number(first, "delay_p50_ns") > 0.0 && first["kernel_drops"] == "", "{first}");
    assert_eq!(totals[0]["group"], "");
    // The axis of a plot: each interval begins where the last one ended.
    for pair in totals.windows(2) {
        let end = number(pair[0], "since_s") + number(pair[0], "elapsed_s");
        assert!((end - number(pair[1], "since_s")).abs() < 1e-6, "{pair:?}");
    }
    let rows_of_send = rows(&sent);
    let all = [of(&rows_of_send, "target"), of(&rows_of_send, "total")];
    assert_eq!(all.map(|rows| sum(&rows, "datagrams")), [150.0, 150.0], "{rows_of_send:?}");
}

#[test]
fn rows_appear_while_the_run_lasts() {
    let Some(host) = host() else { return };
    let file = file("live");
    fs::write(&file, "an old and longer table\n".repeat(100)).unwrap();
    let line = format!("send --iface lo -i 10ms --stats 50ms -q --csv {}", file.display());
    let send = host.mcast(&line);
    eventually("two intervals", || {
        fs::read_to_string(&file).is_ok_and(|text| text.matches("\ntotal,").count() >= 2)
    });
    send.signal("INT");
    send.ends(0);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("row,time,since_s,") && text.ends_with('\n'), "{text}");
}

#[test]
fn a_ping_has_a_row_for_each_receiver() {
    let Some(host) = host() else { return };
    let recv = host.mcast("recv 239.1.1.1:5000 --iface lo --reply -q");
    let recv = recv.ready_when_member(&host, "lo", "239.1.1.1");
    let file = file("ping");
    let line = "ping 239.1.1.1:5000 --iface lo --count 3 -i 100ms -q --csv";
    host.mcast(&format!("{line} {}", file.display())).ends(0);
    recv.signal("INT");
    recv.finish();
    let rows = rows(&file);
    let last = of(&rows, "receiver").pop().expect("a receiver").clone();
    assert_eq!((&last["address"], number(&last, "replies")), (&"127.0.0.1".into(), 3.0));
    assert!(number(&last, "rtt_p50_ns") > 0.0 && number(&last, "loss_ratio") == 0.0, "{last}");
}

#[test]
fn a_capture_has_its_own_times() {
    let Some(host) = host() else { return };
    let (recording, table) = (file("capture").with_extension("pcapng"), file("capture"));
    let line = format!(
        "recv --iface lo --once --timeout 60s -qq --write {} -- {} send --iface lo --probe \
         --count 20 -i 10ms -qq",
        recording.display(),
        env!("CARGO_BIN_EXE_mcast")
    );
    host.mcast(&line).ends(0);
    host.mcast(&format!("recv --read {} -q --csv {}", recording.display(), table.display()))
        .ends(0);
    let rows = rows(&table);
    assert_eq!(sum(&of(&rows, "stream"), "datagrams"), 20.0, "{rows:?}");
    let _ = fs::remove_file(recording);
}

#[test]
fn a_foreign_name_is_no_formula() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (host, _other) = lab.pair();
    host.shell("ip link set e0 down; ip link set e0 name '=1+1'; ip link set '=1+1' up");
    let file = file("formula");
    let words = ["send", "--iface", "=1+1", "--count", "2", "-i", "10ms", "-q", "--csv"];
    host.mcast_with(&[&words[..], &[file.to_str().unwrap()]].concat()).ends(0);
    assert_eq!(rows(&file)[0]["iface"], "'=1+1");
}

#[test]
fn a_table_that_cannot_be_written_is_an_error() {
    let Some(host) = host() else { return };
    let refused = host.mcast("send --iface lo -o json --csv /no/such/folder/out.csv").ends(2);
    refused.prints("cannot write '/no/such/folder/out.csv'");
    assert_eq!(refused.events().len(), 1, "only the summary: {refused}");
    // A full disk does not end the run.
    let full = host.mcast("send --iface lo --count 2 -i 10ms --csv /dev/full").ends(2);
    full.prints("cannot write '/dev/full': No space left on device");
}

#[test]
fn a_slow_reader_does_not_slow_the_run() {
    let Some(host) = host() else { return };
    let fifo = file("slow").with_extension("fifo");
    let _ = fs::remove_file(&fifo);
    let path = fifo.to_str().unwrap();
    host.shell(&format!("mkfifo '{path}'"));
    let no_reader = host.mcast(&format!("send --iface lo -c 1 --csv {path}")).ends(2);
    no_reader.prints("no program reads this FIFO");
    // It opens the FIFO, and reads nothing.
    let reader = host.python(
        "import os, signal, sys\nf = os.open(sys.argv[1], os.O_RDONLY | os.O_NONBLOCK)\n\
         print('open', flush=True)\nsignal.pause()",
        &[path],
    );
    reader.line(|line| line == "open");
    // 40 targets and 50 intervals are more than the FIFO holds.
    let line = "send 239.1.1.1+40:5000 --iface lo --rate 2kpps --count 50 --stats 20ms -o json -q";
    let sent = host.mcast(&format!("{line} --csv {path}")).ends(2);
    sent.prints("its reader does not read");
    assert_eq!(sent.summary()["datagrams"], 2000, "{sent}");
    let _ = fs::remove_file(&fifo);
}
