"""Outside judges: programs and libraries that nobody here wrote."""

import io
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from asn1crypto import x509
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from tests.pki import hierarchy
from tests.pki.hierarchy import NOW


@dataclass(frozen=True)
class Pyhanko:
    """pyHanko's answer for one field, by its default policy."""

    field: str
    is_good: bool
    is_intact: bool
    later: str


def pyhanko(document: bytes) -> list[Pyhanko]:
    """Every signature by pyHanko's default policy, the later changes included."""
    roots = [x509.Certificate.load(hierarchy.built().root.certificate.der)]
    answers = []
    for signature in PdfFileReader(io.BytesIO(document)).embedded_signatures:
        status = validate_pdf_signature(signature, ValidationContext(trust_roots=roots, moment=NOW))
        level = status.modification_level
        later = level.name if level else ""
        answers.append(
            Pyhanko(signature.field_name, status.bottom_line, status.intact and status.valid, later)
        )
    return answers


def _run(document: bytes, *command: str) -> subprocess.CompletedProcess[str]:
    with tempfile.NamedTemporaryFile(suffix=".pdf") as kept:
        kept.write(document)
        kept.flush()
        return subprocess.run([*command, kept.name], capture_output=True, text=True, timeout=60, check=False)


def pdfsig(document: bytes) -> list[bool]:
    """One answer per field: whether poppler finds the signature valid."""
    lines = _run(document, "pdfsig", "-nocert").stdout.splitlines()
    told = [line for line in lines if "Signature Validation:" in line]
    return ["Signature is Valid." in line for line in told]


def qpdf(document: bytes) -> str:
    """What `qpdf --check` has to complain of; empty when the structure is clean."""
    checked = _run(document, "qpdf", "--check")
    return "" if checked.returncode == 0 else checked.stdout + checked.stderr


def picture(document: bytes, page: int, *, dpi: int = 72) -> Image.Image:
    """A page as poppler shows its crop box, widgets included."""
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "document.pdf"
        kept.write_bytes(document)
        command = ["pdftoppm", "-cropbox", "-r", str(dpi), "-f", str(page), "-l", str(page), "-png"]
        subprocess.run([*command, str(kept), f"{folder}/page"], check=True, timeout=60)
        (shown,) = Path(folder).glob("page*.png")
        with Image.open(shown) as image:
            return image.convert("RGB")


def text(document: bytes) -> str:
    """What poppler reads out of a document."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as kept:
        kept.write(document)
        kept.flush()
        ran = subprocess.run(
            ["pdftotext", kept.name, "-"], capture_output=True, text=True, timeout=60, check=True
        )
        return ran.stdout
