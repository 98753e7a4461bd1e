"""A witness: each delegation runs one, with its own key. It cosigns checkpoints and attests acts that it is shown."""

from tacit.witness.keyfile import KeyFileError, make_key, read_key
from tacit.witness.ports import StoreError
from tacit.witness.serving import serve_witness
from tacit.witness.settings import LogSettings, SettingsError, WitnessSettings, read_settings

__all__ = [
    "KeyFileError",
    "LogSettings",
    "SettingsError",
    "StoreError",
    "WitnessSettings",
    "make_key",
    "read_key",
    "read_settings",
    "serve_witness",
]
