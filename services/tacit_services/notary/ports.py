"""What the notary alone needs from the world, as promises. The fakes lie beside the adapters, in `shell`."""

from typing import Protocol

from tacit.record.proofs import Proof


class Witness(Protocol):
    """One member's witness (C2SP `tlog-witness`). Its key is in the charter; what it says is verified by the caller.

    Its failures are those of `tacit_services.witnessing`: unreachable, of another size, refused.
    """

    async def cosign(self, old: int, proof: Proof, checkpoint: bytes) -> bytes:
        """Signature lines on a signed checkpoint that continues, by this proof, the one of `old` entries.

        `old` is what the witness cosigned last, 0 at first. Raises `WitnessSizeError` where that was another size,
        `WitnessRefusedError`, `WitnessUnreachableError`.
        """
        ...

    async def latest(self, origin: str) -> bytes | None:
        """The last checkpoint that it cosigned for this log; None if it never did.

        Raises `WitnessRefusedError`, `WitnessUnreachableError`.
        """
        ...
