"""Every reader of bytes from outside."""

from typing import Final

from tests.fuzz import formats, kept_formats, log_formats

TARGETS: Final = [*formats.TARGETS, *log_formats.TARGETS, *kept_formats.TARGETS]
