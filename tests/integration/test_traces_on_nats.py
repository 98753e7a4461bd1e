"""The hop to the registrar on a real server: a `traceparent` goes with the act, and none into the record."""

from pathlib import Path

import pytest

from tacit import submission
from tacit_services.shell.submitting import NatsSubmitter
from tacit_services.shell.traces.spans import trace_of
from tests.integration.bus_town import bus_town
from tests.unit.traces.told import Told, said, span_id

pytestmark = pytest.mark.requires("nats-server")


async def test_the_registrar_hears_who_handed_in_and_the_record_does_not(tmp_path: Path) -> None:
    told = Told()
    async with bus_town(tmp_path) as town, town.registering(told.traced("registrar")):
        composed, raw = town.speaker("XAA").request()
        link = await town.connection()
        submitter = NatsSubmitter(link, town.organisation)
        with told.traced("gateway").span("gateway.submit", composed.act_id):
            await submitter.submit(submission.decode(raw))
        index = said(told.named("registrar.submit"))["tacit.index"]
        assert isinstance(index, int)
        stored = await link.client.jetstream().get_msg(f"RECORD_{town.tag}", index + 1)

    whole, above = told.named("registrar.submit"), told.named("gateway.submit")
    assert whole.parent is not None
    assert span_id(above) == whole.parent.span_id
    assert {trace_of(composed.act_id)} == told.traces()
    assert "traceparent" not in (stored.headers or {})
