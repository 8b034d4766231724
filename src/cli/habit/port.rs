//! GROUP PORT as two words.

use std::ffi::OsString;
use std::net::Ipv6Addr;

use super::line::Line;
use crate::target::TargetRange;

/// Joins each GROUP with the PORT that follows it: `239.1.1.1 5000` becomes `239.1.1.1:5000`.
///
/// # Errors
/// The reason with a tip, if it is unclear to which group a port belongs.
pub fn join_ports(line: &Line, words: &mut Vec<OsString>) -> Result<(), String> {
    let targets: Vec<(usize, &str)> = line.targets().collect();
    if !targets.iter().any(|(_, text)| is_port(text)) {
        return Ok(());
    }
    let mut joined: Vec<(usize, usize, String)> = Vec::new();
    let mut targets = targets.into_iter().peekable();
    while let Some((at, target)) = targets.next() {
        if is_port(target) {
            // A separate target, which is an error that names it.
            return Ok(());
        }
        let Some(alone) = with_port(target, "5000") else { continue };
        let Some((port_at, port)) = targets.next_if(|(_, next)| is_port(next)) else {
            return Err(format!(
                "cannot tell which group the port belongs to: {target} has no port\n\n  tip: \
                 write the port after each group: {alone}"
            ));
        };
        // An invalid port is refused later, together with its group.
        joined.push((at, port_at, alone.trim_end_matches("5000").to_owned() + port));
    }
    // In reverse order, because each removal moves the later words.
    for (at, port_at, target) in joined.into_iter().rev() {
        words[at] = target.into();
        words.remove(port_at);
    }
    Ok(())
}

/// Whether a word looks like a port or a range of ports.
fn is_port(word: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    word.split('-').count() <= 2 && word.split('-').all(is_number)
}

/// The target with this port, in brackets if needed. `None` if it has a port or is not a target.
pub fn with_port(target: &str, port: &str) -> Option<String> {
    let target = target.strip_suffix('/').unwrap_or(target);
    let start = target.rfind(['@', '/']).filter(|_| target.contains("://") || target.contains('@'));
    let (before, groups) = target.split_at(start.map_or(0, |start| start + 1));
    let is_bare_v6 = groups.split('%').next()?.parse::<Ipv6Addr>().is_ok();
    let groups = if is_bare_v6 { format!("[{groups}]") } else { groups.to_owned() };
    Some(format!("{before}{groups}:{port}")).filter(|text| text.parse::<TargetRange>().is_ok())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    fn joined(line: &str) -> Result<String, String> {
        let mut words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let line = Line::read(&Cli::command(), &words, |_, _, _| false).unwrap();
        join_ports(&line, &mut words)?;
        Ok(words.join(&OsString::from(" ")).into_string().unwrap())
    }

    #[test]
    fn a_group_and_a_port_are_one_target() {
        for (typed, read) in [
            ("mcast recv 239.1.1.1 5000", "mcast recv 239.1.1.1:5000"),
            ("mcast recv 239.1.1.1 70000", "mcast recv 239.1.1.1:70000"),
            ("mcast send -c 3 ff15::1 5000 -q", "mcast send -c 3 [ff15::1]:5000 -q"),
            ("mcast recv ff02::1%e0 5000", "mcast recv [ff02::1%e0]:5000"),
            ("mcast recv 10.0.0.5@232.1.1.1 5000", "mcast recv 10.0.0.5@232.1.1.1:5000"),
            ("mcast recv 2001:db8::5@ff3e::1 5000", "mcast recv 2001:db8::5@[ff3e::1]:5000"),
            ("mcast recv udp://@239.1.1.1/ 5000", "mcast recv udp://@239.1.1.1:5000"),
            ("mcast recv 239.0.0.0+4 5000-5003", "mcast recv 239.0.0.0+4:5000-5003"),
            ("mcast recv 239.1.1.0/30 5000", "mcast recv 239.1.1.0/30:5000"),
            (
                "mcast recv 239.1.1.1 5000 -c 3 239.1.1.2 5001",
                "mcast recv 239.1.1.1:5000 -c 3 239.1.1.2:5001",
            ),
            (
                "mcast recv 239.1.1.1:5000 239.1.1.2 5001",
                "mcast recv 239.1.1.1:5000 239.1.1.2:5001",
            ),
            ("mcast recv 239.1.1.1 -c 3 5000", "mcast recv 239.1.1.1:5000 -c 3"),
            (
                "mcast recv 239.1.1.1 -- nc 239.1.1.1 5000",
                "mcast recv 239.1.1.1 -- nc 239.1.1.1 5000",
            ),
        ] {
            assert_eq!(joined(typed).as_deref(), Ok(read), "{typed}");
        }
    }

    #[test]
    fn an_ambiguous_port_is_refused() {
        for typed in ["mcast recv 239.1.1.1 239.1.1.2 5000", "mcast recv 239.1.1.1 5000 239.1.1.2"]
        {
            let error = joined(typed).unwrap_err();
            assert!(error.contains("has no port") && error.contains("tip: "), "{error}");
        }
        assert!(
            joined("mcast recv ff15::1 239.1.1.2 5000").unwrap_err().contains("[ff15::1]:5000")
        );
    }

    #[test]
    fn a_port_alone_is_left_for_its_error() {
        for typed in
            ["mcast recv 5000", "mcast recv 239.1.1.1:5000 6000", "mcast recv 239.1.1.1 5000 6000"]
        {
            assert_eq!(joined(typed).as_deref(), Ok(typed));
        }
    }
}
