"""How often one address may try to sign in without succeeding: signatures cost us more than they cost a stranger."""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from tacit_services.gateway.allowance import Allowance

IPV6_NETWORK_BITS = 64
"""Whoever has one IPv6 address usually has all of its network."""


class Tries:
    """An allowance for each address. A try that leads to a sign-in is given back, so only the others count."""

    def __init__(self, per_s: float, burst: int, addresses_max: int, now_s: Callable[[], float]) -> None:
        """`now_s` is any clock in seconds that does not go back."""
        self._per_s = per_s
        self._burst = burst
        self._addresses_max = addresses_max
        self._now_s = now_s
        self._allowances: dict[str, Allowance] = {}

    def __len__(self) -> int:
        """How many addresses are remembered."""
        return len(self._allowances)

    def take(self, address: str) -> bool:
        """Take one try of an address, if it has one left."""
        name, now_s = network(address), self._now_s()
        # Used last stands last, so that the first is the one to forget.
        allowance = self._allowances.pop(name, None) or Allowance(self._per_s, self._burst, now_s)
        self._allowances[name] = allowance
        if len(self._allowances) > self._addresses_max:
            del self._allowances[next(iter(self._allowances))]
        return allowance.take(now_s)

    def give_back(self, address: str) -> None:
        """The try has led to a sign-in."""
        allowance = self._allowances.get(network(address))
        if allowance is not None:
            allowance.give_back()


def network(address: str) -> str:
    """What counts as one address: itself, or the /64 of an IPv6 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> IPV6_NETWORK_BITS << IPV6_NETWORK_BITS)}/{IPV6_NETWORK_BITS}"
