"""How often an address, and all together, may ask: token buckets that are told the time."""

from collections import OrderedDict
from typing import Final

ADDRESSES_MAX: Final = 4_096
"""Addresses that are remembered; beyond, the one that was quiet for longest is forgotten and begins anew."""


class Bucket:
    """`burst` at once, then `per_s` a second."""

    __slots__ = ("_at_s", "_burst", "_left", "_per_s")

    def __init__(self, per_s: float, burst: float, now_s: float) -> None:
        self._per_s, self._burst, self._left, self._at_s = per_s, burst, float(burst), now_s

    def take(self, now_s: float) -> bool:
        """Take one if there is one. `now_s` is monotonic seconds."""
        self._left = min(self._burst, self._left + max(0.0, now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Rates:
    """One bucket for each address and one for all."""

    def __init__(self, each_per_s: float, all_per_s: float, burst_s: float, now_s: float) -> None:
        """`burst_s`: as much as comes together in so many seconds may come at once."""
        self._each = (each_per_s, max(1.0, each_per_s * burst_s))
        self._all = Bucket(all_per_s, max(1.0, all_per_s * burst_s), now_s)
        self._by_address: OrderedDict[str, Bucket] = OrderedDict()

    def allow(self, address: str, now_s: float) -> bool:
        """Whether a request from this address is taken now."""
        bucket = self._by_address.pop(address, None) or Bucket(*self._each, now_s)
        self._by_address[address] = bucket
        if len(self._by_address) > ADDRESSES_MAX:
            self._by_address.popitem(last=False)
        # An address that asks too much uses up nothing that the others could have.
        return bucket.take(now_s) and self._all.take(now_s)
