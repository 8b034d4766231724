"""Keeps what tests/check.rs recorded: python3 tests/facts/keep.py DIRECTORY. What tells nothing is left out: null, and counters of bytes and of what was sent."""

import json
import pathlib
import sys

# What it is called here, and the test whose look it is.
KEPT = {
    "another-port": "another_port_is_found-2",
    "another-port-as-nobody": "another_port_is_found",
    "another-source": "another_source_is_found",
    "bad-checksum": "a_checksum_that_was_left_to_hardware_is_found",
    "bad-checksum-mended": "a_checksum_that_was_left_to_hardware_is_found-2",
    "bad-checksum-ipv6": "a_checksum_that_was_left_to_hardware_is_found_with_ipv6",
    "bad-length": "a_header_that_tells_a_wrong_length_is_found",
    "bound-to-address": "a_program_that_is_bound_to_the_hosts_own_address_is_found_and_named",
    "bound-to-any": "a_program_that_is_bound_to_the_hosts_own_address_is_found_and_named-2",
    "bridge-firewall": "a_bridge_that_asks_the_firewall_of_its_host_is_found_there",
    "buffer-overflow": "a_buffer_that_overflows_is_found_with_its_program",
    "duplicate-address": "an_address_that_two_hosts_have_is_found",
    "firewall-ingress": "a_firewall_is_found_with_the_rule_that_does_it-7",
    "firewall-ingress-as-nobody": "a_firewall_is_found_by_its_place_where_its_rules_cannot_be_read-4",
    "firewall-input-mended": "a_firewall_is_found_with_the_rule_that_does_it-2",
    "firewall-input-policy": "a_firewall_is_found_with_the_rule_that_does_it",
    "firewall-input-policy-as-nobody": "a_firewall_is_found_by_its_place_where_its_rules_cannot_be_read",
    "firewall-input-rule": "a_firewall_is_found_with_the_rule_that_does_it-3",
    "firewall-input-rule-as-nobody": "a_firewall_is_found_by_its_place_where_its_rules_cannot_be_read-2",
    "firewall-prerouting": "a_firewall_is_found_with_the_rule_that_does_it-5",
    "firewall-prerouting-as-nobody": "a_firewall_is_found_by_its_place_where_its_rules_cannot_be_read-3",
    "fragments-lost": "fragments_that_never_come_whole_are_found",
    "fragments-lost-ipv6": "fragments_that_never_come_whole_are_found_with_ipv6",
    "healthy": "nothing_is_found_wrong_with_a_wire",
    "healthy-ipv6": "nothing_is_found_wrong_with_ipv6_either",
    "healthy-with-querier": "nothing_is_found_wrong_with_a_switch_that_snoops_and_asks",
    "interface-down": "an_interface_that_is_down_is_found",
    "ipv6-disabled": "ipv6_that_is_switched_off_is_found",
    "listen-in-vain": "a_sender_that_is_waited_for_in_vain_is_said",
    "listen-pruned": "a_switch_that_prunes_is_found_by_dividing_the_path",
    "listen-ttl": "a_ttl_or_hop_limit_that_ends_at_a_router_is_found_by_dividing_the_path",
    "listen-pruned-ipv6": "a_switch_that_prunes_ipv6_keeps_neighbours_from_finding_each_other_and_that_is_said",
    "listen-ttl-ipv6": "a_ttl_or_hop_limit_that_ends_at_a_router_is_found_by_dividing_the_path_with_ipv6",
    "listen-whole": "a_path_that_is_whole_is_found_to_be",
    "mtu-too-small": "a_frame_larger_than_the_mtu_is_found",
    "mtu-mended": "a_frame_larger_than_the_mtu_is_found-2",
    "no-carrier": "a_wire_without_carrier_is_found",
    "no-checksum-ipv6": "a_datagram_of_ipv6_without_a_checksum_is_found",
    "no-route": "two_interfaces_and_no_route_leave_the_choice_open",
    "no-route-ipv6": "two_interfaces_and_no_route_leave_the_choice_open_with_ipv6",
    "no-route-mended": "two_interfaces_and_no_route_leave_the_choice_open-2",
    "port-taken": "a_port_that_is_not_shared_is_found_with_its_program",
    "port-taken-ipv6": "a_port_that_is_not_shared_is_found_with_its_program_with_ipv6",
    "rp-filter-loose": "a_source_without_a_route_is_found_to_be_refused",
    "rp-filter-mended": "a_source_of_another_interfaces_network_is_found_to_be_refused-3",
    "rp-filter-strict": "a_source_of_another_interfaces_network_is_found_to_be_refused-2",
    "rp-filter-strict-as-nobody": "a_source_of_another_interfaces_network_is_found_to_be_refused",
    "silence": "silence_is_no_fault",
    "silence-ipv6": "silence_is_no_fault_with_ipv6",
    "silence-as-nobody": "silence_is_no_fault-2",
    "snooping-mended": "a_switch_that_forgot_a_member_is_found_by_reporting_it_anew-2",
    "snooping-pruned": "a_switch_that_forgot_a_member_is_found_by_reporting_it_anew",
    "snooping-pruned-ipv6": "a_switch_that_forgot_a_member_is_found_by_reporting_it_anew_with_ipv6",
    "ssm-unsupported": "a_querier_of_igmpv2_or_mldv1_is_found_where_a_source_is_asked_for",
    "ssm-unsupported-ipv6": "a_querier_of_igmpv2_or_mldv1_is_found_where_a_source_is_asked_for_with_ipv6",
    "vlan-tag": "a_tagged_frame_is_found_and_its_vlan_named",
    "wrong-interface": "data_that_comes_by_another_interface_is_found_there",
    "wrong-interface-mended": "data_that_comes_by_another_interface_is_found_there-2",
}
NOTHING = ("Octets", "ECTPkts", ".Out", "InCEPkts")


def trimmed(value):
    if isinstance(value, dict):
        kept = {key: trimmed(inner) for key, inner in value.items() if inner is not None}
        return {key: inner for key, inner in kept.items() if not any(part in key for part in NOTHING)}
    return [trimmed(inner) for inner in value] if isinstance(value, list) else value


def written(value, indent=0):
    """JSON with a line for whatever fits in one."""
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
