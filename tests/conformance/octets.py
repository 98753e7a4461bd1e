"""What every vector is made of: octets, written kindly, and something that is read from them."""

import msgspec

Output = dict[str, object]


class Octets(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Bytes, shown as text where they are UTF-8."""

    utf8: str | None = None
    base64: bytes | None = None

    def raw(self) -> bytes:
        return self.utf8.encode() if self.utf8 is not None else self.base64 or b""


def show(raw: bytes) -> Octets:
    """The kindest way to write bytes into a vector."""
    try:
        return Octets(utf8=raw.decode())
    except UnicodeDecodeError:
        return Octets(base64=raw)


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="read"):
    """What is to be read, and how."""

    def run(self) -> Output:
        """Read it, or raise RefusedError. The output is what a second implementation must also compute."""
        raise NotImplementedError
