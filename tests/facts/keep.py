"""Keeps the facts that tests/check.rs recorded: python3 tests/facts/keep.py DIRECTORY

Drops null, and counters of bytes and of sent packets, which no rule reads.
"""

import json
import pathlib
import sys

# The name of each record, and the test that recorded it.
KEPT = {
    "another-port": "traffic_on_another_port_is_detected-2",
    "another-port-as-nobody": "traffic_on_another_port_is_detected",
    "another-source": "traffic_from_another_source_is_detected",
    "bad-checksum": "an_offloaded_checksum_is_detected",
    "bad-checksum-mended": "an_offloaded_checksum_is_detected-2",
    "bad-checksum-ipv6": "an_offloaded_checksum_is_detected_with_ipv6",
    "bad-length": "a_wrong_udp_length_is_detected",
    "bound-to-address": "a_program_bound_to_the_host_address_is_named",
    "bound-to-any": "a_program_bound_to_the_host_address_is_named-2",
    "bridge-firewall": "bridge_netfilter_drops_are_detected",
    "buffer-overflow": "the_program_with_the_full_buffer_is_named",
    "duplicate-address": "a_duplicate_address_is_detected",
    "firewall-ingress": "the_firewall_rule_that_drops_is_named-7",
    "firewall-ingress-as-nobody": "an_unreadable_firewall_is_named_by_its_hook-4",
    "firewall-input-mended": "the_firewall_rule_that_drops_is_named-2",
    "firewall-input-policy": "the_firewall_rule_that_drops_is_named",
    "firewall-input-policy-as-nobody": "an_unreadable_firewall_is_named_by_its_hook",
    "firewall-input-rule": "the_firewall_rule_that_drops_is_named-3",
    "firewall-input-rule-as-nobody": "an_unreadable_firewall_is_named_by_its_hook-2",
    "firewall-prerouting": "the_firewall_rule_that_drops_is_named-5",
    "firewall-prerouting-as-nobody": "an_unreadable_firewall_is_named_by_its_hook-3",
    "fragments-lost": "incomplete_fragments_are_detected",
    "fragments-lost-ipv6": "incomplete_fragments_are_detected_with_ipv6",
    "healthy": "a_healthy_wire_has_no_fault",
    "healthy-ipv6": "healthy_ipv6_has_no_fault",
    "healthy-with-querier": "a_snooping_switch_with_a_querier_has_no_fault",
    "interface-down": "a_down_interface_is_detected",
    "ipv6-disabled": "disabled_ipv6_is_detected",
    "listen-in-vain": "listen_without_a_sender_reports_it",
    "listen-pruned": "listen_detects_a_switch_that_prunes",
    "listen-ttl": "listen_detects_a_ttl_that_is_too_low",
    "listen-pruned-ipv6": "listen_reports_that_pruning_breaks_neighbour_discovery",
    "listen-ttl-ipv6": "listen_detects_a_ttl_that_is_too_low_with_ipv6",
    "listen-whole": "listen_confirms_a_working_path",
    "mtu-too-small": "a_frame_larger_than_the_mtu_is_detected",
    "mtu-mended": "a_frame_larger_than_the_mtu_is_detected-2",
    "no-carrier": "a_missing_carrier_is_detected",
    "no-checksum-ipv6": "an_ipv6_datagram_without_checksum_is_detected",
    "no-route": "two_interfaces_without_a_route_are_both_checked",
    "no-route-ipv6": "two_interfaces_without_a_route_are_both_checked_with_ipv6",
    "no-route-mended": "two_interfaces_without_a_route_are_both_checked-2",
    "port-taken": "the_program_that_does_not_share_the_port_is_named",
    "port-taken-ipv6": "the_program_that_does_not_share_the_port_is_named_with_ipv6",
    "rp-filter-loose": "a_source_without_a_route_fails_rp_filter",
    "rp-filter-mended": "a_source_from_another_interface_network_fails_rp_filter-3",
    "rp-filter-strict": "a_source_from_another_interface_network_fails_rp_filter-2",
    "rp-filter-strict-as-nobody": "a_source_from_another_interface_network_fails_rp_filter",
    "silence": "silence_is_not_a_fault",
    "silence-ipv6": "silence_is_not_a_fault_with_ipv6",
    "silence-as-nobody": "silence_is_not_a_fault-2",
    "snooping-mended": "a_new_report_reveals_a_switch_that_pruned_the_member-2",
    "snooping-pruned": "a_new_report_reveals_a_switch_that_pruned_the_member",
    "snooping-pruned-ipv6": "a_new_report_reveals_a_switch_that_pruned_the_member_with_ipv6",
    "ssm-unsupported": "an_igmpv2_or_mldv1_querier_is_detected_for_ssm",
    "ssm-unsupported-ipv6": "an_igmpv2_or_mldv1_querier_is_detected_for_ssm_with_ipv6",
    "vlan-tag": "the_vlan_of_a_tagged_frame_is_named",
    "wrong-interface": "data_on_another_interface_is_detected",
    "wrong-interface-mended": "data_on_another_interface_is_detected-2",
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
