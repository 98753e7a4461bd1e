"""What the `tacit` command gains where the services are installed. The meeting point: it may know every room.

`OFFERS` import nothing; `COMMANDS`, the commands themselves, are imported when somebody asks for them.
"""

import click

from tacit_services.cli.commands import OFFERS

__all__ = ["OFFERS"]


def __getattr__(name: str) -> tuple[click.Command, ...]:
    if name != "COMMANDS":
        raise AttributeError(name)
    return tuple(offer.load() for offer in OFFERS)
