"""The vocabulary: every act, by its written and versioned tag. Renaming a class must never change a tag.

Names come from the field (docs/reference/vocabulary.md). An act is `{"header": ..., "content": {"type": tag, ...}}`.
"""

from typing import Final

import msgspec

from tacit import profile
from tacit.acts.channel import ChannelOpened, LevelRaised, MessagePosted
from tacit.acts.consultation import (
    ConsultationConcluded,
    ConsultationConvened,
    ConsultationJoined,
    ConsultationRequested,
)
from tacit.acts.decision import Clause, ConsensusPerceived, DecisionAdopted, QuestionPut
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
from tacit.acts.registry import CredentialEnrolled, CredentialRevoked, OfficeAccredited, RegistrarTerm
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
from tacit.acts.text import ReferenceAllotted, RevisionIssued, TextCirculated, Version
from tacit.limits import PAYLOAD_BYTES_MAX

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
DecisionContent = QuestionPut | ConsensusPerceived | DecisionAdopted
Content = (
    FoundingContent
    | RegistryContent
    | ChannelContent
    | ConsultationContent
    | TextContent
    | PositionDeclared
    | SilenceContent
    | DecisionContent
)


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a member says: the header and exactly one content of the vocabulary."""

    header: Header
    content: Content


_decoder: Final = msgspec.json.Decoder(Act)


def encode(act: Act) -> bytes:
    """The payload bytes of an act: what is signed."""
    return profile.encode(act)


def decode(payload: bytes) -> Act:
    """Read the payload of an act.

    Raises:
        RefusedError: `profile.*` or `act.unknown_type`, and nothing else.
    """
    return profile.decode(payload, _decoder, PAYLOAD_BYTES_MAX)


def tag(content: Content) -> str:
    """The written tag of a content, such as `position.declared.v1`."""
    return str(content.__struct_config__.tag)


__all__ = [
    "Act",
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
    "ExtensionRefused",
    "ExtensionRequested",
    "Founder",
    "FoundingBody",
    "FoundingContent",
    "Header",
    "Label",
    "LevelRaised",
    "MessagePosted",
    "OfficeAccredited",
    "PositionDeclared",
    "Precedence",
    "QuestionPut",
    "ReferenceAllotted",
    "RegistrarTerm",
    "RegistryContent",
    "RevisionIssued",
    "RuleSetRef",
    "Seen",
    "ServiceCredential",
    "SilenceBroken",
    "SilenceContent",
    "SilenceExtended",
    "SilencePassed",
    "SilenceSet",
    "SilenceWithdrawn",
    "Stance",
    "TextCirculated",
    "TextContent",
    "Version",
    "Witness",
    "decode",
    "encode",
    "tag",
]
