"""What anybody may learn of an envelope by its 查验码: facts, never its title, its names in full or a document."""

from pydantic import Field

from yunqian.wire.base import Message, Moment, Sha256Hex
from yunqian.wire.envelope import EnvelopeState, RecipientState
from yunqian.wire.panel import Answer, Verdict


class PublicCode(Message):
    """The code of an envelope, for its parties: to be printed, and to be given to whoever asks."""

    code: str = Field(description="as people read it, in groups of four")
    address: str = Field(description="the open page with the facts")
    qr_svg: str = Field(description="the address as a QR code (ISO/IEC 18004)")


class PublicSigner(Message):
    """A signer, his name and organization masked."""

    name: str
    organization: str | None
    state: RecipientState
    signed_at: Moment | None


class PublicDocument(Message):
    """A document by its digests. Whoever holds a file compares it with them himself."""

    position: int = Field(ge=1)
    page_count: int
    sha256: Sha256Hex = Field(description="of the newest revision")
    earlier_sha256s: tuple[Sha256Hex, ...] = Field(description="of the revisions before it, oldest first")
    changed_at: Moment = Field(description="when the newest revision came to be")


class PublicFacts(Message):
    """An envelope as whoever holds a print of it may know it."""

    code: str
    state: EnvelopeState
    started_at: Moment
    completed_at: Moment | None
    documents: tuple[PublicDocument, ...]
    signers: tuple[PublicSigner, ...]


class PublicSignature(Message):
    """One signature in a document, its signer masked; an authority that attests a time is not."""

    signer: str
    at: Moment | None
    is_stamped: bool = Field(description="the time is attested by a time-stamp authority, not claimed")
    is_timestamp: bool
    verdict: Verdict
    answers: tuple[Answer, ...] = Field(description="crypto, coverage, seal, membership, trust")


class PublicVerdict(Message):
    """What the verifier says of one document of an envelope, as it now stands."""

    sha256: Sha256Hex
    verdict: Verdict | None = Field(description="null for a document that nobody has signed yet")
    signatures: tuple[PublicSignature, ...]
    verified_at: Moment
