//! What is told of the interfaces that come and go.

use std::fmt;
use std::net::IpAddr;

use super::Warning;
use crate::host;
use crate::host::Ipv6;
use crate::iface::{Change, Family, Presence, Via};
use crate::net::InterfaceEvent;

/// What became of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// It was deleted.
    Gone,
    /// It was made again.
    Back,
    /// The address that it was chosen by is on it now, and no longer on that one.
    Moved(String),
    /// It is administratively down.
    Down,
    /// It is up, after it was down.
    Up,
    /// It has no address of the family , or not the one that it was chosen by.
    NoAddress(Family, Option<IpAddr>),
    /// It has this address now, where it had another one or none.
    Address(IpAddr, Option<IpAddr>),
    /// What could not be used on it before is used now.
    Again,
}

impl News {
    /// What is to be told of a change, in this order.
    fn of(change: &Change, family: Family) -> Vec<News> {
        use Presence::{Down, Gone, NoAddress, Ready};
        let pinned = change.new.address.filter(|_| change.new.pinned);
        let without = || News::NoAddress(family, pinned);
        match (change.was, change.now) {
            (_, Gone) => vec![News::Gone],
            (was, now) if change.remade => {
                let mut news = match was {
                    Gone => vec![News::Back],
                    _ if change.old_is_there => vec![News::Moved(change.old.name.clone())],
                    _ => vec![News::Gone, News::Back],
                };
                news.extend((now == NoAddress && pinned.is_some()).then(without));
                news
            }
            (Down, Down) => Vec::new(),
            (_, Down) => vec![News::Down],
            (Down, now) => {
                let missed = (now == NoAddress && pinned.is_some()).then(without);
                [News::Up].into_iter().chain(missed).collect()
            }
            (Ready, NoAddress) => vec![without()],
            (NoAddress, Ready) => {
                change.new.address.map(|now| News::Address(now, None)).into_iter().collect()
            }
            _ if change.old.address != change.new.address => change
                .new
                .address
                .map(|now| News::Address(now, change.old.address))
                .into_iter()
                .collect(),
            _ => Vec::new(),
        }
    }

    /// What is to be told of an interface before anything has changed.
    fn at_start(presence: Presence, family: Family) -> Option<News> {
        match presence {
            Presence::Down => Some(News::Down),
            Presence::NoAddress => Some(News::NoAddress(family, None)),
            Presence::Gone => Some(News::Gone),
            Presence::Ready => None,
        }
    }

    pub(super) fn id(&self) -> &'static str {
        match self {
            News::Gone => "interface-gone",
            News::Back => "interface-back",
            News::Moved(_) => "interface-moved",
            News::Down => "interface-down",
            News::Up => "interface-up",
            News::NoAddress(..) => "interface-no-address",
            News::Address(..) => "interface-address",
            News::Again => "interface-again",
        }
    }

    pub(super) fn remedy(&self, iface: &str) -> Option<String> {
        match self {
            News::Down => Some(format!("bring it up with 'ip link set {iface} up'")),
            News::NoAddress(Family::V6, _) => match host::ipv6_of(iface)? {
                Ipv6::On => None,
                Ipv6::Off => Some(format!(
                    "IPv6 is switched off there: sysctl -w net.ipv6.conf.{iface}.disable_ipv6=0"
                )),
                Ipv6::Missing => Some(format!(
                    "IPv6 needs an MTU of 1280 at least: ip link set {iface} mtu 1500"
                )),
            },
            _ => None,
        }
    }

    pub(super) fn describe(
        &self,
        f: &mut fmt::Formatter,
        iface: &str,
        rejoined: usize,
    ) -> fmt::Result {
        match self {
            News::Gone => write!(
                f,
                "interface {iface} is gone; what is used there will be used again when it is back"
            )?,
            News::Back => write!(f, "interface {iface} is back")?,
            News::Moved(from) => {
                write!(f, "the address that chose interface {from} is on {iface} now")?
            }
            News::Down => write!(
                f,
                "interface {iface} is down; nothing leaves or arrives there until it is up"
            )?,
            News::Up => write!(f, "interface {iface} is up")?,
            News::NoAddress(family, None) => {
                write!(f, "interface {iface} has no {family} address")?
            }
            News::NoAddress(_, Some(address)) => {
                write!(f, "interface {iface} is without {address}")?
            }
            News::Address(now, None) => write!(f, "interface {iface} has the address {now}")?,
            News::Address(now, Some(before)) => {
                write!(f, "interface {iface} has the address {now}, and no longer {before}")?
            }
            News::Again => write!(f, "interface {iface} can be used now")?,
        }
        match rejoined {
            0 => Ok(()),
            1 => write!(f, ": its target is used again"),
            many => write!(f, ": its {many} targets are used again"),
        }
    }
}

/// What is to be told of the interfaces before anything has changed, once each.
pub fn at_start<'a>(interfaces: impl Iterator<Item = (&'a Via, Family, Presence)>) -> Vec<Warning> {
    let news = interfaces.filter_map(|(via, family, presence)| {
        let what = News::at_start(presence, family)?;
        Some((via.name.as_str(), what, 0))
    });
    once_each(news)
}

/// What is to be told of the changes, once for each interface and not for each family.
pub fn of_events(events: &[InterfaceEvent]) -> Vec<Warning> {
    let news = events.iter().flat_map(|InterfaceEvent { via, family, change, rejoined }| {
        let mut news = change.as_ref().map_or_else(Vec::new, |change| News::of(change, *family));
        if news.is_empty() && *rejoined > 0 {
            news.push(News::Again);
        }
        let last = news.len().saturating_sub(1);
        let counted = move |(position, what)| {
            (via.name.as_str(), what, if position == last { *rejoined } else { 0 })
        };
        news.into_iter().enumerate().map(counted)
    });
    once_each(news)
}

fn once_each<'a>(news: impl Iterator<Item = (&'a str, News, usize)>) -> Vec<Warning> {
    let mut told: Vec<(&str, News, usize)> = Vec::new();
    for (iface, what, rejoined) in news {
        match told.iter_mut().find(|(known, news, _)| *known == iface && *news == what) {
            Some((.., sum)) => *sum += rejoined,
            None => told.push((iface, what, rejoined)),
        }
    }
    told.into_iter()
        .map(|(iface, what, rejoined)| Warning::Interface {
            iface: iface.to_owned(),
            what,
            rejoined,
        })
        .collect()
}
