"""What MessagePack must look like here before anybody asks what it means: kinds, depth, keys. Only bytes in hand.

Read once more on the refusing path alone, to name the rule that bytes break. Spec: docs/reference/spec/session.md.
"""

from typing import Final

from tacit.errors import RefusedError, Rule
from tacit.limits import NESTING_MAX

_NUMBERS: Final = {0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}
"""Octets after the first of a number of fixed size."""
_BINARIES: Final = {0xC4: 1, 0xC5: 2, 0xC6: 4}
_STRINGS: Final = {0xD9: 1, 0xDA: 2, 0xDB: 4}
_ARRAYS: Final = {0xDC: 2, 0xDD: 4}
_MAPS: Final = {0xDE: 2, 0xDF: 4}
"""Octets of the length that follows the first."""
_NIL_AND_FLAGS: Final = frozenset({0xC0, 0xC2, 0xC3})


def check_form(raw: bytes) -> None:
    """Check that `raw` is one value of the kinds that are used, not too deep, no key twice in one map.

    Raises:
        RefusedError: `profile.not_msgpack`, `profile.not_utf8`, `profile.too_deep` or `profile.duplicate_key`.
    """
    reader = _Reader(raw)
    reader.value(0)
    if reader.at != len(raw):
        raise _bad("octets after the value")


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self.at = 0

    def value(self, depth: int) -> None:
        """Pass over one value that stands within so many others."""
        head = self._number(1)
        if head < 0x80 or head >= 0xE0 or head in _NIL_AND_FLAGS:
            return
        if head < 0x90 or head in _MAPS:
            self._map(head & 0x0F if head < 0x90 else self._number(_MAPS[head]), depth + 1)
        elif head < 0xA0 or head in _ARRAYS:
            self._array(head & 0x0F if head < 0xA0 else self._number(_ARRAYS[head]), depth + 1)
        elif head in _NUMBERS:
            self._take(_NUMBERS[head])
        elif head in _BINARIES:
            self._take(self._number(_BINARIES[head]))
        else:
            self._string(head)

    def _map(self, length: int, depth: int) -> None:
        _check_depth(depth)
        seen: set[bytes] = set()
        for _ in range(length):
            key = self._string(self._number(1))
            if key in seen:
                raise RefusedError(Rule.DUPLICATE_KEY, key.decode()[:80])
            seen.add(key)
            self.value(depth)

    def _array(self, length: int, depth: int) -> None:
        _check_depth(depth)
        for _ in range(length):
            self.value(depth)

    def _string(self, head: int) -> bytes:
        if 0xA0 <= head < 0xC0:
            text = self._take(head & 0x1F)
        elif head in _STRINGS:
            text = self._take(self._number(_STRINGS[head]))
        else:
            raise _bad(f"0x{head:02x} is no kind that is used here")
        try:
            text.decode()
        except UnicodeDecodeError as error:
            raise RefusedError(Rule.NOT_UTF8, f"octet {self.at - len(text) + error.start}") from error
        return text

    def _number(self, octets: int) -> int:
        return int.from_bytes(self._take(octets), "big")

    def _take(self, octets: int) -> bytes:
        end = self.at + octets
        if end > len(self._raw):
            raise _bad("it ends too early")
        taken, self.at = self._raw[self.at : end], end
        return taken


def _check_depth(depth: int) -> None:
    if depth > NESTING_MAX:
        raise RefusedError(Rule.TOO_DEEP, f"more than {NESTING_MAX} levels")


def _bad(detail: str) -> RefusedError:
    return RefusedError(Rule.NOT_MSGPACK, detail)
