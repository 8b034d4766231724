//! The table of the interfaces: a row for each one, and below it the addresses and groups.

use std::fmt::Display;
use std::io::{self, Write};
use std::net::IpAddr;

use super::columns::{self, GAP};
use super::style::Paint;
use crate::event::{AddressInfo, IfacesSummary, InterfaceInfo};
use crate::iface::{Flag, Joined};
use crate::units::printable::Printable;
use crate::units::words::count;

/// Lists of addresses and groups are wrapped at this column, or at the width of a narrower
/// terminal.
const WIDTH: usize = 80;

/// The columns that a narrow terminal leaves out, in this order.
const FIRST_OUT: [&str; 5] = ["MAC", "MTU", "MLD", "IGMP", "FLAGS"];

/// The most groups of an interface that are shown without `-v`.
const FEW: usize = 8;

/// An unknown value.
const UNKNOWN: &str = "-";

const COLUMNS: usize = 8;
const TITLES: [&str; COLUMNS] = ["#", "NAME", "STATE", "MTU", "MAC", "IGMP", "MLD", "FLAGS"];
const TO_THE_RIGHT: [bool; COLUMNS] = [true, false, false, true, false, false, false, false];

/// Writes the table. `whole` shows all groups. `columns` are those of the terminal.
pub fn table(
    interfaces: &[InterfaceInfo],
    columns: Option<usize>,
    paint: Paint,
    whole: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let titles = TITLES.map(Cell::faint);
    let rows: Vec<[Cell; COLUMNS]> = interfaces.iter().map(cells).collect();
    let mut widths = [0; COLUMNS];
    for row in rows.iter().chain([&titles]) {
        row.iter().zip(&mut widths).for_each(|(cell, width)| *width = cell.width().max(*width));
    }
    let shown = columns::shown(&TITLES, &widths, columns, &FIRST_OUT);
    let (margin, room) = (widths[0] + GAP, columns.unwrap_or(WIDTH).min(WIDTH));
    line(&titles, &widths, &shown, paint, out)?;
    for (row, iface) in rows.iter().zip(interfaces) {
        line(row, &widths, &shown, paint, out)?;
        if let Some(description) = &iface.description {
            let cells = [Cell::plain(Printable(description))];
            list("adapter", &cells, (margin, room), paint, out)?;
        }
        list("addresses", &addresses(&iface.addresses), (margin, room), paint, out)?;
        list("groups", &groups(iface.groups.as_deref(), whole), (margin, room), paint, out)?;
    }
    Ok(())
}

/// The number of interfaces, and of their changes.
pub fn number(summary: &IfacesSummary, out: &mut dyn Write) -> io::Result<()> {
    let interfaces = count(summary.interfaces as u64, "interface");
    match summary.changes {
        Some(changes) => writeln!(out, "{interfaces}, {}", count(changes, "change")),
        None => writeln!(out, "{interfaces}"),
    }
}

/// A text with its style.
struct Cell {
    text: String,
    tone: Tone,
}

#[derive(Clone, Copy)]
enum Tone {
    Plain,
    Faint,
    Good,
    Caution,
    Bad,
}

impl Cell {
    fn new(text: impl Display, tone: Tone) -> Self {
        Cell { text: text.to_string(), tone }
    }

    fn plain(text: impl Display) -> Self {
        Self::new(text, Tone::Plain)
    }

    fn faint(text: impl Display) -> Self {
        Self::new(text, Tone::Faint)
    }

    fn known(value: Option<impl Display>) -> Self {
        value.map_or_else(|| Self::plain(UNKNOWN), Self::plain)
    }

    /// A version of IGMP or MLD. A version before `selecting` cannot filter by source.
    fn version(version: Option<u8>, selecting: u8) -> Self {
        let old = version.is_some_and(|version| version < selecting);
        Cell { tone: if old { Tone::Caution } else { Tone::Plain }, ..Self::known(version) }
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }

    fn write(&self, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
        match self.tone {
            Tone::Plain => write!(out, "{}", self.text),
            Tone::Faint => write!(out, "{}", paint.faint(&self.text)),
            Tone::Good => write!(out, "{}", paint.good(&self.text)),
            Tone::Caution => write!(out, "{}", paint.caution(&self.text)),
            Tone::Bad => write!(out, "{}", paint.bad(&self.text)),
        }
    }
}

/// The cells of an interface, in the order of the titles.
fn cells(iface: &InterfaceInfo) -> [Cell; COLUMNS] {
    [
        Cell::plain(iface.ifindex),
        Cell::plain(Printable(&iface.name)),
        match (iface.up, iface.carrier) {
            (false, _) => Cell::new("down", Tone::Bad),
            (true, Some(false)) => Cell::new("no carrier", Tone::Caution),
            (true, _) => Cell::new("up", Tone::Good),
        },
        Cell::known(iface.mtu_bytes),
        Cell::known(iface.mac),
        Cell::version(iface.igmp_version, 3),
        Cell::version(iface.mld_version, 2),
        Cell::plain(flags(iface)),
    ]
}

/// The flags that matter to multicast.
fn flags(iface: &InterfaceInfo) -> String {
    let kind = iface.kind.as_deref();
    let flags = [
        (kind == Some("vrf"), "VRF"),
        (iface.loopback, "loopback"),
        (iface.point_to_point, "point-to-point"),
        // A loopback interface carries multicast without the flag.
        (!iface.multicast && !iface.loopback, "no multicast"),
        (iface.flags.contains(&Flag::AllMulticast), "all multicast"),
        (iface.flags.contains(&Flag::Promiscuous), "promiscuous"),
    ];
    let member = iface.master.as_ref().map(|master| {
        let of = if iface.vrf.is_some() { "VRF" } else { "member of" };
        format!("{of} {}", master)
    });
    let words = flags.iter().filter(|(is, _)| *is).map(|(_, word)| (*word).to_owned());
    member.into_iter().chain(words).collect::<Vec<_>>().join(", ")
}

/// Writes a row, without blanks at its end.
fn line(
    row: &[Cell; COLUMNS],
    widths: &[usize; COLUMNS],
    shown: &[bool],
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut blanks = 0;
    let cells = row.iter().zip(widths).zip(TO_THE_RIGHT).zip(shown);
    for (((cell, width), to_the_right), _) in cells.filter(|(_, shown)| **shown) {
        let missing = width - cell.width();
        if !cell.text.is_empty() {
            let before = blanks + if to_the_right { missing } else { 0 };
            write!(out, "{:before$}", "")?;
            cell.write(paint, out)?;
            blanks = 0;
        }
        blanks += GAP + if to_the_right { 0 } else { missing };
    }
    writeln!(out)
}

/// ` x3`: the number of sockets with a membership, if there are several.
pub(super) fn several(joined: &Joined) -> String {
    joined.users.filter(|users| *users > 1).map(|users| format!(" x{users}")).unwrap_or_default()
}

fn addresses(addresses: &[AddressInfo]) -> Vec<Cell> {
    addresses.iter().map(with_prefix).map(Cell::plain).collect()
}

/// `10.0.0.101/24`.
pub(super) fn with_prefix(AddressInfo { address, prefix }: &AddressInfo) -> String {
    match prefix {
        Some(prefix) => format!("{address}/{prefix}"),
        None => address.to_string(),
    }
}

/// The groups: first those that programs have joined, then, in faint, those of every host.
fn groups(groups: Option<&[Joined]>, whole: bool) -> Vec<Cell> {
    let Some(groups) = groups else { return vec![Cell::plain(UNKNOWN)] };
    let (usual, mut sorted): (Vec<&Joined>, Vec<&Joined>) =
        groups.iter().partition(|joined| is_of_every_host(joined.group));
    sorted.extend(usual);
    let shown = if whole { sorted.len() } else { sorted.len().min(FEW) };
    let cell = |joined: &Joined| {
        let Joined { group, .. } = joined;
        let text = format!("{group}{}", several(joined));
        Cell::new(text, if is_of_every_host(*group) { Tone::Faint } else { Tone::Plain })
    };
    let mut cells: Vec<Cell> = sorted.iter().take(shown).map(|joined| cell(joined)).collect();
    if sorted.len() > shown {
        cells.push(Cell::faint(format_args!("… and {} more (-v shows all)", sorted.len() - shown)));
    }
    cells
}

/// Whether every host joins a group: 224.0.0.1 (RFC 1112, 4), ff01::1, ff02::1 and the
/// solicited-node groups of its addresses (RFC 4291, 2.8).
pub(super) fn is_of_every_host(group: IpAddr) -> bool {
    match group {
        IpAddr::V4(group) => group.octets() == [224, 0, 0, 1],
        IpAddr::V6(group) => match group.segments() {
            [0xff01 | 0xff02, 0, 0, 0, 0, 0, 0, 1] => true,
            [0xff02, 0, 0, 0, 0, 1, solicited, _] => solicited >> 8 == 0xff,
            _ => false,
        },
    }
}

/// Writes a labelled list below a row, wrapped to fit `room` columns, behind a margin.
fn list(
    label: &str,
    cells: &[Cell],
    (margin, room): (usize, usize),
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    const LABEL: usize = "addresses".len();
    let start = margin + LABEL;
    write!(out, "{:margin$}", "")?;
    if cells.is_empty() {
        return writeln!(out, "{}  none", paint.faint(format_args!("{label:LABEL$}")));
    }
    write!(out, "{}", paint.faint(format_args!("{label:LABEL$}")))?;
    let mut column = start;
    for cell in cells {
        let width = 2 + cell.width();
        if column > start && column + width > room {
            write!(out, "\n{:start$}", "")?;
            column = start;
        }
        column += width;
        write!(out, "  ")?;
        cell.write(paint, out)?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{ColorWhen, finished};

    fn joined(groups: &[(&str, u32)]) -> Option<Vec<Joined>> {
        Some(
            groups
                .iter()
                .map(|(group, users)| Joined { group: group.parse().unwrap(), users: Some(*users) })
                .collect(),
        )
    }

    fn address(text: &str, prefix: Option<u8>) -> AddressInfo {
        AddressInfo { address: text.parse().unwrap(), prefix }
    }

    fn shown(interfaces: &[InterfaceInfo], whole: bool, color: ColorWhen) -> String {
        shown_on(None, interfaces, whole, color)
    }

    fn shown_on(
        columns: Option<usize>,
        interfaces: &[InterfaceInfo],
        whole: bool,
        color: ColorWhen,
    ) -> String {
        let mut out = Vec::new();
        table(interfaces, columns, Paint::new(color, &io::stdout()), whole, &mut out).unwrap();
        String::from_utf8(finished(&out, None)).unwrap()
    }

    #[test]
    fn columns_are_aligned_and_unknown_values_are_dashes() {
        let lo = InterfaceInfo {
            loopback: true,
            multicast: false,
            mtu_bytes: Some(65536),
            mac: None,
            addresses: vec![address("127.0.0.1", Some(8)), address("::1", None)],
            groups: joined(&[("224.0.0.1", 1), ("239.1.1.1", 3), ("ff02::1", 2), ("ff15::1", 1)]),
            ..InterfaceInfo::sample("lo", 1)
        };
        let wire = InterfaceInfo {
            carrier: Some(false),
            igmp_version: Some(2),
            mld_version: None,
            ..InterfaceInfo::sample("eth0.100", 12)
        };
        let other = InterfaceInfo {
            up: false,
            carrier: None,
            mtu_bytes: None,
            igmp_version: None,
            groups: None,
            ..InterfaceInfo::sample("e1", 13)
        };
        let tunnel = InterfaceInfo {
            point_to_point: true,
            multicast: false,
            flags: vec![Flag::AllMulticast],
            ..InterfaceInfo::sample("tun0", 14)
        };
        let expected = "\
\x20#  NAME      STATE         MTU  MAC                IGMP  MLD  FLAGS
 1  lo        up          65536  -                  3     2    loopback
    addresses  127.0.0.1/8  ::1
    groups     239.1.1.1 x3  ff15::1  224.0.0.1  ff02::1 x2
12  eth0.100  no carrier   1500  02:fc:00:00:00:01  2     -
    addresses  none
    groups     none
13  e1        down            -  02:fc:00:00:00:01  -     2
    addresses  none
    groups     -
14  tun0      up           1500  02:fc:00:00:00:01  3     2    point-to-point, no multicast, all \
                        multicast
    addresses  none
    groups     none
";
        assert_eq!(shown(&[lo, wire, other, tunnel], false, ColorWhen::Never), expected);
    }

    #[test]
    fn only_v_shows_many_groups() {
        let many: Vec<(String, u32)> =
            (0..100).map(|number| (format!("239.100.100.{number}"), number)).collect();
        let many: Vec<(&str, u32)> =
            many.iter().map(|(group, users)| (group.as_str(), *users)).collect();
        let long = address("2001:db8:1234:5678:9abc:def0:1234:5678", Some(64));
        let wire = InterfaceInfo {
            groups: joined(&many),
            addresses: vec![long; 5],
            ..InterfaceInfo::sample("e0", 2)
        };
        let few = shown(std::slice::from_ref(&wire), false, ColorWhen::Never);
        assert!(few.contains("239.100.100.7 x7") && !few.contains("239.100.100.8"), "{few}");
        assert!(few.trim_end().ends_with("… and 92 more (-v shows all)"), "{few}");
        let all = shown(&[wire], true, ColorWhen::Never);
        assert!(all.contains("239.100.100.99 x99") && !all.contains('…'), "{all}");
        for line in few.lines().chain(all.lines()) {
            assert!(line.chars().count() <= WIDTH && !line.ends_with(' '), "{line:?}");
        }
    }

    #[test]
    fn a_narrow_terminal_shows_fewer_columns() {
        let wire = InterfaceInfo {
            multicast: false,
            flags: vec![Flag::AllMulticast, Flag::Promiscuous],
            addresses: vec![address("2001:db8::1", Some(64)); 4],
            ..InterfaceInfo::sample("a-long-name.4094", 2)
        };
        let titles = [None, Some(200), Some(91), Some(81), Some(50), Some(20)].map(|columns| {
            let table = shown_on(columns, std::slice::from_ref(&wire), false, ColorWhen::Never);
            if let Some(columns) = columns.filter(|columns| *columns > 20) {
                assert!(table.lines().all(|line| line.chars().count() <= columns), "{table}");
            }
            table.lines().next().unwrap().split_whitespace().skip(2).collect::<Vec<_>>().join(" ")
        });
        assert_eq!(
            titles,
            [
                "STATE MTU MAC IGMP MLD FLAGS",
                "STATE MTU MAC IGMP MLD FLAGS",
                "STATE MTU IGMP MLD FLAGS",
                "STATE IGMP MLD FLAGS",
                "STATE",
                "STATE",
            ]
        );
    }

    #[test]
    fn styles_do_not_change_the_text() {
        let odd = InterfaceInfo {
            igmp_version: Some(2),
            groups: joined(&[("224.0.0.1", 1)]),
            ..InterfaceInfo::sample("e\u{1b}[31m0", 2)
        };
        let [plain, painted] = [ColorWhen::Never, ColorWhen::Always]
            .map(|color| shown(std::slice::from_ref(&odd), false, color));
        assert!(plain.contains("e\\u{1b}[31m0") && !plain.contains('\u{1b}'), "{plain}");
        let mut stripped = painted.clone();
        while let Some(start) = stripped.find('\u{1b}') {
            let end = start + stripped[start..].find('m').unwrap();
            stripped.replace_range(start..=end, "");
        }
        assert!(painted.contains("\u{1b}[") && stripped == plain, "{painted}");
    }

    #[test]
    fn groups_of_every_host_are_recognised() {
        for group in ["224.0.0.1", "ff01::1", "ff02::1", "ff02::1:ff00:1", "ff02::1:ffb0:1234"] {
            assert!(is_of_every_host(group.parse().unwrap()), "{group}");
        }
        for group in [
            "224.0.0.251",
            "239.1.1.1",
            "ff02::fb",
            "ff02::1:2",
            "ff02::1:3",
            "ff05::1",
            "ff02::2:ff00:1",
        ] {
            assert!(!is_of_every_host(group.parse().unwrap()), "{group}");
        }
    }
}
