"""The only state machines of the product, from Envelope and Recipient to Tenant and Invitation.

A machine is data: a table from (state, event) to the next state. A pair that is not in the table is refused
with TRANSITION_NOT_ALLOWED, so no caller needs to know the table to be safe. The values are the words that
`wire` shows and that the database's CHECK constraints list.
"""

from collections.abc import Mapping
from enum import StrEnum

from yunqian.rules.machine import Machine


class EnvelopeState(StrEnum):
    """Where the whole job stands."""

    OPEN = "open"
    COMPLETED = "completed"
    VOIDED = "voided"
    EXPIRED = "expired"
    DECLINED = "declined"


class EnvelopeEvent(StrEnum):
    """VOID is the initiator's recall of what is open; END_TOGETHER what all who signed have agreed upon.

    REOPEN: another deadline after the last one, or further signers after the last signature (manual 6.2).
    """

    COMPLETE = "complete"
    VOID = "void"
    EXPIRE = "expire"
    DECLINE = "decline"
    REOPEN = "reopen"
    END_TOGETHER = "end_together"


class RecipientState(StrEnum):
    """Where one recipient stands: WAITING until his turn comes, READY while it lasts.

    COPIED is informed (抄送) and asked for nothing: he begins there and never leaves.
    """

    WAITING = "waiting"
    READY = "ready"
    SIGNED = "signed"
    DECLINED = "declined"
    COPIED = "copied"


class RecipientEvent(StrEnum):
    CALL = "call"
    SIGN = "sign"
    DECLINE = "decline"


class CeremonyState(StrEnum):
    """One sealing session of one signer, from opening to the last stored revision."""

    OPEN = "open"
    DONE = "done"
    ABANDONED = "abandoned"


class CeremonyEvent(StrEnum):
    FINISH = "finish"
    ABANDON = "abandon"


class SignOrderState(StrEnum):
    """One key's part: WAITING for its turn, PREPARED bytes, SIGNED value, EMBEDDED revision, or DROPPED."""

    WAITING = "waiting"
    PREPARED = "prepared"
    SIGNED = "signed"
    EMBEDDED = "embedded"
    DROPPED = "dropped"


class SignOrderEvent(StrEnum):
    """RELEASE gives up prepared bytes that can no longer be used; the order can be prepared again."""

    PREPARE = "prepare"
    SIGN = "sign"
    EMBED = "embed"
    RELEASE = "release"
    DROP = "drop"


class EnrolmentState(StrEnum):
    """A certificate for a key: pair ORDERED, certificate ISSUED, both STORED in the key; or ABANDONED."""

    ORDERED = "ordered"
    ISSUED = "issued"
    STORED = "stored"
    ABANDONED = "abandoned"


class EnrolmentEvent(StrEnum):
    ISSUE = "issue"
    STORE = "store"
    ABANDON = "abandon"


class UnlockState(StrEnum):
    """A locked key: ASKED, decided by the desk, RELEASED to the client that asked, DONE when the key has a new PIN.

    CLOSED after too many wrong codes at the desk, WITHDRAWN by the person or by his next request for the key.
    """

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    RELEASED = "released"
    DONE = "done"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class UnlockEvent(StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"
    RELEASE = "release"
    FINISH = "finish"
    CLOSE = "close"
    WITHDRAW = "withdraw"


class CertificateState(StrEnum):
    """BOUND may sign and log in here; the others sign nothing. REPLACED gave its place to a renewed certificate.

    LOST was reported by its person (挂失), SUSPENDED and REVOKED were decided by whoever decides on certificates;
    REVOKED also where the authority says so.
    """

    BOUND = "bound"
    SUSPENDED = "suspended"
    LOST = "lost"
    REVOKED = "revoked"
    REPLACED = "replaced"


class CertificateEvent(StrEnum):
    SUSPEND = "suspend"
    RESTORE = "restore"
    LOSE = "lose"
    REVOKE = "revoke"
    REPLACE = "replace"


class BindingRequestState(StrEnum):
    """A binding that the certificate alone does not justify: ASKED, and decided by somebody else, or WITHDRAWN."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class BindingRequestEvent(StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


class SealState(StrEnum):
    """A FROZEN seal (lost, under inquiry) can be applied by nobody and comes back; CANCELLED and EXPIRED are ends."""

    IN_USE = "in_use"
    FROZEN = "frozen"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class SealEvent(StrEnum):
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    CANCEL = "cancel"
    EXPIRE = "expire"


class SealApplicationState(StrEnum):
    """A seal that somebody wants: APPLIED for, decided by somebody else, MADE by the seal maker; or WITHDRAWN."""

    APPLIED = "applied"
    APPROVED = "approved"
    REFUSED = "refused"
    MADE = "made"
    WITHDRAWN = "withdrawn"


class SealApplicationEvent(StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"
    MAKE = "make"
    WITHDRAW = "withdraw"


class SealUseApprovalState(StrEnum):
    """One use of a seal that needs a word each time: ASKED, decided, and USED up by the first signature."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    USED = "used"


class SealUseApprovalEvent(StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"
    USE = "use"


class EndingState(StrEnum):
    """协商作废: PROPOSED until everybody who signed agrees, one refuses, or the proposer takes it back."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class EndingEvent(StrEnum):
    AGREE = "agree"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


class DeliveryState(StrEnum):
    """One message of a notice: WAITING while it is tried, SENT, GIVEN_UP after the last try, or NEEDLESS by then."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"
    NEEDLESS = "needless"


class DeliveryEvent(StrEnum):
    SEND = "send"
    GIVE_UP = "give_up"
    SPARE = "spare"


class TenantState(StrEnum):
    """A SUSPENDED organization keeps everything and can do nothing."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class TenantEvent(StrEnum):
    SUSPEND = "suspend"
    RESUME = "resume"


class InvitationState(StrEnum):
    """An OPEN invitation is taken once, or WITHDRAWN; past its time it opens nothing, whatever it is called."""

    OPEN = "open"
    TAKEN = "taken"
    WITHDRAWN = "withdrawn"


class InvitationEvent(StrEnum):
    TAKE = "take"
    WITHDRAW = "withdraw"


ENVELOPE = Machine(
    "Envelope",
    tuple(EnvelopeState),
    EnvelopeState.OPEN,
    {
        (EnvelopeState.OPEN, EnvelopeEvent.COMPLETE): EnvelopeState.COMPLETED,
        (EnvelopeState.OPEN, EnvelopeEvent.VOID): EnvelopeState.VOIDED,
        (EnvelopeState.OPEN, EnvelopeEvent.EXPIRE): EnvelopeState.EXPIRED,
        (EnvelopeState.OPEN, EnvelopeEvent.DECLINE): EnvelopeState.DECLINED,
        (EnvelopeState.EXPIRED, EnvelopeEvent.REOPEN): EnvelopeState.OPEN,
        (EnvelopeState.COMPLETED, EnvelopeEvent.REOPEN): EnvelopeState.OPEN,
        (EnvelopeState.OPEN, EnvelopeEvent.END_TOGETHER): EnvelopeState.VOIDED,
        (EnvelopeState.COMPLETED, EnvelopeEvent.END_TOGETHER): EnvelopeState.VOIDED,
    },
)

RECIPIENT = Machine(
    "Recipient",
    tuple(RecipientState),
    RecipientState.WAITING,
    {
        (RecipientState.WAITING, RecipientEvent.CALL): RecipientState.READY,
        (RecipientState.READY, RecipientEvent.SIGN): RecipientState.SIGNED,
        (RecipientState.READY, RecipientEvent.DECLINE): RecipientState.DECLINED,
    },
    other_firsts=frozenset({RecipientState.COPIED}),
)

CEREMONY = Machine(
    "Ceremony",
    tuple(CeremonyState),
    CeremonyState.OPEN,
    {
        (CeremonyState.OPEN, CeremonyEvent.FINISH): CeremonyState.DONE,
        (CeremonyState.OPEN, CeremonyEvent.ABANDON): CeremonyState.ABANDONED,
    },
)

# An embedded order is a true signature in a stored revision: nothing can take it back, so nothing leaves
# EMBEDDED. A SIGNED order whose revision moved on is prepared again; its old value signs nothing any more.
SIGN_ORDER = Machine(
    "SignOrder",
    tuple(SignOrderState),
    SignOrderState.WAITING,
    {
        (SignOrderState.WAITING, SignOrderEvent.PREPARE): SignOrderState.PREPARED,
        (SignOrderState.PREPARED, SignOrderEvent.PREPARE): SignOrderState.PREPARED,
        (SignOrderState.SIGNED, SignOrderEvent.PREPARE): SignOrderState.PREPARED,
        (SignOrderState.PREPARED, SignOrderEvent.SIGN): SignOrderState.SIGNED,
        (SignOrderState.SIGNED, SignOrderEvent.EMBED): SignOrderState.EMBEDDED,
        (SignOrderState.PREPARED, SignOrderEvent.RELEASE): SignOrderState.WAITING,
        (SignOrderState.SIGNED, SignOrderEvent.RELEASE): SignOrderState.WAITING,
        (SignOrderState.WAITING, SignOrderEvent.DROP): SignOrderState.DROPPED,
        (SignOrderState.PREPARED, SignOrderEvent.DROP): SignOrderState.DROPPED,
        (SignOrderState.SIGNED, SignOrderEvent.DROP): SignOrderState.DROPPED,
    },
)

# An issued certificate cannot be abandoned: it stands in the authority's books, and is revoked where it must go.
ENROLMENT = Machine(
    "Enrolment",
    tuple(EnrolmentState),
    EnrolmentState.ORDERED,
    {
        (EnrolmentState.ORDERED, EnrolmentEvent.ISSUE): EnrolmentState.ISSUED,
        (EnrolmentState.ISSUED, EnrolmentEvent.STORE): EnrolmentState.STORED,
        (EnrolmentState.ORDERED, EnrolmentEvent.ABANDON): EnrolmentState.ABANDONED,
    },
)

# What was released may have opened the key already, so a released request ends only by what its client reports,
# or by giving it up.
UNLOCK = Machine(
    "Unlock",
    tuple(UnlockState),
    UnlockState.ASKED,
    {
        (UnlockState.ASKED, UnlockEvent.APPROVE): UnlockState.APPROVED,
        (UnlockState.ASKED, UnlockEvent.REFUSE): UnlockState.REFUSED,
        (UnlockState.ASKED, UnlockEvent.CLOSE): UnlockState.CLOSED,
        (UnlockState.APPROVED, UnlockEvent.RELEASE): UnlockState.RELEASED,
        (UnlockState.RELEASED, UnlockEvent.FINISH): UnlockState.DONE,
        (UnlockState.ASKED, UnlockEvent.WITHDRAW): UnlockState.WITHDRAWN,
        (UnlockState.APPROVED, UnlockEvent.WITHDRAW): UnlockState.WITHDRAWN,
        (UnlockState.RELEASED, UnlockEvent.WITHDRAW): UnlockState.WITHDRAWN,
    },
)

# What was lost may have been found by others: only who decides on certificates gives it back, and nothing gives back
# what was revoked or replaced.
CERTIFICATE = Machine(
    "Certificate",
    tuple(CertificateState),
    CertificateState.BOUND,
    {
        (CertificateState.BOUND, CertificateEvent.SUSPEND): CertificateState.SUSPENDED,
        (CertificateState.BOUND, CertificateEvent.LOSE): CertificateState.LOST,
        (CertificateState.BOUND, CertificateEvent.REVOKE): CertificateState.REVOKED,
        (CertificateState.BOUND, CertificateEvent.REPLACE): CertificateState.REPLACED,
        (CertificateState.SUSPENDED, CertificateEvent.RESTORE): CertificateState.BOUND,
        (CertificateState.SUSPENDED, CertificateEvent.LOSE): CertificateState.LOST,
        (CertificateState.SUSPENDED, CertificateEvent.REVOKE): CertificateState.REVOKED,
        (CertificateState.LOST, CertificateEvent.RESTORE): CertificateState.BOUND,
        (CertificateState.LOST, CertificateEvent.REVOKE): CertificateState.REVOKED,
    },
)

BINDING_REQUEST = Machine(
    "BindingRequest",
    tuple(BindingRequestState),
    BindingRequestState.ASKED,
    {
        (BindingRequestState.ASKED, BindingRequestEvent.APPROVE): BindingRequestState.APPROVED,
        (BindingRequestState.ASKED, BindingRequestEvent.REFUSE): BindingRequestState.REFUSED,
        (BindingRequestState.ASKED, BindingRequestEvent.WITHDRAW): BindingRequestState.WITHDRAWN,
    },
)

# What was cancelled or has run out is never applied again; a new seal is applied for instead.
SEAL = Machine(
    "Seal",
    tuple(SealState),
    SealState.IN_USE,
    {
        (SealState.IN_USE, SealEvent.FREEZE): SealState.FROZEN,
        (SealState.FROZEN, SealEvent.UNFREEZE): SealState.IN_USE,
        (SealState.IN_USE, SealEvent.CANCEL): SealState.CANCELLED,
        (SealState.FROZEN, SealEvent.CANCEL): SealState.CANCELLED,
        (SealState.IN_USE, SealEvent.EXPIRE): SealState.EXPIRED,
        (SealState.FROZEN, SealEvent.EXPIRE): SealState.EXPIRED,
    },
)

SEAL_APPLICATION = Machine(
    "SealApplication",
    tuple(SealApplicationState),
    SealApplicationState.APPLIED,
    {
        (SealApplicationState.APPLIED, SealApplicationEvent.APPROVE): SealApplicationState.APPROVED,
        (SealApplicationState.APPLIED, SealApplicationEvent.REFUSE): SealApplicationState.REFUSED,
        (SealApplicationState.APPLIED, SealApplicationEvent.WITHDRAW): SealApplicationState.WITHDRAWN,
        (SealApplicationState.APPROVED, SealApplicationEvent.MAKE): SealApplicationState.MADE,
        (SealApplicationState.APPROVED, SealApplicationEvent.WITHDRAW): SealApplicationState.WITHDRAWN,
    },
)

SEAL_USE_APPROVAL = Machine(
    "SealUseApproval",
    tuple(SealUseApprovalState),
    SealUseApprovalState.ASKED,
    {
        (SealUseApprovalState.ASKED, SealUseApprovalEvent.APPROVE): SealUseApprovalState.APPROVED,
        (SealUseApprovalState.ASKED, SealUseApprovalEvent.REFUSE): SealUseApprovalState.REFUSED,
        (SealUseApprovalState.APPROVED, SealUseApprovalEvent.USE): SealUseApprovalState.USED,
    },
)

ENDING = Machine(
    "Ending",
    tuple(EndingState),
    EndingState.PROPOSED,
    {
        (EndingState.PROPOSED, EndingEvent.AGREE): EndingState.AGREED,
        (EndingState.PROPOSED, EndingEvent.REFUSE): EndingState.REFUSED,
        (EndingState.PROPOSED, EndingEvent.WITHDRAW): EndingState.WITHDRAWN,
    },
)

NOTICE_DELIVERY = Machine(
    "NoticeDelivery",
    tuple(DeliveryState),
    DeliveryState.WAITING,
    {
        (DeliveryState.WAITING, DeliveryEvent.SEND): DeliveryState.SENT,
        (DeliveryState.WAITING, DeliveryEvent.GIVE_UP): DeliveryState.GIVEN_UP,
        (DeliveryState.WAITING, DeliveryEvent.SPARE): DeliveryState.NEEDLESS,
    },
)

TENANT = Machine(
    "Tenant",
    tuple(TenantState),
    TenantState.ACTIVE,
    {
        (TenantState.ACTIVE, TenantEvent.SUSPEND): TenantState.SUSPENDED,
        (TenantState.SUSPENDED, TenantEvent.RESUME): TenantState.ACTIVE,
    },
)

INVITATION = Machine(
    "Invitation",
    tuple(InvitationState),
    InvitationState.OPEN,
    {
        (InvitationState.OPEN, InvitationEvent.TAKE): InvitationState.TAKEN,
        (InvitationState.OPEN, InvitationEvent.WITHDRAW): InvitationState.WITHDRAWN,
    },
)

MACHINES: Mapping[str, Machine] = {
    machine.name: machine
    for machine in (
        ENVELOPE,
        RECIPIENT,
        CEREMONY,
        SIGN_ORDER,
        ENROLMENT,
        UNLOCK,
        TENANT,
        INVITATION,
        CERTIFICATE,
        BINDING_REQUEST,
        SEAL,
        SEAL_APPLICATION,
        SEAL_USE_APPROVAL,
        ENDING,
        NOTICE_DELIVERY,
    )
}
"""By the name of the record, which is how `records.base.advance` finds its machine."""
