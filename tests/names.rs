//! Untrusted names: mcast escapes their control characters on terminals, and works with any name.
#![cfg(target_os = "linux")]

mod lab;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use lab::{Finished, Host, Lab, Running, eventually};
use mcast::units::printable::is_printable;

/// A name with an escape sequence, a C1 control character and a bidirectional override.
const ODD: &str = "\u{1b}[7mX\u{9b}\u{202e}";

/// The escaped form.
const SHOWN: &str = r"\u{1b}[7mX\u{9b}\u{202e}";

/// The colours of mcast and its log.
const COLOURS: [&str; 10] = ["0", "1", "2", "3", "31", "32", "33", "34", "35", "36"];

fn rename(host: &Host, name: &[u8]) {
    let mut ip = host.command("ip");
    ip.args(["link", "set", "e0", "name"]).arg(OsStr::from_bytes(name));
    // Before Linux 6.2, an interface must be down.
    host.shell("ip link set e0 down");
    Running::start(ip).ends(0);
    let mut ip = host.command("ip");
    ip.args(["link", "set", "up"]).arg(OsStr::from_bytes(name));
    Running::start(ip).ends(0);
    eventually("the interface has carrier", || !host.shell("ip -o link show up").contains("DOWN"));
}

fn run(host: &Host, arguments: &[&str]) -> Finished {
    host.mcast_with(arguments).finish()
}

fn is_safe(finished: &Finished) {
    let text = [finished.out.as_str(), &finished.err].concat();
    let odd = text.chars().find(|letter| *letter != '\n' && !is_printable(*letter));
    assert_eq!(odd, None, "{finished}");
}

#[test]
fn names_are_escaped_on_terminals() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    rename(&b, ODD.as_bytes());
    let zone = format!("[ff02::5%{ODD}]:5000");
    let missing = format!("{ODD}!");
    let path = format!("/no/{ODD}\nerror: forged");
    let value = format!("{ODD}\nerror: forged");
    for arguments in [
        &["ifaces"][..],
        &["recv", "239.1.1.1:5000", "--iface", ODD, "-d", "1ms"],
        &["recv", "239.1.1.1:5000", "--iface", ODD, "-d", "1ms", "--stats", "1ms", "-vv"],
        &["recv", "239.1.1.1:5000", "--iface", SHOWN, "-d", "1ms", "-o", "hex", "-q"],
        &["recv", "239.1.1.1:5000", "--iface", ODD, "-d", "1ms", "-o", "raw"],
        &["recv", &zone, "-d", "1ms"],
        &["send", "239.1.1.1:5000", "--iface", ODD, "-c", "1", "-vv"],
        &["send", &zone, "--iface", "lo", "-c", "1"],
        &["check", "239.1.1.1:5000", "--iface", ODD, "-d", "1ms", "-v"],
        &["recv", "--iface", &missing],
        &["recv", "[ff02::1]:5000"],
        &["check", "239.1.1.1:5000", "--iface", ODD, "-d", "1ms", "-q", "--record", &path],
        &["recv", "--iface", ODD, "-d", "1ms", "--", &path],
        &["recv", "--iface", ODD, "-d", "1ms", "-v", "--", "sh", "-c", "exit 3", &path],
        // Values that cannot be parsed.
        &["recv", &value],
        &["recv", "-c", &value],
        &["send", &format!("--rate={value}")],
        &["recv", &format!("--{value}")],
        &[&value],
        &["recv", "--assert", &value],
        &["recv", "--rcvbuf", &value],
        &["check", &zone, "--source", &value],
    ] {
        let plain = run(&b, &[arguments, &["--color", "never"]].concat());
        if arguments.contains(&"--") {
            is_safe(&run(&b, arguments));
        } else {
            is_safe(&plain);
            let mut colour = run(&b, &[arguments, &["--color", "always"]].concat());
            for own in COLOURS {
                let own = format!("\u{1b}[{own}m");
                colour.out = colour.out.replace(&own, "");
                colour.err = colour.err.replace(&own, "");
            }
            is_safe(&colour);
        }
        assert!(!plain.err.lines().any(|line| line.starts_with("error: forged")), "{plain}");
    }
    run(&b, &["ifaces"]).prints(SHOWN);
    run(&b, &["recv", "--iface", SHOWN, "-d", "1ms"]).prints(&format!(" on {SHOWN} ("));
    // JSON has the name itself, but escapes control characters.
    let json = run(&b, &["ifaces", "-o", "json"]);
    is_safe(&json);
    assert!(json.events_of("interface").iter().any(|iface| iface["name"] == ODD), "{json}");
}

#[test]
fn an_interface_name_may_be_invalid_utf8() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    lab.wire(&a, &b);
    rename(&b, b"b\xffz");
    let listed = b.mcast("ifaces -o json").ends(0).events_of("interface");
    let odd = listed.iter().find(|iface| iface["name"] == "b\\xffz").expect("it is listed");
    let index = odd["ifindex"].to_string();
    assert!(listed.iter().any(|iface| iface["name"] == "e1"), "{listed:?}");
    b.mcast("ifaces").ends(0).prints("b\\xffz  up");
    for name in ["10.0.0.101", &index, "b\\xffz"] {
        let recv = b.mcast(&format!("recv 239.1.1.1:5000 --iface {name} -c 1 -o json")).ready();
        a.mcast("send 239.1.1.1:5000 --iface e0 -c 1").ends(0);
        let received = recv.ends(0);
        assert_eq!(received.events_of("datagram")[0]["iface"], "b\\xffz", "{received}");
    }
    let recv = b.mcast(&format!("recv [ff02::5%{index}]:5000 -c 1")).ready();
    a.mcast("send [ff02::5%e0]:5000 -c 1").ends(0);
    recv.ends(0).prints("  b\\xffz  ");
    let recv = a.mcast("recv 239.1.1.1:5000 --iface e0 -c 1").ready();
    b.mcast(&format!("send 239.1.1.1:5000 --iface {index} -c 1")).ends(0);
    recv.ends(0);
    let checked = b.mcast("check 239.1.1.1:5000 --iface 10.0.0.101 -d 1ms").finish();
    checked.prints("b\\xffz");
    assert!(checked.status.code().is_some_and(|status| status < 2), "{checked}");

    // The interface disappears while mcast listens.
    let recv = b.mcast(&format!("recv 239.1.1.1:5000 --iface {index} -c 1")).ready();
    b.shell("ip link del $(printf 'b\\377z')");
    recv.error_line(|line| line.contains("b\\xffz disappeared"));
    recv.signal("TERM");
    recv.ends(143);
}
