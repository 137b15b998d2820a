"""Whether what was made is right, by programs that nobody here wrote: nobody is timed for a wrong result."""

import subprocess
from pathlib import Path


def complaint(path: Path, *, signatures: int, is_sm2: bool = False) -> str:
    """What pdfsig or qpdf says against a signed file; empty where there is nothing.

    pdfsig knows no SM3: of an SM2 signature only the structure is judged here, the tests judge the rest.
    """
    checked = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False)
    if checked.returncode:
        return "qpdf: " + (checked.stderr.strip().splitlines() or ["complains"])[0][-120:]
    if is_sm2:
        return ""
    told = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False)
    lines = [line.strip() for line in told.stdout.splitlines() if "Signature Validation:" in line]
    valid = sum("Signature is Valid." in line for line in lines)
    if valid < signatures or valid != len(lines):
        return "pdfsig: " + (next((line for line in lines if "is Valid" not in line), "no signature"))
    return ""
