"""Hello, KeyList and the signing dialog: browser ↔ security client, over loopback HTTP.

GET /hello → Hello · GET /keys → KeyList · POST /dialogs SignedOrder → DialogOpened ·
GET /dialogs/{id}?wait=25 → DialogState · DELETE /dialogs/{id} → DialogState · POST /pin-changes PinChangeAsked →
DialogOpened · POST /unlock-requests NamedKey → UnlockRequest · WebSocket /events → KeyList at once and at every change.
Refusals are ProblemReport.
"""

from enum import StrEnum

from pydantic import Field

from yunqian.wire.base import Base64Text, Message, Moment, ProblemReport, Sha256Hex
from yunqian.wire.batch_orders import BatchOutcome, BatchResult
from yunqian.wire.key_orders import EnrolResult, PinChanged, StoreResult, UnlockResult
from yunqian.wire.orders import BindResult, LoginResult, SignResult

PROTOCOL = 2
"""2: `sign_batch` (wire.batch_orders) and `DialogState.outcomes`. A client of 1 signs one document at a time."""
OLDEST_PROTOCOL = 1
"""What a platform still speaks with."""


class Hello(Message):
    """Who answers on this port; the only answer an unpaired page's origin can provoke is a refusal."""

    product: str = "yunqian-agent"
    protocol: int = PROTOCOL
    version: str
    has_desktop_window: bool = Field(
        description="false: the client asks in its own page, which the panel opens"
    )
    newer_version: str | None = Field(
        default=None,
        description="a newer client that who builds clients has signed; the client updates nothing itself",
    )


class KeyCertificate(Message):
    """A signing certificate found on a key."""

    sha256: Sha256Hex
    der: Base64Text
    owner: str
    issuer: str
    serial_hex: str
    algorithm: str
    not_before_at: Moment
    not_after_at: Moment


class KeySeal(Message):
    """A seal object found on a key, as far as it can be read; whether it is valid is not said here."""

    sha256: Sha256Hex
    code: str = Field(description="the seal's identifier (esID)")
    name: str
    width_mm: float
    height_mm: float
    picture: Base64Text | None = Field(
        description="PNG; null where the picture is of another kind or too large"
    )
    not_before_at: Moment
    not_after_at: Moment
    certificates_sha256: tuple[Sha256Hex, ...] = Field(
        description="the certificates on this key that the seal is bound to"
    )


class Key(Message):
    """A plugged-in key, known by its serial and certificates, never by its place in the list."""

    serial: str
    label: str
    driver: str = Field(description="pkcs11, skf or soft")
    is_demo: bool = Field(description="a soft key for demonstration: told in every dialog")
    certificates: tuple[KeyCertificate, ...]
    tries_left: int | None = Field(description="PIN tries left; null where the key does not tell")
    is_locked: bool = False
    is_default_pin: bool = Field(default=False, description="the key says that its factory PIN is still set")
    seals: tuple[KeySeal, ...] = ()
    acts: tuple[str, ...] = Field(
        default=(), description="what this key can do beside signing: change_pin, unlock, enrol, store"
    )


class KeyList(Message):
    """All keys plugged in now. `generation` changes whenever the list does."""

    generation: int
    keys: tuple[Key, ...]


class DialogPhase(StrEnum):
    """Where a signing dialog stands."""

    WAITING = "waiting"
    SIGNED = "signed"
    REFUSED = "refused"


class DialogOpened(Message):
    """The client accepted the order and asks the person in its own window."""

    dialog_id: str
    window_url: str | None = Field(
        description="address of the client's own page; null where it opened a desktop window"
    )


class DialogKind(StrEnum):
    """What a dialog asks the person for."""

    SIGN = "sign"
    SIGN_BATCH = "sign_batch"
    LOGIN = "login"
    BIND = "bind"
    CHANGE_PIN = "change_pin"
    UNLOCK = "unlock"
    ENROL = "enrol"
    STORE = "store"


DialogResult = (
    SignResult
    | BatchResult
    | LoginResult
    | BindResult
    | EnrolResult
    | StoreResult
    | UnlockResult
    | PinChanged
)


class DialogState(Message):
    """The answer of the person and the key; `last_problem` tells of a wrong PIN while still waiting.

    `signed` is the phase of every act that was done, whatever its kind; its result has the shape of the kind.
    """

    dialog_id: str
    kind: DialogKind = DialogKind.SIGN
    phase: DialogPhase
    result: DialogResult | None = None
    problem: ProblemReport | None = None
    last_problem: ProblemReport | None = None
    outcomes: tuple[BatchOutcome, ...] = Field(
        default=(), description="of sign_batch: what is settled already, while the rest still waits"
    )
