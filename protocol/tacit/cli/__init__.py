"""The `tacit` command: what a member or an auditor runs. It needs the extra `cli` and no service.

Other distributions add commands through the entry-point group `tacit.commands`, and sources through `tacit.sources`.
"""

from tacit.cli.command import main

__all__ = ["main"]
