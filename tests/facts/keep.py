"""Keeps records of tests/check.rs and tests/pim.rs: python3 tests/facts/keep.py DIRECTORY.

Leaves out null, and counters of bytes and of sent packets.
"""

import json
import pathlib
import sys

# The name of a record, and the test that records it.
KEPT = {
    "another-port": "traffic_on_another_port_is_detected-2",
    "another-port-as-nobody": "traffic_on_another_port_is_detected",
    "another-source": "traffic_from_another_source_is_detected",
    "bad-checksum": "a_wrong_checksum_is_found",
    "bad-checksum-fixed": "a_wrong_checksum_is_found-2",
    "bad-checksum-ipv6": "a_wrong_checksum_is_found_with_ipv6",
    "bad-length": "a_wrong_length_is_found",
    "bound-to-address": "a_program_bound_to_a_unicast_address_is_named",
    "bound-to-any": "a_program_bound_to_a_unicast_address_is_named-2",
    "bridge-firewall": "a_firewall_on_bridged_frames_is_found",
    "buffer-overflow": "the_program_with_a_full_buffer_is_named",
    "duplicate-address": "a_duplicate_address_is_found",
    "firewall-ingress": "the_rule_of_a_firewall_is_named-7",
    "firewall-ingress-as-nobody": "a_firewall_is_located_without_rights-4",
    "firewall-input-fixed": "the_rule_of_a_firewall_is_named-2",
    "firewall-input-policy": "the_rule_of_a_firewall_is_named",
    "firewall-input-policy-as-nobody": "a_firewall_is_located_without_rights",
    "firewall-input-rule": "the_rule_of_a_firewall_is_named-3",
    "firewall-input-rule-as-nobody": "a_firewall_is_located_without_rights-2",
    "firewall-prerouting": "the_rule_of_a_firewall_is_named-5",
    "firewall-prerouting-as-nobody": "a_firewall_is_located_without_rights-3",
    "fragments-lost": "lost_fragments_are_found",
    "fragments-lost-ipv6": "lost_fragments_are_found_with_ipv6",
    "healthy": "a_healthy_wire_has_no_fault",
    "healthy-ipv6": "healthy_ipv6_has_no_fault",
    "healthy-with-querier": "a_snooping_switch_with_a_querier_has_no_fault",
    "igmpv2-router": "the_router_of_an_igmpv2_segment_is_named",
    "interface-down": "a_down_interface_is_detected",
    "ipv6-disabled": "disabled_ipv6_is_found",
    "last-hop-router": "the_last_hop_router_shows_where_the_group_ends",
    "last-hop-router-silent": "the_last_hop_router_shows_where_the_group_ends-5",
    "listen-no-sender": "listen_without_a_sender_is_a_fault",
    "listen-boundary": "the_last_hop_router_shows_where_the_group_ends-3",
    "listen-pruned": "listen_finds_a_pruning_switch",
    "listen-ttl": "listen_finds_a_low_ttl",
    "listen-pruned-ipv6": "pruning_of_ipv6_stops_unicast_too",
    "listen-ttl-ipv6": "listen_finds_a_low_ttl_with_ipv6",
    "listen-whole": "a_path_without_loss_passes",
    "mtu-too-small": "a_small_mtu_is_found",
    "mtu-fixed": "a_small_mtu_is_found-2",
    "no-carrier": "a_missing_carrier_is_found",
    "no-checksum-ipv6": "a_missing_ipv6_checksum_is_found",
    "no-route": "two_interfaces_without_a_route_are_a_fault",
    "no-route-ipv6": "two_interfaces_without_a_route_are_a_fault_with_ipv6",
    "no-route-fixed": "two_interfaces_without_a_route_are_a_fault-2",
    "port-taken": "the_program_on_an_exclusive_port_is_named",
    "port-taken-ipv6": "the_program_on_an_exclusive_port_is_named_with_ipv6",
    "rp-filter-loose": "loose_rp_filter_is_found",
    "rp-filter-fixed": "strict_rp_filter_is_found-3",
    "rp-filter-strict": "strict_rp_filter_is_found-2",
    "rp-filter-strict-as-nobody": "strict_rp_filter_is_found",
    "silence": "silence_is_not_a_fault",
    "silence-ipv6": "silence_is_not_a_fault_with_ipv6",
    "silence-as-nobody": "silence_is_not_a_fault-2",
    "snooping-fixed": "a_repeated_report_finds_a_pruned_member-2",
    "snooping-pruned": "a_repeated_report_finds_a_pruned_member",
    "snooping-pruned-ipv6": "a_repeated_report_finds_a_pruned_member_with_ipv6",
    "ssm-unsupported": "an_old_querier_is_found_for_a_source",
    "ssm-unsupported-ipv6": "an_old_querier_is_found_for_a_source_with_ipv6",
    "vlan-tag": "a_vlan_tag_is_named",
    "wrong-interface": "arrival_on_another_interface_is_found",
    "wrong-interface-fixed": "arrival_on_another_interface_is_found-2",
}
NOTHING = ("Octets", "ECTPkts", ".Out", "InCEPkts")


def trimmed(value):
    if isinstance(value, dict):
        kept = {key: trimmed(inner) for key, inner in value.items() if inner is not None}
        return {key: inner for key, inner in kept.items() if not any(part in key for part in NOTHING)}
    return [trimmed(inner) for inner in value] if isinstance(value, list) else value


def written(value, indent=0):
    """JSON with one line for each value that fits."""
    flat, inner = json.dumps(value), "  " * (indent + 1)
    if len(flat) + indent * 2 <= 130 or not isinstance(value, (dict, list)):
        return flat
    if isinstance(value, dict):
        lines = [f"{inner}{json.dumps(key)}: {written(each, indent + 1)}" for key, each in value.items()]
    else:
        lines = [inner + written(each, indent + 1) for each in value]
    first, last = "{}" if isinstance(value, dict) else "[]"
    return first + "\n" + ",\n".join(lines) + "\n" + "  " * indent + last


recorded, here = pathlib.Path(sys.argv[1]), pathlib.Path(__file__).parent
for name, test in KEPT.items():
    facts = json.loads((recorded / f"{test}.json").read_text())
    (here / f"{name}.json").write_text(written(trimmed(facts)) + "\n")
