"""The witnesses of an exercise: in earnest each runs at its own delegation, here they run beside the services.

So they show how a checkpoint is cosigned, and prove nothing against the owner of the machine.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from tacit.ids import NOTARY, ActId, StateCode
from tacit.record.organisation_log import log_vkeys, witness_vkeys
from tacit.witness import LogSettings, WitnessSettings, read_key, serve_witness
from tacit_services.ports import Clock
from tacit_services.up.organisation import WITNESS_KEY, Organisation

START_WAIT_S: Final = 60.0
CHECKPOINTS_PER_S: Final = 100.0
"""All of them are asked from one address."""


@asynccontextmanager
async def witnesses(
    organisation: Organisation, log_address: str, clock: Clock, forwards: Mapping[ActId, Sequence[str]]
) -> AsyncIterator[dict[StateCode, str]]:
    """Run the witnesses whose keys lie in this folder; gives the address of each. None where the charter has no log.

    `log_address`: where the log is, or will be once its notary has begun. `forwards`: where they send on what they
    attest; it may come to be known later.

    Raises:
        StoreError: what a witness holds cannot be read, or another process has it.
    """
    folders = {state: organisation.files.witness_folder(state) for state in _named(organisation)}
    here = {state: folder for state, folder in folders.items() if (folder / WITNESS_KEY).exists()}
    loop = asyncio.get_running_loop()
    addresses: dict[StateCode, asyncio.Future[str]] = {state: loop.create_future() for state in here}
    async with asyncio.TaskGroup() as tasks:
        settings = _settings(organisation, log_address) if here else None
        serving = [
            tasks.create_task(_serve(settings, state, folder, addresses[state], clock, forwards))
            for state, folder in here.items()
            if settings is not None
        ]
        try:
            async with asyncio.timeout(START_WAIT_S):
                found = {state: await address for state, address in addresses.items()}
            yield found
        finally:
            for task in serving:
                task.cancel()


def _named(organisation: Organisation) -> tuple[StateCode, ...]:
    charter = organisation.content()
    has_log = any(service.office == NOTARY for service in charter.services)
    return tuple(witness_vkeys(charter)) if has_log else ()


def _settings(organisation: Organisation, log_address: str) -> LogSettings:
    keys = log_vkeys(organisation.organisation, organisation.content())
    return LogSettings(organisation=organisation.organisation, keys=tuple(map(str, keys)), url=log_address)


async def _serve(
    log: LogSettings,
    state: StateCode,
    folder: Path,
    address: "asyncio.Future[str]",
    clock: Clock,
    forwards: Mapping[ActId, Sequence[str]],
) -> None:
    signer = await asyncio.to_thread(read_key, folder / WITNESS_KEY)
    settings = WitnessSettings(
        state=state, key=WITNESS_KEY, data="data", port=0, logs=(log,), checkpoints_per_s=CHECKPOINTS_PER_S
    )
    await serve_witness(settings, signer, folder / settings.data, address.set_result, clock.now, forwards)
