"""The bus for integrators: every entry of the record as a CloudEvent, in the record's order, each exactly once."""

from tacit_services.relay.errors import EventsAheadError, EventsDifferError, RelayError
from tacit_services.relay.relaying import Ports, Relay
from tacit_services.relay.telling import Telling, Told
from tacit_services.relay.watch import Watch

__all__ = ["EventsAheadError", "EventsDifferError", "Ports", "Relay", "RelayError", "Telling", "Told", "Watch"]
