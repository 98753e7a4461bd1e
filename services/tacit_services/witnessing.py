"""How asking a witness can fail. Shared by those who ask and by what carries the question; no IO."""


class WitnessError(Exception):
    """The root; never raised itself."""


class WitnessUnreachableError(WitnessError):
    """Nobody answered, or not in time, or not in the words of `tlog-witness`. It may be tried again."""


class WitnessSizeError(WitnessError):
    """What the witness cosigned last has `size` entries, not as many as it was told."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the witness stands at {size}")
        self.size = size


class WitnessRefusedError(WitnessError):
    """The witness does not cosign this: an unknown log, a wrong signature, or not consistent with what it knows."""

    def __init__(self, status: int) -> None:
        super().__init__(f"refused with status {status}")
        self.status = status
