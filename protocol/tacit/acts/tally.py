"""The act that closes a vote, where a body counts."""

import msgspec

from tacit.acts.text import Version
from tacit.ids import Count


class TallyRecorded(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="tally.recorded.v1"):
    """The secretariat records how many members were for, against and abstaining. Admitted only with the true counts."""

    version: Version
    yes: Count
    no: Count
    abstain: Count
