"""Who else has seen the record. Notary, projectors and witnesses do not exist yet, so nobody has."""


class Nobody:
    """`Elsewhere` where there is nobody to ask."""

    async def largest(
        self,
        organisation: str,  # noqa: ARG002 - a fake takes every argument of its port
    ) -> tuple[str, int] | None:
        """Nobody can say."""
        return None
