use super::*;
use crate::cli::parse;

fn words(line: &str) -> Vec<OsString> {
    line.replace('\'', "").split(' ').filter(|word| !word.is_empty()).map(OsString::from).collect()
}

fn refused(line: &str) -> String {
    match parse(words(line)) {
        Ok(_) => panic!("{line} is taken"),
        Err(error) => error.to_string(),
    }
}

/// The command lines in an error, without redirections.
fn shown_lines(error: &str) -> Vec<String> {
    let tip = error.split("tip: ").nth(1).unwrap_or_default();
    let tip = tip.lines().next().unwrap_or_default().replace('\'', "");
    let start = tip.rfind(": mcast ").unwrap_or(tip.len());
    let lines = tip[start..].split("mcast ").skip(1).map(|rest| {
        let line = rest.split([',', '>']).next().unwrap_or_default().trim();
        format!("mcast {}", line.trim_end_matches(", or"))
    });
    lines.collect()
}

#[test]
fn a_line_of_another_tool_gets_the_line_of_mcast() {
    for (typed, right) in [
        ("recv 239.1.1.1 --port 5000", "mcast recv 239.1.1.1:5000"),
        ("recv -p 5000 ff15::1", "mcast recv '[ff15::1]:5000'"),
        ("check -p5000 239.1.1.1", "mcast check 239.1.1.1:5000"),
        ("recv --group 239.1.1.1 --port=5000", "mcast recv 239.1.1.1:5000"),
        ("send -g 239.1.1.1 -p 5000 -t 4", "mcast send 239.1.1.1:5000 -t 4"),
        ("send -P 500", "mcast send '239.1.1.1+4:5000' --interval 100ms"),
        ("recv -m 239.1.1.1 -p 5000", "mcast recv 239.1.1.1:5000"),
        ("recv -s -u -B 239.1.1.1 -p 5000", "mcast recv 239.1.1.1:5000"),
        (
            "send -u -c 239.1.1.1 -p 5000 -b 10M -T 4 -t 10 -l 1316",
            "mcast send 239.1.1.1:5000 --probe --rate 10Mbit --ttl 4 --duration 10s --size 1316",
        ),
        ("send -c 239.1.1.1 -B 10.0.0.1", "mcast send 239.1.1.1 --iface 10.0.0.1"),
        ("send -s 239.1.1.1 -i eth0", "mcast send 239.1.1.1 --iface eth0"),
        ("recv -j 239.1.1.1", "mcast recv 239.1.1.1"),
        ("recv -j", "mcast recv"),
        ("bench 239.1.1.1:5000", "mcast bench throughput 239.1.1.1:5000"),
        ("bench --cycles 3", "mcast bench join --cycles 3"),
        (
            "send -b 100 -f 500 239.1.1.1",
            "mcast send --probe --size 100 --interval 500ms 239.1.1.1",
        ),
        ("recv 10.0.0.5,232.1.1.1:5000", "mcast recv '10.0.0.5@232.1.1.1:5000'"),
        ("send 239.1.1.1:5000 -i eth0", "mcast send 239.1.1.1:5000 --iface eth0"),
        ("send 239.1.1.1:5000 -i 1", "mcast send 239.1.1.1:5000 --interval 1s"),
        ("recv -nn -c 3 -I eth0 -w f.pcap", "mcast recv -c 3 --iface eth0 -w f.pcap"),
        ("recv -s 0 -XA 239.1.1.1", "mcast recv -o hex 239.1.1.1"),
        ("recv -w f -C 100", "mcast recv -w f --write-limit 100MB"),
        ("recv -w f -G 60", "mcast recv -w f --write-limit 60s"),
        ("recv -u -l -p 5000", "mcast recv udp://:5000"),
        ("send --port 5000", "mcast send 239.1.1.1:5000"),
        ("send -t 10s", "mcast send --duration 10s"),
        ("recv -t 10", "mcast recv --duration 10s"),
        ("recv -W 5", "mcast recv --timeout 5s"),
        ("send -W 5 -L -Q 0xb8", "mcast send --duration 5s --no-loop --dscp 46"),
        ("send --loopback", "mcast send"),
        ("send --loopback 0", "mcast send --no-loop"),
        ("send -n 5", "mcast send --count 5"),
        ("send --source 10.0.0.1", "mcast send --iface 10.0.0.1"),
        ("recv --sender 10.0.0.5 232.1.1.1", "mcast recv --source 10.0.0.5 232.1.1.1"),
        ("recv --json", "mcast recv -o json"),
        ("ifaces -J", "mcast ifaces -o json"),
        ("recv -o out.ts", "mcast recv -o raw > out.ts"),
        ("recv -d 239.1.1.1:5000", "mcast recv 239.1.1.1:5000"),
        ("recv -iface eth0", "mcast recv --iface eth0"),
        ("send -text hi", "mcast send --message hi"),
        ("send -ttl=4", "mcast send --ttl 4"),
        ("recv -port 5000 239.1.1.1", "mcast recv 239.1.1.1:5000"),
        ("recv udp://239.1.1.1:5000?reuse=1", "mcast recv udp://239.1.1.1:5000"),
        ("recv -p 5000 239.1.1.1 -- nc -l -p 1", "mcast recv 239.1.1.1:5000 -- nc -l -p 1"),
        ("recv -c 3 mcast send", "mcast recv -c 3 -- mcast send"),
        ("recv ./player --loop", "mcast recv -- ./player --loop"),
        ("239.1.1.1:5000", "mcast recv 239.1.1.1:5000, or mcast send"),
        ("join 239.1.1.1:5000 -c 3", "mcast recv 239.1.1.1:5000 -c 3"),
        ("-s 239.1.1.1 --nonsense", "mcast recv 239.1.1.1:5000, or mcast send 239.1.1.1:5000"),
    ] {
        let error = refused(&format!("mcast {typed}"));
        let tip = error.split("tip: ").nth(1).unwrap_or_default().lines().next();
        let tip = tip.unwrap_or_default();
        assert!(tip.ends_with(&format!(" {right}")), "{typed}: {error}");
        for line in shown_lines(&error) {
            assert!(parse(words(&line)).is_ok(), "{typed}: the line is refused: {line}");
        }
    }
}

#[test]
fn each_row_gives_a_tip_with_a_valid_line() {
    for row in FOREIGN_OPTIONS {
        let example = row.example.split(" > ").next().unwrap();
        assert!(parse(words(example)).is_ok(), "{example}");
        for (command, name) in row
            .commands
            .iter()
            .flat_map(|command| row.names.iter().map(move |name| (command, name)))
        {
            let error = refused(&format!("mcast {command} {name} {}", row.sample_value()));
            let lines = shown_lines(&error);
            assert!(
                !lines.is_empty(),
                "{command} {name} {} has no tip:\n{error}",
                row.sample_value()
            );
            for line in lines {
                assert!(parse(words(&line)).is_ok(), "{command} {name}: refused: {line}");
            }
        }
    }
}

#[test]
fn similar_letters_and_hidden_options_give_no_tip() {
    for typed in
        ["recv --portals 1", "recv --batches 3", "send --lop", "send --iff", "recv --pot", "swim"]
    {
        let error = refused(&format!("mcast {typed}"));
        assert!(!error.contains("tip:"), "{typed}: {error}");
    }
    for typed in ["recv -z", "recv --xyz", "send -e", "check -y"] {
        assert!(!refused(&format!("mcast {typed}")).contains("-- -"), "{typed}");
    }
}

#[test]
fn one_mistyped_letter_gets_a_suggestion() {
    for (typed, right) in [
        ("recv --cuont 3", "'--count'"),
        ("send --flod", "'--flood'"),
        ("recv --durations 3s", "'--duration'"),
        ("recieve", "'receive'"),
        ("sned", "'send'"),
        ("iface", "ifaces"),
        ("chek", "'check'"),
    ] {
        assert!(refused(&format!("mcast {typed}")).contains(right), "{typed}");
    }
}

#[test]
fn an_ambiguous_letter_is_refused() {
    for (typed, says) in [
        ("recv -i 1", "--iface 1 for the interface, or --stats 1s"),
        ("rx -i 500ms 239.1.1.1", "--iface 500ms for the interface, or --stats 500ms"),
        ("recv -i udp://@239.1.1.1:5000", "mcast recv 'udp://@239.1.1.1:5000'"),
        ("check -i 239.1.1.1:5000", "mcast check 239.1.1.1:5000"),
        ("recv -w 4M", "--write 4M for the file, or --rcvbuf 4M"),
    ] {
        assert!(refused(&format!("mcast {typed}")).contains(says), "{typed}");
    }
    for typed in [
        "recv -i eth0",
        "listen -i10.0.0.1",
        "check -i 2",
        "recv --iface 1",
        "recv -w 4M.pcapng",
        "recv --write 4M",
    ] {
        assert!(parse(words(&format!("mcast {typed}"))).is_ok(), "{typed}");
    }
}

#[test]
fn aliases_and_other_orders_are_accepted() {
    for typed in [
        "receive 239.1.1.1:5000",
        "listen 239.1.1.1 5000 --interface eth0",
        "rx udp://:5000",
        "tx ff15::1 5000 -c 1",
        "interfaces",
        "-v recv",
        "-o json -q recv 239.1.1.1 5000",
        "--color never --interface eth0 send 239.1.1.1",
    ] {
        assert!(parse(words(&format!("mcast {typed}"))).is_ok(), "{typed}");
    }
}
