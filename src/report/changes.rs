//! The lines of a repeated command: where its changes begin, and the changes.

use std::fmt::Display;
use std::io::{self, Write};

use super::check;
use super::ifaces::{is_of_every_host, several, with_prefix};
use super::notice::painted;
use super::style::Paint;
use crate::event::{AddressInfo, Changed, InterfaceChange, InterfaceInfo, Values, Watching};
use crate::iface::{Flag, Joined};
use crate::notice::{Level, Notice};
use crate::units::printable::Printable;
use crate::units::rcvbuf::format_duration;

/// The end of the first cycle.
pub fn watching(watching: &Watching, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let every = format_duration(watching.every);
    match &watching.first {
        Some(first) => {
            check::counts(first, paint, out)?;
            check::conclusion(first, paint, out)?;
            writeln!(out, "repeating the check every {every}; changes follow")
        }
        None => writeln!(out, "watching the interfaces; changes follow"),
    }
}

/// A finding that no longer holds. `time` is the time of day.
pub fn resolved(finding: &Notice, time: &str, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let Notice { id, level, what, .. } = finding;
    // The end of a problem is good news, unless another one replaces it.
    let word = match level {
        Level::Warning | Level::Fault => painted(Level::Pass, "ended   ", paint),
        Level::Pass | Level::Note => painted(Level::Note, "ended   ", paint),
    };
    writeln!(out, "{}  {word} {} {what}", paint.faint(time), paint.faint(format_args!("{id}:")))
}

/// A change of an interface, on one line. The consequences of another change are left out: an
/// interface that goes down has no carrier and no version of IGMP. `whole` shows also the groups
/// that every host joins.
pub fn interface(
    change: &InterfaceChange,
    time: &str,
    whole: bool,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some(text) = words(&change.changed, whole) else { return Ok(()) };
    let name = Printable(&change.name).to_string();
    write!(out, "{}  {}  ", paint.faint(time), paint.strong(name))?;
    match change.changed {
        Changed::Up(Values { after: true, .. })
        | Changed::Carrier(Values { after: Some(true), .. }) => {
            writeln!(out, "{}", paint.good(text))
        }
        Changed::Up(_) | Changed::Interface(Values { after: None, .. }) => {
            writeln!(out, "{}", paint.bad(text))
        }
        Changed::Carrier(_) => writeln!(out, "{}", paint.caution(text)),
        _ => writeln!(out, "{text}"),
    }
}

/// The words for a change; `None` for a consequence of another one.
fn words(changed: &Changed, whole: bool) -> Option<String> {
    match changed {
        Changed::Interface(Values { after: Some(iface), .. }) => Some(appeared(iface)),
        Changed::Interface(_) => Some("disappeared".to_owned()),
        Changed::Name(values) => Some(format!("new name, was {}", Printable(&values.before))),
        Changed::Up(values) => Some(if values.after { "up" } else { "down" }.to_owned()),
        Changed::Carrier(Values { before, after }) => match (before, after) {
            (Some(_), Some(true)) => Some("carrier".to_owned()),
            (_, Some(false)) => Some("no carrier".to_owned()),
            _ => None,
        },
        Changed::Multicast(values) => Some(on_or_off("multicast", values.after)),
        Changed::Flags(values) => flags(values),
        Changed::Master(Values { before, after }) => match (before, after) {
            (_, Some(master)) => Some(format!("member of {}", Printable(master))),
            (Some(master), None) => Some(format!("left {}", Printable(master))),
            (None, None) => None,
        },
        // The master is the VRF.
        Changed::Vrf(_) => None,
        Changed::MtuBytes(values) => Some(format!("MTU {}", new_and_old(values))),
        Changed::Mac(values) => Some(format!("MAC {}", new_and_old(values))),
        Changed::Address(values) => address(values),
        Changed::IgmpVersion(values) => version("IGMP", 3, values),
        Changed::MldVersion(values) => version("MLD", 2, values),
        Changed::Group(values) => group(values, whole),
    }
}

/// `appeared: up, 10.0.0.101/24`.
fn appeared(iface: &InterfaceInfo) -> String {
    let state = match (iface.up, iface.carrier) {
        (false, _) => "down",
        (true, Some(false)) => "no carrier",
        (true, _) => "up",
    };
    let addresses = iface.addresses.iter().map(with_prefix);
    let parts: Vec<String> = [state.to_owned()].into_iter().chain(addresses).collect();
    format!("appeared: {}", parts.join(", "))
}

/// The flags without a change of their own.
fn flags(values: &Values<Vec<Flag>>) -> Option<String> {
    let shown = [(Flag::Promiscuous, "promiscuous"), (Flag::AllMulticast, "all multicast")];
    let changed = shown.into_iter().filter_map(|(flag, name)| {
        let [before, after] = [&values.before, &values.after].map(|flags| flags.contains(&flag));
        (before != after).then(|| on_or_off(name, after))
    });
    Some(changed.collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty())
}

fn on_or_off(name: &str, is_on: bool) -> String {
    format!("{name} {}", if is_on { "on" } else { "off" })
}

/// `9000, was 1500`.
fn new_and_old<T: Display>(values: &Values<Option<T>>) -> String {
    let text = |value: &Option<T>| {
        value.as_ref().map_or_else(|| "unknown".to_owned(), ToString::to_string)
    };
    format!("{}, was {}", text(&values.after), text(&values.before))
}

fn address(Values { before, after }: &Values<Option<AddressInfo>>) -> Option<String> {
    Some(match (before, after) {
        (None, Some(new)) => format!("address {} added", with_prefix(new)),
        (Some(old), None) => format!("address {} removed", with_prefix(old)),
        (Some(old), Some(new)) => {
            format!("address {}, was {}", with_prefix(new), with_prefix(old))
        }
        (None, None) => return None,
    })
}

/// A version of IGMP or MLD. An interface that comes up has the newest one.
fn version(name: &str, newest: u8, values: &Values<Option<u8>>) -> Option<String> {
    match (values.before, values.after) {
        (Some(old), Some(new)) => Some(format!("{name}v{new}, was {name}v{old}")),
        (None, Some(new)) if new != newest => Some(format!("{name}v{new}")),
        _ => None,
    }
}

fn group(Values { before, after }: &Values<Option<Joined>>, whole: bool) -> Option<String> {
    let group = before.or(*after)?.group;
    if is_of_every_host(group) && !whole {
        return None;
    }
    let text = |users: Option<u32>| users.map_or("unknown".to_owned(), |users| users.to_string());
    Some(match (before, after) {
        (Some(old), Some(new)) => {
            format!("members of {group}: {}, was {}", text(new.users), text(old.users))
        }
        (None, Some(new)) => format!("joined {group}{}", several(new)),
        (_, None) => format!("left {group}"),
    })
}
