"""In which order things may come to a conversation."""

import asyncio
from typing import cast

import pytest

from tacit.record import sign_receipt
from tacit.session import Proofs, Prove, Receipt
from tests.unit.session_pair import REGISTRAR
from tests.unit.wired import WAIT_S, wired


@pytest.mark.parametrize("order", ["receipt first", "entry first", "entry and checkpoint first"])
async def test_a_proof_is_asked_for_in_whatever_order_receipt_entry_and_checkpoint_come(order: str) -> None:
    async with wired() as line:
        composed, submit = await line.hands_in()
        entry = line.world.record(composed)
        receipt = line.gateway.send(Receipt(submit.ref, sign_receipt(entry.leaf, REGISTRAR)))
        if order == "receipt first":
            line.tells(receipt)
        line.enters(entry)
        if order == "entry first":
            line.tells(receipt)
        line.shows("XAA", "XBB")
        if order == "entry and checkpoint first":
            line.tells(receipt)
        asked = cast("Prove", await line.hears(Prove))
        path = line.ledger.inclusion(entry.leaf.index, asked.size)
        line.tells(line.gateway.send(Proofs(asked.ref, (path,))))
        async with asyncio.timeout(WAIT_S):
            ended = await line.desk.outbox.shelf.end(composed.act_id)

    assert (entry.leaf.index,) == asked.indices
    assert "witnessed" == ended.stage
