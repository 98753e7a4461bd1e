"""How a command ends when something is wrong that somebody can put right."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click


@contextmanager
def sentences(told: tuple[type[Exception], ...], status: int) -> Iterator[None]:
    """What an operator can put right (`told`) is one sentence and a status, not a traceback."""
    try:
        yield
    except Exception as error:
        known = _known(error, told)
        if known is None:
            raise
        click.echo(f"tacit: {known}", err=True)
        sys.exit(status)


def _known(error: BaseException, told: tuple[type[Exception], ...]) -> BaseException | None:
    if isinstance(error, told):
        return error
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return next((known for each in inner if (known := _known(each, told)) is not None), None)
