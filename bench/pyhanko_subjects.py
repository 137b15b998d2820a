"""pyHanko as it is used from its manual: a simple signer with a stamp, and its default validation."""

import io
from collections.abc import Callable
from pathlib import Path

from asn1crypto import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate
from PIL import Image
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.stamp import TextStampStyle
from pyhanko_certvalidator import ValidationContext

from bench.holders import AT, RsaHolder

_BOX = (400, 95, 513, 233)


class CachedKeySigner(SimpleSigner):
    """The simple signer with the private operation done by a key that was loaded, and checked, once."""

    bench_holder: RsaHolder

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """PKCS#1 v1.5; a dry run, which only asks for the size, gets a value too, as in the simple signer."""
        assert digest_algorithm.lower() == "sha256"
        return self.bench_holder.key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def signing(folder: Path, png: bytes, *, is_cached: bool) -> Callable[[bytes, int], tuple[bytes, ...]]:
    """Seal and date in one field on the last page, no strips: it has no paging seal."""
    key, certificate, chain = (str(folder / name) for name in ("key.pem", "certificate.pem", "chain.pem"))
    signer: SimpleSigner = SimpleSigner.load(  # type: ignore[no-untyped-call]
        key, certificate, ca_chain_files=(chain,)
    )
    if is_cached:
        signer = CachedKeySigner(
            signing_cert=signer.signing_cert,
            signing_key=signer.signing_key,
            cert_registry=signer.cert_registry,
        )
        signer.bench_holder = RsaHolder.of(folder)
    seal = Image.open(io.BytesIO(png))
    metadata = PdfSignatureMetadata(
        field_name="bench", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
    )

    def work(document: bytes, pages: int) -> tuple[bytes, ...]:
        style = TextStampStyle(stamp_text="2026-11-22", background=PdfImage(seal), background_opacity=1)
        field = SigFieldSpec("bench", on_page=pages - 1, box=_BOX)
        pdf = PdfSigner(metadata, signer, stamp_style=style, new_field_spec=field)
        written = io.BytesIO()
        pdf.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(document)), output=written)
        return (written.getvalue(),)

    return work


def verifying(folder: Path) -> Callable[[bytes, int], tuple[bytes, ...]]:
    """Every signature by the default policy, later changes included."""
    pem = (folder / "root.pem").read_bytes()
    root = x509.Certificate.load(load_pem_x509_certificate(pem).public_bytes(Encoding.DER))
    lists = [(folder / f"{name}.crl").read_bytes() for name in ("issuing", "root")]

    def work(document: bytes, _: int) -> tuple[bytes, ...]:
        for one in PdfFileReader(io.BytesIO(document)).embedded_signatures:
            context = ValidationContext(trust_roots=[root], crls=lists, moment=AT)
            status = validate_pdf_signature(one, context)
            if not status.bottom_line:
                raise ValueError(f"{one.field_name}: {status.summary()}")
        return ()

    return work
