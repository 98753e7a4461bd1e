"""`python -m tacit_services.bench`: measure and print."""

import asyncio
import sys
from datetime import UTC, datetime

import uvloop

from tacit_services.bench.registrar_bench import Plan, run, show
from tacit_services.bench.relay_bench import RelayPlan, run_relay, show_relay
from tacit_services.shell.log import log_to


def main() -> None:
    """Measure with the loop that the services use, and without the log that would be measured with them."""
    with log_to(sys.stderr, "warning"), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.write(show(runner.run(run(datetime.now(UTC), Plan()))) + "\n")
        sys.stdout.write(show_relay(runner.run(run_relay(datetime.now(UTC), RelayPlan()))) + "\n")


if __name__ == "__main__":
    main()
