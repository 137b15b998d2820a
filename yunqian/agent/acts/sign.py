"""Sign a document: the key signs the CMS attributes of one signature, which the client has read itself.

Order: SignOrder. Before the key is touched: the attributes are exactly those of a document's signature and name
the certificate that is on the key, which is valid now and of the order's algorithm. The person enters the PIN.
The value is checked against the certificate; the result is a SignResult.
"""

import base64
import binascii

from yunqian.agent.acts import by_certificate
from yunqian.agent.acts.act import Secret, Secrets, Target, Tools
from yunqian.crypto import attributes, certificates, digests
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused
from yunqian.wire.keys import DialogKind
from yunqian.wire.orders import SignOrder, SignResult, check_code


class Sign:
    """See `Act`."""

    kind = DialogKind.SIGN
    secrets = (Secret.PIN,)

    def __init__(self, order: SignOrder, tools: Tools) -> None:
        """Raises Refused(ATTRIBUTES_NOT_ACCEPTED)."""
        self.order = order
        self.to_be_signed = _attributes(order)
        self._tools = tools

    @property
    def check_code(self) -> str:
        """The code that page and window both show."""
        return check_code(self.to_be_signed)

    @property
    def facts(self) -> dict[str, str]:
        return {
            "order_id": self.order.order_id,
            "ceremony_id": self.order.ceremony_id,
            "document": self.order.document_sha256,
        }

    async def find(self, *, max_age_seconds: float = 0.0) -> Target | None:
        """The key with the order's certificate."""
        sha256 = self.order.certificate_sha256
        return await by_certificate.find(self._tools.ring, sha256, max_age_seconds=max_age_seconds)

    def absent(self) -> Refused:
        return by_certificate.absent(self.order)

    def check(self, target: Target) -> None:
        """Raises Refused(CERTIFICATE_MISMATCH | CERTIFICATE_EXPIRED | ALGORITHM_UNSUPPORTED | ATTRIBUTES_NOT_…)."""
        suite, certificate = by_certificate.suite_for(self.order, target), by_certificate.held_by(target)
        _only_the_digest_is_theirs(self.to_be_signed, certificate, suite)
        if not certificate.covers(self._tools.clock()):
            raise certificates.expired(certificate)

    async def carry_out(self, target: Target, secrets: Secrets) -> SignResult:
        """One PIN, one signature. Raises what `UsbKey.sign` raises, and Refused(SIGNATURE_INVALID)."""
        suite, certificate = by_certificate.suite_for(self.order, target), by_certificate.held_by(target)
        value = await target.held.sign(certificate, suite, self.to_be_signed, secrets[Secret.PIN])
        by_certificate.is_right(suite, certificate, self.to_be_signed, value)
        return SignResult(
            order_id=self.order.order_id,
            certificate_sha256=certificate.sha256,
            signature=base64.b64encode(value).decode(),
        )

    def finish(self) -> None:
        """Nothing was kept."""


def _attributes(order: SignOrder) -> bytes:
    """The signed attributes, parsed by our own hand: the client never signs what it cannot read.

    With SM2 they name the certificate by its SM3, which the order does not tell: `check` compares it with the
    certificate on the key.
    """
    try:
        encoded = base64.b64decode(order.to_be_signed, validate=True)
    except binascii.Error as error:
        raise Refused(Problem.ATTRIBUTES_NOT_ACCEPTED, detail="base64") from error
    parsed = attributes.parse(encoded)
    if not parsed.certificate_sm3 and parsed.certificate_sha256 != order.certificate_sha256:
        raise Refused(Problem.ATTRIBUTES_NOT_ACCEPTED, detail="signing-certificate-v2")
    return encoded


def _only_the_digest_is_theirs(encoded: bytes, certificate: Certificate, suite: Suite) -> None:
    """Build the attributes once more from the key's own certificate: but for the digest they must be the same."""
    said = attributes.parse(encoded)
    digest = said.message_digest
    if len(digest) != digests.SIZES[suite.digest]:
        raise Refused(Problem.ATTRIBUTES_NOT_ACCEPTED, detail="message-digest")
    is_gm = said.content_type == attributes.GM_DATA
    if is_gm and suite is not Suite.SM2_SM3:
        raise Refused(Problem.ATTRIBUTES_NOT_ACCEPTED, detail="content-type")
    if attributes.build(digest, certificate, suite, content_type=said.content_type) != encoded:
        raise Refused(Problem.ATTRIBUTES_NOT_ACCEPTED, detail="signing-certificate-v2")
