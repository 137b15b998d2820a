"""Signed documents with validation material made by pyHanko, which nobody here wrote."""

import io
from datetime import datetime

from asn1crypto import crl, keys, tsp, x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.engine.papers import WORLD, paper
from tests.pki import stamps
from tests.pki.hierarchy import NOW, Holder


class Stamper(TimeStamper):
    """Our test authority, asked by pyHanko."""

    def __init__(self, by: Holder, at: datetime) -> None:
        super().__init__()
        self._by, self._at = by, at

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        asked = req["message_imprint"]
        token = stamps.token(
            self._by,
            asked["hashed_message"].native,
            at=self._at,
            nonce=req["nonce"].native,
            digest=asked["hash_algorithm"]["algorithm"].native,
        )
        return tsp.TimeStampResp.load(stamps.response(token))


def signed(
    *,
    crls: tuple[bytes, ...] = (),
    subfilter: SigSeedSubFilter = SigSeedSubFilter.PADES,
    is_archived: bool = False,
    stamper: Holder | None = None,
    at: datetime = NOW,
) -> bytes:
    """`WORLD.person` by pyHanko: material inside, in the security store or as Adobe's attribute; B-LTA if asked."""
    held = [one.certificate for one in (WORLD.person, WORLD.issuing, WORLD.root, WORLD.stamper)]
    store = SimpleCertificateStore()
    store.register_multiple([x509.Certificate.load(one.der) for one in held])
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(WORLD.root.certificate.der)],
        other_certs=list(store),
        crls=[crl.CertificateList.load(one) for one in crls],
        revocation_mode="require",
        allow_fetching=False,
        moment=NOW,
    )
    key = WORLD.person.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = signers.SimpleSigner(
        signing_cert=x509.Certificate.load(WORLD.person.certificate.der),
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=store,
    )
    meta = signers.PdfSignatureMetadata(
        field_name="Sig1",
        md_algorithm="sha256",
        subfilter=subfilter,
        embed_validation_info=True,
        use_pades_lta=is_archived,
        validation_context=context,
    )
    made = io.BytesIO()
    signers.PdfSigner(meta, signer, timestamper=Stamper(stamper or WORLD.stamper, at)).sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(paper())), output=made
    )
    return made.getvalue()
