//! The configuration of Windows Firewall, from the registry. Every user may read it.

use std::io;

use crate::host::windows_firewall::{FirewallPolicy, Profile, ProfileSettings, Store, StoredRule};
use crate::sys::{RegistryValue, registry_values};

/// The local configuration.
const LOCAL: &str = r"SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy";
/// The configuration by group policies ([MS-GPFAS] 2.2).
const GROUP_POLICY: &str = r"SOFTWARE\Policies\Microsoft\WindowsFirewall";
/// The service that applies the rules.
const SERVICE: &str = r"SYSTEM\CurrentControlSet\Services\MpsSvc";

/// The values of a key.
type Values = Vec<(String, RegistryValue)>;

/// Reads the configuration.
///
/// # Errors
/// The registry has no configuration, or cannot be read.
pub fn windows_firewall() -> io::Result<FirewallPolicy> {
    // The local rules exist on every Windows with a firewall.
    let local =
        registry_values(&format!(r"{LOCAL}\FirewallRules"))?.ok_or(io::ErrorKind::NotFound)?;
    let others = [
        (Store::GroupPolicy, format!(r"{GROUP_POLICY}\FirewallRules")),
        (Store::Management, format!(r"{LOCAL}\Mdm\FirewallRules")),
    ];
    let mut rules: Vec<StoredRule> = rules(Store::Local, local).collect();
    for (store, path) in others {
        rules.extend(self::rules(store, registry_values(&path)?.unwrap_or_default()));
    }
    const DISABLED: u32 = 4;
    let is_disabled =
        number(&registry_values(SERVICE)?.unwrap_or_default(), "Start") == Some(DISABLED);
    let profiles = Profile::ALL.map(|profile| settings(profile, is_disabled));
    Ok(FirewallPolicy { profiles: profiles.into_iter().collect::<io::Result<_>>()?, rules })
}

fn rules(store: Store, values: Values) -> impl Iterator<Item = StoredRule> {
    values.into_iter().filter_map(move |(id, value)| match value {
        RegistryValue::Text(text) => Some(StoredRule { store, id, text }),
        _ => None,
    })
}

fn settings(profile: Profile, is_disabled: bool) -> io::Result<ProfileSettings> {
    let (local, by_policy) = match profile {
        Profile::Domain => ("DomainProfile", "DomainProfile"),
        Profile::Private => ("StandardProfile", "PrivateProfile"),
        Profile::Public => ("PublicProfile", "PublicProfile"),
    };
    let read = |path: String| Ok::<_, io::Error>(registry_values(&path)?.unwrap_or_default());
    let local = read(format!(r"{LOCAL}\{local}"))?;
    let by_policy = read(format!(r"{GROUP_POLICY}\{by_policy}"))?;
    // The old form of the policy for networks without a domain controller, whose effect on the two
    // newer profiles mcast does not know.
    let is_old = profile != Profile::Domain
        && registry_values(&format!(r"{GROUP_POLICY}\StandardProfile"))?.is_some();
    let flag = |name: &str| number(&by_policy, name).or_else(|| number(&local, name));
    Ok(ProfileSettings {
        profile,
        enabled: flag("EnableFirewall").map(|on| on != 0).filter(|_| !is_old && !is_disabled),
        blocks_by_default: flag("DefaultInboundAction").map(|action| action != 0),
        blocks_all: flag("DoNotAllowExceptions").is_some_and(|on| on != 0),
        // Only a policy can exclude local rules.
        local_rules: number(&by_policy, "AllowLocalPolicyMerge") != Some(0),
    })
}

fn number(values: &Values, name: &str) -> Option<u32> {
    values.iter().find_map(|(known, value)| match value {
        RegistryValue::Number(number) if known.eq_ignore_ascii_case(name) => Some(*number),
        _ => None,
    })
}
