//! The text of a rule: `v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=17|LPort=5000|Name=...|`
//! ([MS-GPFAS] 2.2.2.19).

use std::fmt;

use super::Profile;
use super::address::Addresses;

/// A rule with the conditions that mcast knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The effect on a datagram that matches.
    pub action: Action,
    /// The name, as the list of rules shows it. It may refer to a resource: `@FirewallAPI.dll,-28502`.
    pub name: Option<String>,
    /// `None` if the text does not show it.
    pub(super) active: Option<bool>,
    pub(super) inbound: Option<bool>,
    /// Any protocol if it is missing.
    pub(super) protocol: Option<u16>,
    /// All profiles if it is empty.
    pub(super) profiles: Vec<Profile>,
    /// All ports if it is empty.
    pub(super) ports: Vec<Port>,
    pub(super) app: Option<String>,
    /// The remote addresses by family; `None` for a keyword.
    pub(super) remote_v4: Vec<Option<Addresses>>,
    pub(super) remote_v6: Vec<Option<Addresses>>,
    /// Only for programs in an app container (`AppPkgId`).
    pub(super) is_of_package: bool,
    pub(super) platform: Option<String>,
    pub(super) platform_test: Option<String>,
    /// The names of the fields that mcast cannot evaluate.
    pub(super) unknown: Vec<String>,
}

/// The effect of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Passes datagrams.
    Allow,
    /// Drops datagrams, also if another rule allows them.
    Block,
    /// Passes authenticated datagrams, also if another rule blocks them.
    Bypass,
}

/// A local port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Port {
    Range(u16, u16),
    /// `RPC`, `Teredo`.
    Keyword,
}

/// Why a text is no rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It does not begin with the version.
    NoVersion,
    /// It has no action, or an unknown one.
    NoAction,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Unreadable::NoVersion => "it has no version",
            Unreadable::NoAction => "it has no known action",
        })
    }
}

impl std::error::Error for Unreadable {}

impl Rule {
    /// Reads the text of a rule.
    ///
    /// # Errors
    /// The text has no version or no known action.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        let mut fields = text.split('|');
        let version = fields.next().and_then(|version| version.strip_prefix('v'));
        let is_version = |version: &str| {
            version
                .split('.')
                .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
        };
        version.filter(|version| is_version(version)).ok_or(Unreadable::NoVersion)?;
        let mut action = None;
        let mut rule = Rule {
            action: Action::Allow,
            name: None,
            active: None,
            inbound: None,
            protocol: None,
            profiles: Vec::new(),
            ports: Vec::new(),
            app: None,
            remote_v4: Vec::new(),
            remote_v6: Vec::new(),
            is_of_package: false,
            platform: None,
            platform_test: None,
            unknown: Vec::new(),
        };
        for field in fields.filter(|field| !field.is_empty()) {
            match field.split_once('=') {
                Some(("Action", value)) => action = Some(Action::parse(value)?),
                Some((name, value)) => rule.take(name, value),
                None => rule.unknown.push(field.to_owned()),
            }
        }
        rule.action = action.ok_or(Unreadable::NoAction)?;
        Ok(rule)
    }

    /// Adds a field.
    fn take(&mut self, name: &str, value: &str) {
        let taken = match name {
            "Active" => set(&mut self.active, one_of(value, "TRUE", "FALSE")),
            "Dir" => set(&mut self.inbound, one_of(value, "In", "Out")),
            "Protocol" => set(&mut self.protocol, value.parse().ok()),
            "Profile" => push(&mut self.profiles, profile(value)),
            "LPort" | "LPort2_10" | "LPort2_20" | "LPort2_24" | "LPort2_29" => {
                self.ports.push(Port::parse(value));
                true
            }
            "App" => set(&mut self.app, Some(value.to_owned())),
            "RA4" | "RA42" => push(&mut self.remote_v4, Some(Addresses::parse(value))),
            "RA6" | "RA62" => push(&mut self.remote_v6, Some(Addresses::parse(value))),
            "Name" => set(&mut self.name, Some(value.to_owned())),
            "AppPkgId" => {
                self.is_of_package = true;
                true
            }
            "Platform" => set(&mut self.platform, Some(value.to_owned())),
            "Platform2" => set(&mut self.platform_test, Some(value.to_owned())),
            "Security" | "Security2_9" | "Security2" => value == "NotRequired",
            // Text for people, and settings of traversed NAT, which select no datagrams.
            "Desc" | "EmbedCtxt" | "Edge" | "Defer" | "LSM" => true,
            _ => false,
        };
        if !taken {
            self.unknown.push(name.to_owned());
        }
    }

    /// Whether the rule is for this version of Windows: rules for Windows 10 and earlier versions,
    /// and later ones. `None` if that is not known.
    pub(super) fn fits_platform(&self) -> Option<bool> {
        let Some(platform) = &self.platform else {
            return self.platform_test.is_none().then_some(true);
        };
        // `2:6:1`: NT 6.1.
        let parts: Vec<u32> = platform.split(':').filter_map(|part| part.parse().ok()).collect();
        let is_old = matches!(parts[..], [2, major, minor] if (major, minor) <= (10, 0));
        (is_old && self.platform_test.as_deref() == Some("GTEQ")).then_some(true)
    }
}

impl Action {
    fn parse(value: &str) -> Result<Self, Unreadable> {
        match value {
            "Allow" => Ok(Action::Allow),
            "Block" => Ok(Action::Block),
            "ByPass" => Ok(Action::Bypass),
            _ => Err(Unreadable::NoAction),
        }
    }
}

impl Port {
    fn parse(value: &str) -> Port {
        let (first, last) = value.split_once('-').unwrap_or((value, value));
        match (first.parse(), last.parse()) {
            (Ok(first), Ok(last)) if first <= last => Port::Range(first, last),
            _ => Port::Keyword,
        }
    }
}

/// Sets a field that a rule has once. Returns whether it was valid and new.
fn set<T>(field: &mut Option<T>, value: Option<T>) -> bool {
    let is_valid = value.is_some() && field.is_none();
    *field = value;
    is_valid
}

fn push<T>(list: &mut Vec<T>, value: Option<T>) -> bool {
    let is_valid = value.is_some();
    list.extend(value);
    is_valid
}

fn one_of(value: &str, yes: &str, no: &str) -> Option<bool> {
    match value {
        _ if value == yes => Some(true),
        _ if value == no => Some(false),
        _ => None,
    }
}

fn profile(value: &str) -> Option<Profile> {
    match value {
        "Domain" => Some(Profile::Domain),
        "Private" => Some(Profile::Private),
        "Public" => Some(Profile::Public),
        _ => None,
    }
}
