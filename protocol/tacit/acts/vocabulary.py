"""Every act that there is, by family. What is not listed here cannot be said."""

from tacit.acts.acknowledgement import (
    AcknowledgementGiven,
    AcknowledgementOverdue,
    AcknowledgementRequested,
    DeliveryRecorded,
)
from tacit.acts.channel import ChannelOpened, LevelRaised, MessagePosted
from tacit.acts.consultation import (
    ConsultationConcluded,
    ConsultationConvened,
    ConsultationJoined,
    ConsultationRequested,
)
from tacit.acts.decision import ConsensusPerceived, DecisionAdopted, QuestionPut
from tacit.acts.evidence import EvidenceLodged, SilenceVoided
from tacit.acts.export import ExportRecorded
from tacit.acts.founding import CharterAccepted, CharterDeposited
from tacit.acts.position import PositionDeclared
from tacit.acts.referral import ItemReferred, ItemTakenUp
from tacit.acts.registry import CredentialEnrolled, CredentialRevoked, OfficeAccredited, RegistrarTerm
from tacit.acts.roster import BodyConstituted, RosterAdmitted, RosterRemoved
from tacit.acts.silence import (
    ExtensionRefused,
    ExtensionRequested,
    SilenceBroken,
    SilenceExtended,
    SilencePassed,
    SilenceSet,
    SilenceWithdrawn,
)
from tacit.acts.tally import TallyRecorded
from tacit.acts.text import ReferenceAllotted, RevisionIssued, TextCirculated

FoundingContent = CharterDeposited | CharterAccepted
RegistryContent = OfficeAccredited | CredentialEnrolled | CredentialRevoked | RegistrarTerm
ChannelContent = ChannelOpened | MessagePosted | LevelRaised
ConsultationContent = ConsultationRequested | ConsultationJoined | ConsultationConvened | ConsultationConcluded
TextContent = ReferenceAllotted | TextCirculated | RevisionIssued
SilenceContent = (
    SilenceSet
    | SilenceExtended
    | ExtensionRequested
    | ExtensionRefused
    | SilenceBroken
    | SilenceWithdrawn
    | SilencePassed
)
EvidenceContent = EvidenceLodged | SilenceVoided
DecisionContent = QuestionPut | ConsensusPerceived | DecisionAdopted
AcknowledgementContent = AcknowledgementRequested | AcknowledgementGiven | DeliveryRecorded | AcknowledgementOverdue
RosterContent = BodyConstituted | RosterAdmitted | RosterRemoved
ReferralContent = ItemReferred | ItemTakenUp
Content = (
    FoundingContent
    | RegistryContent
    | ChannelContent
    | ConsultationContent
    | TextContent
    | PositionDeclared
    | SilenceContent
    | DecisionContent
    | TallyRecorded
    | ExportRecorded
    | AcknowledgementContent
    | RosterContent
    | ReferralContent
    | EvidenceContent
)
