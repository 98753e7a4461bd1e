"""What the `tacit` command gains where the services are installed. The meeting point: it may know every room."""

from tacit_services.cli.commands import COMMANDS

__all__ = ["COMMANDS"]
