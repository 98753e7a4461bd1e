"""What ends anything that runs services is one sentence, whichever command runs it."""

from importlib import import_module

import pytest

from tacit_services.cli.sentences import sentences
from tacit_services.notary.errors import ArchiveDamagedError
from tacit_services.ports import FencedError, RecordGapError
from tacit_services.relay.errors import EventsDifferError

COMMANDS = ("up", "page", "archiving", "replay", "importing", "export", "service")


@pytest.mark.parametrize("module", COMMANDS)
@pytest.mark.parametrize(
    "error", [RecordGapError(1), FencedError(1), ArchiveDamagedError("tile/0/000", 1), EventsDifferError(1)], ids=repr
)
def test_what_ends_a_service_ends_whatever_runs_it_with_a_sentence(
    module: str, error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    told = import_module(f"tacit_services.cli.{module}").TOLD
    with pytest.raises(SystemExit) as ended, sentences(told, 3):
        raise ExceptionGroup("of a task group", [error])

    assert 3 == ended.value.code
    assert capsys.readouterr().err == f"tacit: {error}\n"
