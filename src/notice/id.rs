//! The stable names of notices, for scripts.

use std::fmt;

use serde::{Serialize, Serializer};

/// Declares [`Id`] from one list for each use. No list can lack an id.
macro_rules! ids {
    (
        findings { $($finding:ident = $finding_name:literal,)* }
        findings_and_warnings { $($shared:ident = $shared_name:literal,)* }
        warnings { $($warning:ident = $warning_name:literal,)* }
        advice { $($advice:ident = $advice_name:literal,)* }
    ) => {
        /// The stable name of a notice. JSON shows it in kebab case.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Id {
            $(#[doc = concat!("`", $finding_name, "`, a finding.")] $finding,)*
            $(#[doc = concat!("`", $shared_name, "`, a finding and a warning.")] $shared,)*
            $(#[doc = concat!("`", $warning_name, "`, a warning.")] $warning,)*
            $(#[doc = concat!("`", $advice_name, "`, advice.")] $advice,)*
        }

        impl Id {
            /// All ids.
            pub const ALL: &[Id] = &[
                $(Id::$finding,)* $(Id::$shared,)* $(Id::$warning,)* $(Id::$advice,)*
            ];

            /// The ids of finding events.
            pub const FINDINGS: &[Id] = &[$(Id::$finding,)* $(Id::$shared,)*];

            /// The ids of warning events.
            pub const WARNINGS: &[Id] = &[$(Id::$shared,)* $(Id::$warning,)*];

            /// The name: `no-carrier`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Id::$finding => $finding_name,)*
                    $(Id::$shared => $shared_name,)*
                    $(Id::$warning => $warning_name,)*
                    $(Id::$advice => $advice_name,)*
                }
            }
        }
    };
}

ids! {
    findings {
        Arrives = "arrives",
        BadChecksum = "bad-checksum",
        BadIpHeader = "bad-ip-header",
        BadLength = "bad-length",
        BoundToAddress = "bound-to-address",
        Bridge = "bridge",
        BridgeFirewall = "bridge-firewall",
        BufferOverflow = "buffer-overflow",
        DroppedInKernel = "dropped-in-kernel",
        DuplicateAddress = "duplicate-address",
        Firewall = "firewall",
        FirewallIngress = "firewall-ingress",
        FirewallInput = "firewall-input",
        FirewallMembershipIn = "firewall-membership-in",
        FirewallMembershipOut = "firewall-membership-out",
        FirewallOutput = "firewall-output",
        FirewallPrerouting = "firewall-prerouting",
        FragmentsLost = "fragments-lost",
        IgmpVersion = "igmp-version",
        IgnoredMulticast = "ignored-multicast",
        Interface = "interface",
        InterfaceErrors = "interface-errors",
        InterfaceFlags = "interface-flags",
        InterfacesLeftOut = "interfaces-left-out",
        Ipv6Disabled = "ipv6-disabled",
        JoinFailed = "join-failed",
        JoinUnseen = "join-unseen",
        LastHopRouter = "last-hop-router",
        Limits = "limits",
        LocalNetwork = "local-network",
        MartianSource = "martian-source",
        Membership = "membership",
        MtuTooSmall = "mtu-too-small",
        MulticastFiltered = "multicast-filtered",
        NoAddress = "no-address",
        NoCarrier = "no-carrier",
        NoInterface = "no-interface",
        NoPath = "no-path",
        NoPimRouter = "no-pim-router",
        NoQuerier = "no-querier",
        NoRoute = "no-route",
        NotAvailable = "not-available",
        NotRouted = "not-routed",
        NotSeen = "not-seen",
        NothingArrives = "nothing-arrives",
        OtherMac = "other-mac",
        OtherPort = "other-port",
        OtherSource = "other-source",
        Path = "path",
        PortNotPermitted = "port-not-permitted",
        PortTaken = "port-taken",
        Querier = "querier",
        Route = "route",
        RouteDiffers = "route-differs",
        RpFilter = "rp-filter",
        SelfTest = "self-test",
        SelfTestFailed = "self-test-failed",
        SnoopingPruned = "snooping-pruned",
        SourceRoute = "source-route",
        StreamStopped = "stream-stopped",
        TtlTooLow = "ttl-too-low",
        UdpErrors = "udp-errors",
        VlanTag = "vlan-tag",
        Vrf = "vrf",
        WrongInterface = "wrong-interface",
    }
    findings_and_warnings {
        AnySourceInSsmRange = "any-source-in-ssm-range",
        ArrivesTwice = "arrives-twice",
        InterfaceDown = "interface-down",
        InterfaceMember = "interface-member",
        Ipvlan = "ipvlan",
        NoNetlink = "no-netlink",
        SsmUnsupported = "ssm-unsupported",
    }
    warnings {
        AnswersWithheld = "answers-withheld",
        CameBack = "came-back",
        CaptureChecksums = "capture-checksums",
        CaptureCut = "capture-cut",
        CaptureDrops = "capture-drops",
        CaptureOrder = "capture-order",
        CaptureTwice = "capture-twice",
        CaptureUntimed = "capture-untimed",
        ChecksumErrors = "checksum-errors",
        ClockSet = "clock-set",
        GrandmasterChanged = "grandmaster-changed",
        InputAwaited = "input-awaited",
        InterfaceAddress = "interface-address",
        InterfaceAgain = "interface-again",
        InterfaceBack = "interface-back",
        InterfaceGone = "interface-gone",
        InterfaceJoined = "interface-joined",
        InterfaceMoved = "interface-moved",
        InterfaceNoAddress = "interface-no-address",
        InterfaceUp = "interface-up",
        KernelDrops = "kernel-drops",
        LocalSender = "local-sender",
        LoopbackLoops = "loopback-loops",
        NoAnnouncements = "no-announcements",
        NoAnswer = "no-answer",
        NoFrames = "no-frames",
        NotLeft = "not-left",
        NotRejoined = "not-rejoined",
        NotScanned = "not-scanned",
        NotSent = "not-sent",
        NothingReceived = "nothing-received",
        NothingSelected = "nothing-selected",
        RcvbufCapped = "rcvbuf-capped",
        ReceiverSilent = "receiver-silent",
        RecordingEnded = "recording-ended",
        ReplayLeftOut = "replay-left-out",
        SharedUniverse = "shared-universe",
        StillWaiting = "still-waiting",
        TooManyStreams = "too-many-streams",
        TwoGrandmasters = "two-grandmasters",
        VrfUnbound = "vrf-unbound",
    }
    advice {
        BarePort = "bare-port",
        ControlBlock = "control-block",
        FloodedGroup = "flooded-group",
        Fragmented = "fragmented",
        InputNotSent = "input-not-sent",
        NoLiveView = "no-live-view",
        NoMulticastFlag = "no-multicast-flag",
        PermanentGroup = "permanent-group",
        ReservedRange = "reserved-range",
        StaysLocal = "stays-local",
        StaysOnHost = "stays-on-host",
        TtlIsNoTime = "ttl-is-no-time",
        TunnelRoute = "tunnel-route",
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_id_has_its_own_name_in_kebab_case() {
        let names: BTreeSet<&str> = Id::ALL.iter().map(|id| id.as_str()).collect();
        assert_eq!(names.len(), Id::ALL.len());
        for name in names {
            assert!(
                name.split('-').all(|word| !word.is_empty()
                    && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())),
                "{name}"
            );
        }
    }
}
