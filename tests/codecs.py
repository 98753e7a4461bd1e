"""Tests that run over every way of writing frames."""

from typing import Final

import pytest

from tacit.session import CODECS

both_codecs: Final = pytest.mark.parametrize("codec", list(CODECS.values()), ids=["json", "msgpack"])
"""The test takes a `codec`."""
