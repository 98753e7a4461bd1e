"""What may end a command that runs services, and where the log of these goes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tacit.errors import TacitError
from tacit_services.notary import NotaryError
from tacit_services.ports import StoreError
from tacit_services.registrar.errors import RegistrarError
from tacit_services.relay import RelayError
from tacit_services.shell.errors import OperatorError
from tacit_services.shell.log import log_to, open_log

TOLD: Final = (OperatorError, RegistrarError, NotaryError, RelayError, StoreError, TacitError)
"""What may end anything that runs services: each says what an operator has to do."""


@contextmanager
def logging_to(data: Path) -> Iterator[None]:
    """Log lines go to the data folder: standard output belongs to the command, standard error to the person."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        stream = open_log(data)
    except OSError:
        # The folder cannot be written: the server, which is started next, says so in words of its own.
        with log_to(sys.stderr, "error"):
            yield
        return
    with stream, log_to(stream):
        yield
