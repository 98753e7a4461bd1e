"""The vocabulary: every act, by its written and versioned tag. Renaming a class must never change a tag.

Names come from the field (docs/reference/vocabulary.md). An act is `{"header": ..., "content": {"type": tag, ...}}`.
"""

from tacit.acts.acknowledgement import (
    AcknowledgementGiven,
    AcknowledgementOverdue,
    AcknowledgementRequested,
    DeliveryRecorded,
    Receipt,
)
from tacit.acts.act import Act, decode, encode, tag
from tacit.acts.channel import ChannelOpened, LevelRaised, MessagePosted
from tacit.acts.consultation import (
    ConsultationConcluded,
    ConsultationConvened,
    ConsultationJoined,
    ConsultationRequested,
)
from tacit.acts.decision import Clause, ConsensusPerceived, DecisionAdopted, QuestionPut
from tacit.acts.evidence import EvidenceLodged, Ground, SilenceVoided
from tacit.acts.export import ExportRecorded
from tacit.acts.founding import (
    CharterAccepted,
    CharterDeposited,
    Founder,
    FoundingBody,
    RuleSetRef,
    ServiceCredential,
    Witness,
)
from tacit.acts.header import Capacity, Category, Header, Label, Precedence, Seen
from tacit.acts.position import PositionDeclared, Stance
from tacit.acts.referral import ItemReferred, ItemTakenUp, ReferredConsultation, ReferredText
from tacit.acts.registry import CredentialEnrolled, CredentialRevoked, OfficeAccredited, RegistrarTerm
from tacit.acts.roster import BodyConstituted, RosterAdmitted, RosterRemoved
from tacit.acts.silence import (
    Deadline,
    ExtensionRefused,
    ExtensionRequested,
    SilenceBroken,
    SilenceExtended,
    SilencePassed,
    SilenceSet,
    SilenceWithdrawn,
)
from tacit.acts.tally import TallyRecorded
from tacit.acts.text import ReferenceAllotted, RevisionIssued, TextCirculated, Version
from tacit.acts.vocabulary import (
    AcknowledgementContent,
    ChannelContent,
    ConsultationContent,
    Content,
    DecisionContent,
    EvidenceContent,
    FoundingContent,
    ReferralContent,
    RegistryContent,
    RosterContent,
    SilenceContent,
    TextContent,
)

__all__ = [
    "AcknowledgementContent",
    "AcknowledgementGiven",
    "AcknowledgementOverdue",
    "AcknowledgementRequested",
    "Act",
    "BodyConstituted",
    "Capacity",
    "Category",
    "ChannelContent",
    "ChannelOpened",
    "CharterAccepted",
    "CharterDeposited",
    "Clause",
    "ConsensusPerceived",
    "ConsultationConcluded",
    "ConsultationContent",
    "ConsultationConvened",
    "ConsultationJoined",
    "ConsultationRequested",
    "Content",
    "CredentialEnrolled",
    "CredentialRevoked",
    "Deadline",
    "DecisionAdopted",
    "DecisionContent",
    "DeliveryRecorded",
    "EvidenceContent",
    "EvidenceLodged",
    "ExportRecorded",
    "ExtensionRefused",
    "ExtensionRequested",
    "Founder",
    "FoundingBody",
    "FoundingContent",
    "Ground",
    "Header",
    "ItemReferred",
    "ItemTakenUp",
    "Label",
    "LevelRaised",
    "MessagePosted",
    "OfficeAccredited",
    "PositionDeclared",
    "Precedence",
    "QuestionPut",
    "Receipt",
    "ReferenceAllotted",
    "ReferralContent",
    "ReferredConsultation",
    "ReferredText",
    "RegistrarTerm",
    "RegistryContent",
    "RevisionIssued",
    "RosterAdmitted",
    "RosterContent",
    "RosterRemoved",
    "RuleSetRef",
    "Seen",
    "ServiceCredential",
    "SilenceBroken",
    "SilenceContent",
    "SilenceExtended",
    "SilencePassed",
    "SilenceSet",
    "SilenceVoided",
    "SilenceWithdrawn",
    "Stance",
    "TallyRecorded",
    "TextCirculated",
    "TextContent",
    "Version",
    "Witness",
    "decode",
    "encode",
    "tag",
]
