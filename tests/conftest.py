"""What every test of the house gets: a scale, and honesty about what is missing."""

import pytest
from hypothesis import HealthCheck, settings

from tests.attacks.page import report
from tests.conformance.outsider import Outsider, build
from tests.requirement import check_requirements, go_root, require_or_skip
from tests.scale import SCALES, scale_name, seeds

__all__ = ["require_or_skip"]

for _name, _scale in SCALES.items():
    # No deadline and no "too slow": two busy cores are no reason for a property to fail.
    settings.register_profile(
        _name,
        max_examples=_scale.examples,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile(scale_name())


def pytest_runtest_setup(item: pytest.Item) -> None:
    check_requirements(item)


def pytest_report_header() -> str:
    played = seeds()
    return f"tacit: scale {scale_name()}, seeds {played.start} to {played.stop - 1}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    done = [each for each in terminalreporter.getreports("passed") if each.when == "call"]
    told = [(each.location[2], str(found)) for each in done for name, found in each.user_properties if name == "attack"]
    for line in report([(name.partition("[")[2].rstrip("]"), found) for name, found in told]):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def outsider(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Outsider:
    """The verifier in Go, built once. A test that asks for it says `requires("go")`."""
    root, cache = go_root(), pytestconfig.cache
    assert root is not None
    assert cache is not None
    return build(root, cache.mkdir("go"), tmp_path_factory.mktemp("go"))
