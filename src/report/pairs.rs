//! Redundant pairs, in text.

use std::fmt::{self, Display};
use std::io::{self, Write};
use std::net::SocketAddr;

use super::style::Paint;
use crate::assertion::Value;
use crate::event::{Missing, PairInfo, SideInfo};
use crate::target::bracketed;
use crate::units::words::count;

/// Writes each pair.
pub fn lines(pairs: &[PairInfo], paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    pairs.iter().try_for_each(|pair| line(pair, paint, out))
}

fn line(pair: &PairInfo, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "pair A {}, B {}", Side(&pair.a), Side(&pair.b))?;
    if let Some(format) = pair.format {
        write!(out, ", {format}")?;
        pair.key.as_ref().map_or(Ok(()), |key| write!(out, " {key}"))?;
    }
    let (Some(expected), Some(lost), Some(lost_a), Some(lost_b)) =
        (pair.expected, pair.lost, pair.lost_a, pair.lost_b)
    else {
        return writeln!(out, ": {}", paint.bad(unmatched(pair)));
    };
    let both = if lost > 0 { paint.bad(lost).to_string() } else { "0".to_owned() };
    let unit = match pair.unit {
        Some("messages") => "message",
        _ => "datagram",
    };
    writeln!(
        out,
        ": lost on A {lost_a}, on B {lost_b}, on both {both} of {}",
        count(expected, unit)
    )?;
    let (Some(skew), Some(offset)) = (&pair.skew_ns, &pair.b_after_a_ns) else { return Ok(()) };
    let [p50, p99, max] = [skew.p50, skew.p99, skew.max].map(Value::Nanos);
    write!(out, "  skew p50 {p50}, p99 {p99}, max {max}; ")?;
    let later = if offset.p50 < 0 { "A after B" } else { "B after A" };
    match (offset.min, offset.max) {
        (0.., _) | (_, ..=0) => writeln!(out, "always {later}"),
        _ => writeln!(out, "mostly {later}"),
    }
}

/// The reason why a pair has no measurements.
fn unmatched(pair: &PairInfo) -> &'static str {
    match (pair.missing, pair.format) {
        (Some(Missing::Unknown), _) => "not measured: further streams of this pair",
        (Some(Missing::A), Some("rtp")) => "not measured: no stream with this SSRC on A",
        (Some(Missing::B), Some("rtp")) => "not measured: no stream with this SSRC on B",
        (Some(Missing::A), _) => "not measured: no such stream on A",
        (Some(Missing::B), _) => "not measured: no such stream on B",
        _ => "not measured: no numbered stream on A or B",
    }
}

/// `239.1.1.1:5000`, `10.0.0.5@232.1.1.1:5000`, `[ff02::5%eth0]:5000`.
pub struct Side<'a>(pub &'a SideInfo);

impl Display for Side<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SideInfo { source, group, port, iface } = self.0;
        source.map_or(Ok(()), |source| write!(f, "{}@", bracketed(source)))?;
        match iface {
            Some(iface) => write!(f, "[{group}%{iface}]:{port}"),
            None => write!(f, "{}", SocketAddr::new(*group, *port)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{LatenessInfo, OffsetInfo};
    use crate::report::ColorWhen;

    fn side(group: &str) -> SideInfo {
        let group = group.parse().expect("an address");
        SideInfo { source: None, group, port: 5000, iface: None }
    }

    fn pair() -> PairInfo {
        PairInfo {
            a: side("239.1.1.1"),
            b: SideInfo { source: "10.0.0.5".parse().ok(), ..side("239.1.2.1") },
            format: Some("rtp"),
            unit: Some("datagrams"),
            key: Some("0x1234abcd".to_owned()),
            missing: None,
            expected: Some(1000),
            lost: Some(1),
            lost_a: Some(3),
            lost_b: Some(2),
            skew_ns: Some(LatenessInfo { p50: 120_000, p99: 340_000, max: 1_200_000 }),
            b_after_a_ns: Some(OffsetInfo { min: -340_000, p50: 120_000, max: 1_200_000 }),
        }
    }

    fn text(pair: PairInfo) -> String {
        let mut out = Vec::new();
        lines(&[pair], Paint::new(ColorWhen::Never, &std::io::stdout()), &mut out)
            .expect("a buffer");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn a_pair_shows_the_losses_of_both_sides() {
        assert_eq!(
            text(pair()),
            "pair A 239.1.1.1:5000, B 10.0.0.5@239.1.2.1:5000, rtp 0x1234abcd: \
             lost on A 3, on B 2, on both 1 of 1000 datagrams\n  \
             skew p50 120 us, p99 340 us, max 1.20 ms; mostly B after A\n"
        );
    }

    #[test]
    fn a_link_local_side_shows_its_interface() {
        let side = SideInfo { iface: Some("eth0".to_owned()), ..side("ff02::5") };
        assert_eq!(Side(&side).to_string(), "[ff02::5%eth0]:5000");
        let side = SideInfo { source: "2001:db8::5".parse().ok(), ..super::tests::side("ff3e::1") };
        assert_eq!(Side(&side).to_string(), "[2001:db8::5]@[ff3e::1]:5000");
    }

    #[test]
    fn an_unmatched_pair_shows_the_side_without_the_stream() {
        let unmatched = |missing, format| {
            let text = text(PairInfo { missing, format, key: None, expected: None, ..pair() });
            text.split(": ").skip(1).collect::<Vec<_>>().join(": ").trim_end().to_owned()
        };
        assert_eq!(
            unmatched(Some(Missing::B), Some("rtp")),
            "not measured: no stream with this SSRC on B"
        );
        assert_eq!(
            unmatched(Some(Missing::Both), None),
            "not measured: no numbered stream on A or B"
        );
    }
}
