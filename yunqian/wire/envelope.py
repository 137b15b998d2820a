"""Envelopes, documents and people as the HTTP API shows them."""

from enum import StrEnum

from pydantic import Field

from yunqian.wire.after import AfterSending
from yunqian.wire.base import Base64Text, Line, Message, Moment, Sha256Hex


class TenantKind(StrEnum):
    """AUTHORITY: the certificate authority that runs the desk for keys; OPERATOR: who runs the platform.

    PERSON: the space of one person, in which he alone signs as himself, be he of no organization.
    """

    COMPANY = "company"
    GOVERNMENT = "government"
    AUTHORITY = "authority"
    OPERATOR = "operator"
    PERSON = "person"


class Right(StrEnum):
    """What may be granted to a member, a role or a department; nobody has any of them by himself.

    START: 盖章任务发起权限; MEMBERS: 成员与权限管理; SEALS: 印章管理; CERTIFICATES: 证书绑定审批; DESK: 证书机构受理;
    OPERATE: 平台运营.
    """

    START = "start"
    MEMBERS = "members"
    SEALS = "seals"
    CERTIFICATES = "certificates"
    DESK = "desk"
    OPERATE = "operate"


class Tenant(Message):
    id: str
    slug: str
    name: str
    kind: TenantKind


class PersonRef(Message):
    """A person as others see him: never more than the name and his organization."""

    id: str
    name: str
    account: str | None = Field(default=None, description="only shown to members of the same organization")
    tenant_name: str | None = None
    department: str | None = None


class Session(Message):
    """Who is logged in, for which organization, and what he may do."""

    person: PersonRef
    tenant: Tenant
    tenants: tuple[Tenant, ...]
    rights: tuple[Right, ...]
    csrf: str = Field(description="value for the X-CSRFToken header of every write")


class Login(Message):
    account: Line = Field(min_length=1, max_length=100)
    password: str = Field(min_length=1, max_length=500)


class Entry(Message):
    """The organization behind an entry address /t/{slug}, for the page on which its people log in."""

    slug: str
    name: str


class ChooseTenant(Message):
    tenant_id: str


class CertificateShown(Message):
    """A certificate on a key of this PC, as the security client lists it."""

    certificate: Base64Text = Field(max_length=24_000, description="DER")


class LoginWay(StrEnum):
    """How a session was opened."""

    PASSWORD = "password"  # noqa: S105 (the word, not one of them)
    CERTIFICATE = "certificate"
    PHONE = "phone"


class OpenSession(Message):
    """One of one's own sessions, as one knows it again; what a browser says of itself is not proved."""

    id: str
    way: LoginWay
    address: str
    browser: str
    begun_at: Moment
    is_current: bool


class DemoAccount(Message):
    account: str
    password: str
    mobile: str
    name: str
    tenant_name: str
    note_zh: str
    note_en: str


class Platform(Message):
    """What the page needs to know before anybody is logged in."""

    name: str
    version: str
    is_demo: bool
    demo_accounts: tuple[DemoAccount, ...] = ()
    client_ports: tuple[int, ...]
    oldest_client_protocol: int
    upload_limit_bytes: int
    takes_word: bool = Field(description="Word documents are converted to PDF here")
    pairing_code: str = Field(
        description="what a security client shows when it is paired with this origin (wire.platforms.pairing_code)"
    )


class IntakeRemark(Message):
    """Something about an uploaded document that the person should know; it does not stop the upload."""

    code: str
    zh: str
    en: str


class Upload(Message):
    """A document that intake accepted, not yet sent to anybody."""

    id: str
    name: str
    page_count: int
    size_bytes: int
    sha256: Sha256Hex
    remarks: tuple[IntakeRemark, ...] = ()


class RecipientWanted(Message):
    """Whom to address: by account, as somebody addressed before, or by mobile number and name, registered or not.

    A copy (抄送) informs: its `turn` says nothing, and it is not asked to sign.
    """

    account: Line | None = Field(default=None, min_length=1, max_length=100)
    mobile: Line | None = Field(default=None, min_length=5, max_length=30)
    name: Line | None = Field(default=None, min_length=1, max_length=60)
    contact_id: Line | None = Field(default=None, max_length=36, description="wire.start.Contact")
    turn: int = Field(default=1, ge=1, le=100)
    is_copy: bool = False


class EndEnvelope(Message):
    """Why it is recalled, or declined; its parties read it."""

    reason: Line = Field(min_length=2, max_length=200)


class ExtendEnvelope(Message):
    """The new deadline; null for none."""

    deadline_at: Moment | None


class ForwardEnvelope(Message):
    """Further signers; they come after everybody who is there already."""

    recipients: tuple[RecipientWanted, ...] = Field(min_length=1, max_length=50)


class EnvelopeState(StrEnum):
    OPEN = "open"
    COMPLETED = "completed"
    VOIDED = "voided"
    EXPIRED = "expired"
    DECLINED = "declined"


class RecipientState(StrEnum):
    WAITING = "waiting"
    READY = "ready"
    SIGNED = "signed"
    DECLINED = "declined"
    COPIED = "copied"


class Recipient(Message):
    id: str
    person: PersonRef
    turn: int
    state: RecipientState
    is_me: bool
    signed_at: Moment | None = None


class Document(Message):
    id: str
    name: str
    page_count: int
    head: int = Field(description="number of the newest revision; 0 is as sent")
    head_sha256: Sha256Hex
    size_bytes: int


class EnvelopeSummary(Message):
    """One line of a list, with whose turn it is in data; the page says it in words."""

    id: str
    title: str
    state: EnvelopeState
    initiator: PersonRef
    tenant_name: str
    created_at: Moment
    deadline_at: Moment | None
    completed_at: Moment | None
    document_count: int
    page_count: int
    signed_count: int
    recipient_count: int
    my_state: RecipientState | None
    my_signed_at: Moment | None
    waiting_for: tuple[str, ...] = Field(description="names of those whose turn it is")
    waiting_since: Moment | None = Field(description="since when it is the turn of the first of them")
    ended_by: str | None = Field(description="who recalled or declined it")
    found_in: tuple[str, ...] = Field(
        default=(),
        description="of a search: names of documents with its words, where the title has not all of them",
    )


class EnvelopeList(StrEnum):
    """待签署, 已签署, 我发起的, 抄送我的."""

    INBOX = "inbox"
    SIGNED = "signed"
    STARTED = "started"
    COPIED = "copied"


class EnvelopePage(Message):
    items: tuple[EnvelopeSummary, ...]
    next_cursor: str | None


class ListCount(Message):
    """How many lines there are: exactly, or at least so many where the count is capped."""

    count: int
    is_capped: bool


class InboxElsewhere(Message):
    """How much waits for the person in another organization of theirs."""

    tenant_id: str
    inbox: int
    is_capped: bool


class Counts(Message):
    """How many lines each list of the organization acted for has, and what waits in the others."""

    inbox: ListCount
    signed: ListCount
    started: ListCount
    copied: ListCount
    elsewhere: tuple[InboxElsewhere, ...] = Field(
        default=(), description="the person's other organizations in which something waits"
    )


class NextTask(Message):
    """What waits for the person next, null for nothing, and how much waits in all."""

    next: EnvelopeSummary | None
    left: ListCount


class EnvelopeDetail(Message):
    id: str
    title: str
    state: EnvelopeState
    initiator: PersonRef
    tenant_name: str
    created_at: Moment
    completed_at: Moment | None
    deadline_at: Moment | None
    documents: tuple[Document, ...]
    recipients: tuple[Recipient, ...]
    ended_by: str | None = Field(default=None, description="who recalled or declined it")
    ended_reason: str | None = None
    may_sign: bool
    may_download: bool
    may_decline: bool
    may_void: bool
    may_extend: bool
    may_forward: bool
    after: AfterSending


class AuditEntry(Message):
    """One link of the envelope's hash chain, as its parties see it."""

    sequence: int
    kind: str
    at: Moment
    person_name: str | None
    facts: dict[str, str | int | float | bool | None]
    hash: Sha256Hex
