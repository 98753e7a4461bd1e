"""The act that tells of an export: what has left the record's own guard is itself on the record."""

from typing import Literal

import msgspec

from tacit.ids import Count, Digest


class ExportRecorded(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="export.recorded.v1"):
    """An office has made an export of the channel that the header names, over the entries `first` to `last`.

    `sha256` is that of the exported octets; `withheld` counts the entries of the span that are only marked in them.
    """

    first: Count
    last: Count
    format: Literal["HTML", "CSV", "JSONL"]
    sha256: Digest
    withheld: Count
