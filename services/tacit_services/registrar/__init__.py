"""The registrar: admits acts, gives them time and place, and answers for it with its signature. One writes at a time.

The order of a reader: `reading`, `judging` and `signatures` are pure; `pipeline` puts them in a row, `answering` tells
the clients, `taking_over` is how a term begins, `service` is the whole. It awaits ports only.
"""

from tacit_services.registrar.errors import RegistrarError
from tacit_services.registrar.ports import ActIndex, Elsewhere, Requests, Workers
from tacit_services.registrar.service import Registrar
from tacit_services.registrar.settings import Limits, Ports
from tacit_services.registrar.watch import Watch

__all__ = ["ActIndex", "Elsewhere", "Limits", "Ports", "Registrar", "RegistrarError", "Requests", "Watch", "Workers"]
