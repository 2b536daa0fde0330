import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreagent.errors import ToolArgumentsError
from coreagent.tools.subnet import Operation, subnet


def test_describe_ipv4() -> None:
    found = subnet(["10.1.2.3/20"])
    assert (found.network, found.netmask, found.broadcast) == ("10.1.0.0", "255.255.240.0", "10.1.15.255")
    assert (found.first_host, found.last_host, found.usable_hosts) == ("10.1.0.1", "10.1.15.254", 4094)
    assert found.statement() == (
        "10.1.0.0/20 has network address 10.1.0.0, netmask 255.255.240.0, broadcast address 10.1.15.255"
        " and 4,094 usable host addresses, 10.1.0.1 to 10.1.15.254."
    )


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("192.0.2.0/31", 2),
        ("192.0.2.1", 1),
        ("192.0.2.0/30", 2),
        ("192.0.2.0 255.255.255.0", 254),
        ("0.0.0.0/0", 2**32 - 2),
        ("2001:db8::/64", 2**64),
        ("::/0", 2**128),
    ],
)
def test_usable_hosts(text: str, hosts: int) -> None:
    assert subnet([text]).usable_hosts == hosts


def test_split_lists_a_part_and_counts_all() -> None:
    found = subnet(["10.0.0.0/8"], "split", new_prefix=24)
    assert (found.count, len(found.networks), found.networks[1]) == (65_536, 256, "10.0.1.0/24")
    assert subnet(["::/0"], "split", new_prefix=128).count == 2**128
    assert subnet(["10.0.0.0/24"], "split", new_prefix=24).networks == ("10.0.0.0/24",)


@pytest.mark.parametrize(
    ("operation", "one", "two", "answer"),
    [
        ("contains", "10.0.0.0/8", "10.255.0.1", True),
        ("contains", "10.0.0.0/24", "10.0.0.0/23", False),
        ("contains", "2001:db8::/32", "2001:db8:1::/48", True),
        ("overlap", "10.0.0.0/25", "10.0.0.128/25", False),
        ("overlap", "10.0.0.0/24", "10.0.0.128/25", True),
        ("overlap", "10.0.0.128/25", "10.0.0.0/24", True),
    ],
)
def test_compare(operation: Operation, one: str, two: str, answer: bool) -> None:
    assert subnet([one], operation, two).answer is answer


def test_overlap_takes_two_networks() -> None:
    assert subnet(["10.0.0.0/24", "10.0.0.5"], "overlap").answer is True


def test_summarise() -> None:
    found = subnet(["10.0.0.0/25", "10.0.0.128/25", "10.0.1.0/24", "10.0.4.0/24"], "summarise")
    assert found.networks == ("10.0.0.0/23", "10.0.4.0/24")
    assert subnet(["2001:db8::/33", "2001:db8:8000::/33"], "summarise").networks == ("2001:db8::/32",)


@given(st.integers(0, 2**32 - 1), st.integers(0, 24), st.integers(1, 8))
def test_parts_summarise_to_the_whole(address: int, prefix: int, more: int) -> None:
    whole = f"{ipaddress.IPv4Address(address)}/{prefix}"
    parts = subnet([whole], "split", new_prefix=prefix + more).networks
    merged = subnet(list(parts), "summarise").networks
    assert merged == subnet([whole]).networks


@pytest.mark.parametrize(
    ("networks", "operation", "other", "new_prefix"),
    [
        (["10.0.0.300"], "describe", None, None),
        (["10.0.0.0/33"], "describe", None, None),
        (["nonsense"], "describe", None, None),
        ([""], "describe", None, None),
        (["10.0.0.0/8", "::/0"], "summarise", None, None),
        (["10.0.0.0/8", "11.0.0.0/8"], "describe", None, None),
        (["10.0.0.0/8"], "contains", None, None),
        (["10.0.0.0/8"], "contains", "::1", None),
        (["10.0.0.0/24"], "split", None, 8),
        (["10.0.0.0/24"], "split", None, 64),
        (["10.0.0.0/24"], "split", None, None),
    ],
)
def test_bad_input(networks: list[str], operation: Operation, other: str | None, new_prefix: int | None) -> None:
    with pytest.raises(ToolArgumentsError) as caught:
        subnet(networks, operation, other, new_prefix)
    assert caught.value.mend
