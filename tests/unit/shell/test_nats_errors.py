"""What the client of NATS reports is logged, and the same again only now and then."""

from structlog.testing import capture_logs

from tacit_services.shell import nats_connection
from tacit_services.shell.nats_connection import ErrorNotes


async def test_while_no_server_is_there_one_line_says_so_and_not_one_for_each_try() -> None:
    notes = ErrorNotes()
    with capture_logs() as lines:
        for error in (*[ConnectionRefusedError()] * 100, TimeoutError(), ConnectionRefusedError()):
            await notes.note(error)

    assert ["ConnectionRefusedError", "TimeoutError", "ConnectionRefusedError"] == [line["error"] for line in lines]


async def test_what_lasts_is_said_again() -> None:
    now_s = [0.0]
    notes = ErrorNotes(lambda: now_s[0])
    with capture_logs() as lines:
        for now_s[0] in (0.0, 5.0, nats_connection.ERROR_PAUSE_S):
            await notes.note(ConnectionRefusedError())

    assert 2 == len(lines)
