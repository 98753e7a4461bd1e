"""Why a notary may not go on. Each says what an operator has to do; nothing here is put right by trying again."""


class NotaryError(Exception):
    """The root of these; never raised itself. `size` is the entry, or the number of entries, that it is about."""

    def __init__(self, sentence: str, size: int) -> None:
        super().__init__(sentence)
        self.size = size


class RecordBehindError(NotaryError):
    """The record ends before what was signed or witnessed: it was restored from an old copy, or lost its end."""

    def __init__(self, entries: int, seen: int, by: str) -> None:
        super().__init__(
            f"The record has {entries} entries, but {by} has {seen}: restore the record to at least {seen} entries "
            f"from the archive or another copy (tacit restore) before the notary is started again.",
            entries,
        )
        self.entries = entries
        self.seen = seen


class RecordDiffersError(NotaryError):
    """Another entry stands in the record than in the archive. `size` is the first such index that was found."""

    def __init__(self, index: int) -> None:
        super().__init__(
            f"Entry {index} of the record is not the one in the archive: one of the two was changed: keep "
            f"both. If it is the archive (`tacit verify ARCHIVE` says so), move it away and let the notary write it "
            f"anew from the record; if not, restore the record (tacit restore ARCHIVE --anew).",
            index,
        )


class HistoryDiffersError(NotaryError):
    """The tree over the record has another root, at a size that was signed or witnessed, than it had then."""

    def __init__(self, size: int, by: str) -> None:
        super().__init__(
            f"The first {size} entries of the record have another root than {by} has: signing them would make a "
            f"second history. Restore the record that was witnessed; keep both checkpoints, they are evidence.",
            size,
        )


class ArchiveDamagedError(NotaryError):
    """A file of the archive is missing or is not what the last checkpoint says."""

    def __init__(self, path: str, size: int) -> None:
        super().__init__(
            f"{path} of the archive is missing or damaged: write it again with `tacit restore ARCHIVE --log`, "
            f"or move the archive away and let the notary write it anew from the record.",
            size,
        )
        self.path = path


class NoLogKeysError(NotaryError):
    """The charter names no notary, or another's keys."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, 0)
