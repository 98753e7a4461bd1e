"""The `tacit` command: what a member or an auditor runs. It needs the extra `cli` and no service.

Other distributions add commands through the entry-point group `tacit.commands`, and sources through `tacit.sources`.
"""

import sys
from importlib import import_module
from typing import Final

__all__ = ["main"]

_INTERRUPTED: Final = 130
"""As a shell says it of a command that Ctrl-C has ended."""


def main() -> None:
    """Run the command. Ctrl-C ends it quietly, also while it is being loaded."""
    try:
        import_module("tacit.cli.command").main()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
