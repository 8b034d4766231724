//! The checks that were not possible.

use super::elsewhere;
use super::words::system;
use crate::diagnosis::facts::Facts;
use crate::notice::{Id, Level, Notice, shared};

/// The checks that were not possible, and the rights that they need.
pub fn findings(facts: &Facts) -> Vec<Notice> {
    if elsewhere::is_bsd(facts) {
        return elsewhere::blind_spots(facts);
    }
    if facts.system == "windows" {
        return vec![not_available_on_windows(facts)];
    }
    if facts.system != "linux" {
        let finding = Notice::note(
            Id::NotAvailable,
            format!("{} provides less information than Linux", system(&facts.system)),
            "not checked: memberships and their versions, kernel counters, frames, firewall rules, \
             bridges, programs on the port, queriers",
        );
        return vec![finding];
    }
    let mut missing = Vec::new();
    if facts.rights.no_netlink {
        missing.push("routes and links (no netlink socket)".to_owned());
    }
    if facts.counters.is_none() {
        missing.push("kernel counters (/proc/net)".to_owned());
    }
    if !facts.rights.capture {
        missing.push("frames and queriers (needs CAP_NET_RAW)".to_owned());
    }
    if !facts.rights.firewall {
        missing.push("firewall rules (needs CAP_NET_ADMIN)".to_owned());
    } else if let Some(why) = facts.firewall.unread.as_ref() {
        missing.push(format!("firewall rules ({why})"));
    }
    if facts.firewall.legacy {
        missing.push("legacy iptables rules ('iptables-legacy-save' shows them)".to_owned());
    }
    let unprivileged = !(facts.rights.capture && facts.rights.firewall);
    let finding = Notice::note(
        Id::NotSeen,
        "some checks were not possible",
        format!("not checked: {}", missing.join(", ")),
    );
    let finding = if unprivileged {
        finding.remedy("run mcast check as root, or with these capabilities")
    } else {
        finding
    };
    let found = if missing.is_empty() { None } else { Some(finding) };
    let no_netlink = facts.rights.no_netlink.then(|| {
        shared::no_netlink().at(Level::Note).why(
            "cannot open a netlink socket; mcast reads interfaces from /proc/net and with ioctl, \
             once per second",
        )
    });
    found.into_iter().chain(no_netlink).collect()
}

fn not_available_on_windows(facts: &Facts) -> Notice {
    let mut missing = vec![
        "IGMP and MLD versions".to_owned(),
        "frames and queriers".to_owned(),
        "bridges".to_owned(),
        "programs on the port".to_owned(),
        "rules of other firewalls and filters of the platform (WFP)".to_owned(),
    ];
    if facts.counters.is_none() {
        let is_udp_known = facts.system_counters.is_some();
        missing.push(if is_udp_known { "counters of IP" } else { "counters" }.to_owned());
    }
    let is_unread = facts.firewall.windows.is_none();
    if is_unread {
        let why = facts.firewall.unread.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
        missing.push(format!("rules of Windows Firewall{why}"));
    }
    let finding = Notice::note(
        Id::NotAvailable,
        "Windows provides less information than Linux",
        format!("not checked: {}", missing.join(", ")),
    );
    if !is_unread {
        return finding;
    }
    finding.remedy(
        "if no datagrams arrive, allow mcast in Windows Firewall for the profile of this network \
         ('Get-NetConnectionProfile' in PowerShell shows it)",
    )
}
