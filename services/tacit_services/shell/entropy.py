"""Randomness of the machine."""

import os

from tacit_services.ports import Entropy

MACHINE_ENTROPY: Entropy = os.urandom
