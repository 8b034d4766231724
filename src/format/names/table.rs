//! The protocols, and the search for the one that fits.

use std::net::IpAddr;

use super::name::Name;
use super::place::Place;
use super::protocol::Protocol;
use super::{discovery, industry, media, messaging, routing, text};

/// Why RTPS has a name and no loss.
const NOT_MEASURED: &str = "mcast does not measure it: a writer numbers all its samples, and sends \
                            some of them to other groups or by unicast";

const fn named(id: &'static str, title: &'static str, places: &'static [Place]) -> Protocol {
    Protocol::new(id, title, places)
}

/// The protocols. If several fit a payload, the first one names it.
static PROTOCOLS: [Protocol; 62] = [
    // Data.
    named("rtps", "DDS (RTPS)", &[Place::ports(7400, 7401)])
        .magic(messaging::rtps)
        .note(NOT_MEASURED),
    named("lcm", "LCM", &[Place::port(7667).on(239, 255, 76, 67)]).magic(messaging::lcm),
    named("aeron", "Aeron", &[Place::port(40456).on(224, 20, 30, 39)]).structure(messaging::aeron),
    named("epgm", "PGM (ZeroMQ EPGM)", &[Place::port(5555), Place::port(5563), Place::port(7500)])
        .at_port(messaging::epgm),
    named("uftp", "UFTP", &[Place::port(1044)]).at_port(messaging::uftp),
    named("norm", "NORM", &[Place::port(6003).on(224, 1, 2, 3)]).at_port(messaging::norm),
    named("flute", "FLUTE/ALC", &[Place::port(40085).on(238, 1, 1, 95)]).at_port(messaging::alc),
    named(
        "lbm",
        "Ultra Messaging (29West LBM)",
        &[
            Place::port(12965).on(224, 9, 10, 11),
            Place::port(14400).within([224, 10, 10, 10], [224, 10, 10, 14]),
        ],
    ),
    named("opc_ua_pubsub", "OPC UA PubSub", &[Place::port(4840)]).at_port(messaging::opc_ua),
    named("spead", "SPEAD", &[Place::port(7148)]).structure(media::spead),
    named("vita49_frame", "VITA 49.1", &[]).magic(media::vita49_frame),
    named("vita49", "VITA 49", &[Place::port(4991)]).at_port(media::vita49),
    // Audio, video and light.
    named("sap", "SAP/SDP", &[Place::port(9875)]).magic(media::sap),
    named("rtcp", "RTCP", &[]).structure(media::rtcp),
    named("ptp_v1", "PTP version 1", &[]).magic(media::ptp_v1),
    named("ptp", "PTP", &[Place::ports(319, 320)]).at_port(media::ptp),
    named("artnet", "Art-Net", &[Place::port(6454)]).magic(media::artnet),
    named("sacn", "sACN", &[Place::port(5568)]).magic(media::sacn),
    named("sacn_discovery", "sACN universe discovery", &[]).magic(media::sacn_discovery),
    named("sacn_sync", "sACN synchronisation", &[]).magic(media::sacn_sync),
    named("acn", "ACN", &[]).magic(media::acn),
    named(
        "dante",
        "Dante",
        &[
            Place::port(4321).within([239, 255, 0, 0], [239, 255, 255, 255]),
            Place::ports(8700, 8708).within([224, 0, 0, 230], [224, 0, 0, 233]),
        ],
    ),
    // Factories, buildings, vehicles, radars and simulations.
    named("knxnet_ip", "KNXnet/IP", &[Place::port(3671)]).structure(industry::knx),
    named("someip_sd", "SOME/IP-SD", &[Place::port(30490)]).structure(industry::someip_sd),
    named(
        "enip_io",
        "EtherNet/IP I/O",
        &[Place::port(2222).within([239, 192, 0, 0], [239, 195, 255, 255])],
    )
    .structure(industry::enip_io),
    named("trdp", "TRDP", &[Place::ports(17224, 17225)]).structure(industry::trdp),
    named("asterix", "ASTERIX", &[]).structure(industry::asterix_alone),
    named("asterix", "ASTERIX", &[Place::port(8600)]).at_port(industry::asterix),
    named("dis", "DIS", &[Place::port(3000)]).structure(industry::dis),
    named(
        "iec61162_450",
        "IEC 61162-450",
        &[Place::ports(60001, 60064).within([239, 192, 0, 1], [239, 192, 0, 64])],
    )
    .magic(industry::iec61162_450),
    named("c37_118", "C37.118 synchrophasors", &[Place::port(4713)]).structure(industry::c37_118),
    named("mavlink", "MAVLink", &[Place::ports(14540, 14560)]).at_port(industry::mavlink),
    // Services, hosts and programs that look for each other.
    named("plex", "Plex GDM", &[Place::ports(32410, 32414)]).at_port(discovery::plex),
    named("ssdp", "SSDP (UPnP)", &[Place::port(1900)]).magic(discovery::ssdp),
    named("ws_discovery", "WS-Discovery", &[Place::port(3702)]).magic(discovery::ws_discovery),
    named("mdns", "mDNS", &[Place::port(5353)]).at_port(discovery::dns),
    named("llmnr", "LLMNR", &[Place::port(5355)]).at_port(discovery::dns),
    named("slp", "SLP", &[Place::port(427)]).at_port(discovery::slp),
    named("coap", "CoAP", &[Place::port(5683)]).at_port(discovery::coap),
    named("dhcpv6", "DHCPv6", &[Place::ports(546, 547)]).at_port(discovery::dhcpv6),
    named("ntp", "NTP", &[Place::port(123)]).at_port(discovery::ntp),
    named("syncthing", "Syncthing discovery", &[Place::port(21027)]).magic(discovery::syncthing),
    named("bittorrent_lsd", "BitTorrent LSD", &[Place::port(6771)]).magic(discovery::bittorrent),
    named("minecraft", "Minecraft LAN", &[Place::port(4445).on(224, 0, 2, 60)])
        .magic(discovery::minecraft),
    named("ubiquiti", "Ubiquiti discovery", &[Place::port(10001)]).at_port(discovery::ubiquiti),
    // Clusters and monitoring.
    named("collectd", "collectd", &[Place::port(25826)]).structure(messaging::collectd),
    named("ganglia", "Ganglia", &[Place::port(8649)]).at_port(messaging::ganglia),
    named("tomcat", "Tomcat cluster", &[Place::port(45564)]).magic(messaging::tomcat),
    named(
        "jgroups",
        "JGroups",
        &[
            Place::port(45588),
            Place::port(7500).on(224, 0, 75, 75),
            Place::port(46655).on(228, 6, 7, 8),
        ],
    ),
    named("hazelcast", "Hazelcast", &[Place::port(54327)]),
    named("corosync", "corosync", &[Place::ports(5404, 5405)]),
    named("tibco_rv", "TIBCO Rendezvous", &[Place::port(7500)]),
    named("ndn", "NDN", &[Place::port(6363).on(224, 0, 23, 170)]),
    // Routers and tunnels.
    named("hsrp", "HSRP", &[Place::port(1985), Place::port(2029)]).at_port(routing::hsrp),
    named("glbp", "GLBP", &[Place::port(3222)]).at_port(routing::glbp),
    named("rip", "RIP", &[Place::port(520)]).at_port(routing::rip),
    named("ripng", "RIPng", &[Place::port(521)]).at_port(routing::ripng),
    named("babel", "Babel", &[Place::port(6696)]).at_port(routing::babel),
    named("ldp", "LDP", &[Place::port(646)]).at_port(routing::ldp),
    named("vxlan", "VXLAN", &[Place::port(4789), Place::port(8472)]).at_port(routing::vxlan),
    // Any text.
    named("json", "JSON text", &[]).structure(text::json),
    named("text", "text", &[]).structure(text::plain),
];

/// Every name, as found by the content if the protocol has a sign.
pub fn all() -> impl Iterator<Item = &'static Name> {
    PROTOCOLS.iter().map(|protocol| match protocol.fits {
        Some(_) => &protocol.found,
        None => &protocol.usual,
    })
}

/// Names a datagram by its content alone: chance is out of the question.
pub fn by_content(payload: &[u8]) -> Option<&'static Name> {
    let fits = |protocol: &&Protocol| protocol.alone && protocol.is(payload);
    PROTOCOLS.iter().find(fits).map(|protocol| &protocol.found)
}

/// Names a datagram by its content: also by a weaker sign, if it was sent to the usual port of the
/// protocol.
pub fn by_content_at(payload: &[u8], group: IpAddr, port: u16) -> Option<&'static Name> {
    let fits = |protocol: &&Protocol| protocol.uses(group, port) && protocol.is(payload);
    let here = PROTOCOLS.iter().find(fits).map(|protocol| &protocol.found);
    here.or_else(|| by_content(payload))
}

/// The protocol that usually uses a group and port. The content may be another one.
pub fn by_port(group: IpAddr, port: u16) -> Option<&'static Name> {
    let uses = |protocol: &&Protocol, specific: bool| {
        let mut places = protocol.places.iter();
        places.any(|place| place.holds(group, port) && (place.is_specific() || !specific))
    };
    // A port alone says less than a group and a port.
    let specific = PROTOCOLS.iter().find(|protocol| uses(protocol, true));
    let found = specific.or_else(|| PROTOCOLS.iter().find(|protocol| uses(protocol, false)));
    found.map(|protocol| &protocol.usual)
}

#[cfg(test)]
mod tests;
