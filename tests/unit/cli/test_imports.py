"""A command about files imports nothing for networks: half a second counts at three in the morning."""

import subprocess
import sys

import pytest

WORLD = ("aiohttp", "nats", "structlog")


@pytest.mark.parametrize(
    "module", ["tacit.cli.verify", "tacit.cli.prove", "tacit.cli.bundle", "tacit.cli.log", "tacit_services.cli.found"]
)
def test_a_command_about_files_imports_nothing_for_networks(module: str) -> None:
    asked = f"import {module}, sys; print(*[each for each in {WORLD} if each in sys.modules])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert "" == done.stdout.strip()
