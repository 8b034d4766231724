//! Which datagrams of a capture are sent.

use std::net::SocketAddr;

use crate::capture::{Captured, Interface};
use crate::cli::Flow;
use crate::event::NotReplayed;
use crate::plan::{self, CaptureInterface};

/// Which datagrams of a capture are sent.
#[derive(Debug)]
pub struct Selection {
    only: Vec<Flow>,
    interfaces: Vec<String>,
}

impl Selection {
    pub fn new(plan: &plan::Replay) -> Self {
        Selection { only: plan.only.clone(), interfaces: plan.capture_ifaces.clone() }
    }

    /// Why a datagram is left out; `None` if it is sent.
    pub fn refuses(&self, captured: &Captured, interfaces: &[Interface]) -> Option<NotReplayed> {
        let Captured { source, destination, interface, .. } = *captured;
        let name = interfaces.get(interface).and_then(|interface| interface.name.as_deref());
        let iface = CaptureInterface { name, number: interface };
        if !self.interfaces.is_empty() && !self.interfaces.iter().any(|wanted| iface.is(wanted)) {
            return Some(NotReplayed::NotSelected);
        }
        if self.only.iter().any(|flow| chooses(flow, source, destination)) {
            return None;
        }
        match self.only.is_empty() {
            false => Some(NotReplayed::NotSelected),
            true if destination.ip().is_multicast() => None,
            true => Some(NotReplayed::NotMulticast),
        }
    }
}

fn chooses(flow: &Flow, source: SocketAddr, destination: SocketAddr) -> bool {
    flow.range.has_group(destination.ip())
        && (flow.any_port || flow.range.has_port(destination.port()))
        && flow.range.source().is_none_or(|wanted| wanted == source.ip())
}

#[cfg(test)]
mod tests {
    use super::super::tests::captured;
    use super::*;

    fn refuses(only: &[(&str, bool)], from: &str, to: &str) -> Option<NotReplayed> {
        let flow = |(range, any_port): &(&str, bool)| Flow {
            range: range.parse().unwrap(),
            any_port: *any_port,
        };
        let only = only.iter().map(flow).collect();
        let selection = Selection { only, interfaces: Vec::new() };
        let captured = Captured {
            source: from.parse().unwrap(),
            destination: to.parse().unwrap(),
            ..captured(b"")
        };
        selection.refuses(&captured, &[])
    }

    #[test]
    fn without_a_choice_multicast_is_sent() {
        let from = "10.0.0.5:4000";
        assert_eq!(refuses(&[], from, "239.1.1.1:5000"), None);
        assert_eq!(refuses(&[], "[fe80::1]:4000", "[ff02::1]:5000"), None);
        for to in ["10.0.0.9:5000", "255.255.255.255:5000", "[2001:db8::1]:5000"] {
            assert_eq!(refuses(&[], from, to), Some(NotReplayed::NotMulticast), "{to}");
        }
    }

    #[test]
    fn only_the_chosen_flows_are_sent() {
        let from = "10.0.0.5:4000";
        for (range, any_port, to, sent) in [
            ("239.1.1.1:5000", false, "239.1.1.1:5000", true),
            ("239.1.1.1:5000", false, "239.1.1.1:5001", false),
            ("239.1.1.1", true, "239.1.1.1:5001", true),
            ("239.1.1.0/24", true, "239.1.1.255:9", true),
            ("239.1.1.0/24", true, "239.1.2.0:9", false),
            ("10.0.0.9:2368", false, "10.0.0.9:2368", true),
            ("10.0.0.5@232.1.1.1:5000", false, "232.1.1.1:5000", true),
            ("10.0.0.6@232.1.1.1:5000", false, "232.1.1.1:5000", false),
            ("ff15::1", true, "239.1.1.1:5000", false),
        ] {
            let refused = refuses(&[(range, any_port)], from, to);
            assert_eq!(refused, (!sent).then_some(NotReplayed::NotSelected), "{range} {to}");
        }
        let two = [("239.1.1.1:5000", false), ("239.1.1.2:5000", false)];
        assert_eq!(refuses(&two, from, "239.1.1.2:5000"), None);
    }

    #[test]
    fn an_interface_of_the_capture_can_be_chosen() {
        let named = |name: &str| Interface { name: Some(name.to_owned()), ..Interface::default() };
        let interfaces = [named("eth0"), named("eth1"), Interface::default()];
        let out = Some(NotReplayed::NotSelected);
        for (wanted, expected) in [("eth1", [out, None, out, out]), ("2", [out, out, None, out])] {
            let selection = Selection { only: Vec::new(), interfaces: vec![wanted.to_owned()] };
            let refused = [0, 1, 2, 9].map(|interface| {
                selection.refuses(&Captured { interface, ..captured(b"") }, &interfaces)
            });
            assert_eq!(refused, expected, "{wanted}");
        }
    }
}
