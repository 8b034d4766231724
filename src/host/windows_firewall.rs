//! The settings and rules of Windows Firewall, as the registry holds them.

use std::io;

use serde::{Deserialize, Serialize};

/// The stored configuration of Windows Firewall.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FirewallPolicy {
    /// The domain, the private and the public profile.
    pub profiles: Vec<ProfileSettings>,
    /// The rules of all stores, inbound and outbound.
    pub rules: Vec<StoredRule>,
}

/// Other systems have no Windows Firewall.
#[cfg_attr(windows, allow(dead_code, reason = "Windows has one"))]
pub fn absent() -> io::Result<FirewallPolicy> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A profile: Windows selects one for each network.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// A network with a domain controller.
    Domain,
    /// A trusted network.
    Private,
    /// Any other network.
    Public,
}

impl Profile {
    /// All profiles.
    pub const ALL: [Profile; 3] = [Profile::Domain, Profile::Private, Profile::Public];

    /// As Windows names it.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Domain => "domain",
            Profile::Private => "private",
            Profile::Public => "public",
        }
    }
}

/// The settings of a profile, those of group policies before local ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProfileSettings {
    /// The profile.
    pub profile: Profile,
    /// The firewall is on. `None` if the registry does not show it.
    pub enabled: Option<bool>,
    /// Blocks inbound datagrams that no rule allows. `None` if it is not set.
    pub blocks_by_default: Option<bool>,
    /// Blocks all inbound datagrams, also those that a rule allows (DoNotAllowExceptions).
    pub blocks_all: bool,
    /// Local rules apply beside those of group policies (AllowLocalPolicyMerge).
    pub local_rules: bool,
}

/// The place of a rule.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Store {
    /// The rules of this host.
    Local,
    /// The rules of group policies.
    GroupPolicy,
    /// The rules of a management service (MDM).
    Management,
}

/// A rule as the registry holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRule {
    /// The store that holds it.
    pub store: Store,
    /// The name of the registry value.
    pub id: String,
    /// `v2.31|Action=Allow|Active=TRUE|Dir=In|...`.
    pub text: String,
}
