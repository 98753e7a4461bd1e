"""The views there are. Another one is added here, and is built from the record at the next start."""

from typing import Final

from tacit_services.projector.acknowledgements import ACKNOWLEDGEMENTS
from tacit_services.projector.audit import AUDIT
from tacit_services.projector.channels import CHANNELS
from tacit_services.projector.consultations import CONSULTATIONS
from tacit_services.projector.folding import View
from tacit_services.projector.positions import POSITIONS
from tacit_services.projector.referrals import REFERRALS
from tacit_services.projector.rosters import ROSTERS
from tacit_services.projector.silences import SILENCES
from tacit_services.projector.texts import TEXTS
from tacit_services.projector.votes import VOTES

VIEWS: Final[tuple[View, ...]] = (
    CHANNELS,
    TEXTS,
    POSITIONS,
    SILENCES,
    CONSULTATIONS,
    ACKNOWLEDGEMENTS,
    ROSTERS,
    REFERRALS,
    AUDIT,
    VOTES,
)
