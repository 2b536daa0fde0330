"""IP subnet arithmetic for IPv4 and IPv6 (CIDR, RFC 4632; /31 links, RFC 3021)."""

import ipaddress
from itertools import islice
from typing import Annotated, Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from coreagent.errors import ToolArgumentsError
from coreagent.labels import PUBLIC
from coreagent.tools.function_tool import tool

__all__ = ["SubnetResult", "subnet"]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Operation = Literal["describe", "split", "contains", "overlap", "summarise"]
MAX_LISTED = 256


class SubnetResult(BaseModel):
    """What was found. ``networks`` holds at most 256 of ``count``; ``answer`` is set for contains and overlap."""

    model_config = ConfigDict(frozen=True)

    operation: Operation
    sentence: str
    version: int
    networks: tuple[str, ...]
    count: int
    answer: bool | None = None
    network: str = ""
    netmask: str = ""
    broadcast: str = ""
    first_host: str = ""
    last_host: str = ""
    usable_hosts: int | None = None
    addresses: int | None = None

    def statement(self) -> str:
        """The finding in words."""
        return self.sentence

    def source(self) -> str:
        """CIDR."""
        return "RFC 4632 (CIDR)" if self.version == 4 else "RFC 4291 (IPv6 addressing)"


@tool(label=PUBLIC)
def subnet(
    networks: Annotated[list[Annotated[str, Field(max_length=100)]], Field(min_length=1, max_length=1024)],
    operation: Operation = "describe",
    other: Annotated[str | None, Field(max_length=100)] = None,
    new_prefix: Annotated[int | None, Field(ge=0, le=128)] = None,
) -> SubnetResult:
    """Compute with IP subnets (IPv4, IPv6): network, broadcast, mask, hosts, splitting, containment, overlap, summary.

    Args:
        networks: Subnets or addresses in CIDR form, such as 10.0.0.0/24 or 2001:db8::/48; one, or several to summarise.
        operation: describe one subnet; split it by new_prefix; whether it contains other; whether it overlaps other;
            summarise the list into the fewest subnets.
        other: Address or subnet to compare with, for contains and overlap.
        new_prefix: Prefix length of the parts in bits, for split.

    Raises:
        ToolArgumentsError: not an address, mixed versions, or an argument the operation needs is missing.
    """
    parsed = [_parse(text) for text in networks]
    if len({network.version for network in parsed}) > 1:
        raise _refused("IPv4 and IPv6 subnets are mixed", "Ask for each version by itself.")
    if operation == "summarise":
        return _summarise(parsed)
    if len(parsed) > 1 and not (operation == "overlap" and other is None and len(parsed) == 2):
        raise _refused(f"{operation} works on one subnet, got {len(parsed)}", "Call it once for each subnet.")
    if operation == "describe":
        return _describe(parsed[0])
    if operation == "split":
        return _split(parsed[0], new_prefix)
    second = _parse(other) if other is not None else parsed[1] if len(parsed) == 2 else None
    if second is None:
        raise _refused(f"{operation} needs other", "Give the address or subnet to compare with.")
    if second.version != parsed[0].version:
        raise _refused("IPv4 and IPv6 can not be compared", "Give two subnets of one version.")
    return _compare(operation, parsed[0], second)


def _parse(text: str) -> Network:
    try:
        # "10.0.0.0 255.255.255.0" is the router's way to write it; host bits are allowed and cut off.
        return ipaddress.ip_network("/".join(text.split()), strict=False)
    except ValueError as error:
        raise _refused(str(error), "Write an address with its prefix, such as 10.0.0.0/24 or 2001:db8::/48.") from None


def _describe(network: Network) -> SubnetResult:
    size, bits = network.num_addresses, network.max_prefixlen
    first, last = network[0], network[-1]
    broadcast = ""
    usable = size
    if network.version == 4 and network.prefixlen <= 30:
        broadcast = str(last)
        usable, first, last = size - 2, network[1], network[-2]
    mask = f", netmask {network.netmask}" if network.version == 4 else ""
    tail = f", broadcast address {broadcast}" if broadcast else ""
    hosts = f"{usable:,} usable host address{'es' if usable != 1 else ''}"
    power = f" (2^{bits - network.prefixlen})" if network.version == 6 else ""
    return SubnetResult(
        operation="describe",
        sentence=(
            f"{network} has network address {network.network_address}{mask}{tail}"
            f" and {hosts}{power}, {first} to {last}."
        ),
        version=network.version,
        networks=(str(network),),
        count=1,
        network=str(network.network_address),
        netmask=str(network.netmask),
        broadcast=broadcast,
        first_host=str(first),
        last_host=str(last),
        usable_hosts=usable,
        addresses=size,
    )


def _split(network: Network, new_prefix: int | None) -> SubnetResult:
    if new_prefix is None or not network.prefixlen <= new_prefix <= network.max_prefixlen:
        raise _refused(
            f"{network} can not be split into /{new_prefix}" if new_prefix is not None else "split needs new_prefix",
            f"new_prefix may be {network.prefixlen} to {network.max_prefixlen} here.",
        )
    count = 2 ** (new_prefix - network.prefixlen)
    parts = tuple(str(part) for part in islice(network.subnets(new_prefix=new_prefix), MAX_LISTED))
    listed = ", ".join(parts[:8]) + (" and so on" if count > 8 else "")
    each = 2 ** (network.max_prefixlen - new_prefix)
    size = f"{each:,} addresses" if each > 1 else "1 address"
    return SubnetResult(
        operation="split",
        sentence=f"{network} splits into {count:,} subnets of /{new_prefix} with {size} each: {listed}.",
        version=network.version,
        networks=parts,
        count=count,
    )


def _compare(operation: Operation, one: Network, two: Network) -> SubnetResult:
    low, high = int(one.network_address), int(one.broadcast_address)
    other_low, other_high = int(two.network_address), int(two.broadcast_address)
    name = str(two.network_address) if two.prefixlen == two.max_prefixlen else str(two)
    if operation == "contains":
        answer = low <= other_low and other_high <= high
        sentence = f"{one} {'contains' if answer else 'does not contain'} {name}."
    else:
        answer = low <= other_high and other_low <= high
        sentence = f"{one} and {name} {'overlap' if answer else 'do not overlap'}."
    return SubnetResult(
        operation=operation,
        sentence=sentence,
        version=one.version,
        networks=(str(one), str(two)),
        count=2,
        answer=answer,
    )


def _summarise(networks: list[Network]) -> SubnetResult:
    if networks[0].version == 4:
        merged = [str(one) for one in ipaddress.collapse_addresses(cast("list[ipaddress.IPv4Network]", networks))]
    else:
        merged = [str(one) for one in ipaddress.collapse_addresses(cast("list[ipaddress.IPv6Network]", networks))]
    listed = ", ".join(merged[:32]) + (" and so on" if len(merged) > 32 else "")
    plural = "s" if len(networks) > 1 else ""
    return SubnetResult(
        operation="summarise",
        sentence=f"{len(networks)} subnet{plural} summarise to {len(merged)}: {listed}.",
        version=networks[0].version,
        networks=tuple(merged[:MAX_LISTED]),
        count=len(merged),
    )


def _refused(problem: str, mend: str) -> ToolArgumentsError:
    return ToolArgumentsError(problem, tool="subnet", mend=mend)
