"""What the `tacit` command gains where the services are installed."""

from tacit_services.cli.up import up

COMMANDS = (up,)

__all__ = ["COMMANDS"]
