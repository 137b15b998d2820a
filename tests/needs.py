"""Tests that need a program of the machine say so: `@needs.program("pdfsig")`."""

import ctypes.util
import shutil
import subprocess
from pathlib import Path

import pytest

_PACKAGES = {
    "pdfsig": "poppler-utils",
    "pdftotext": "poppler-utils",
    "pdftoppm": "poppler-utils",
    "qpdf": "qpdf",
    "openssl": "openssl",
    "softhsm2-util": "softhsm2",
    "pkcsslotd": "opencryptoki",
    "pkcs11-tool": "opensc",
    "bwrap": "bubblewrap",
    "chromium": "chromium",
    "soffice": "libreoffice-writer-nogui",
    "gcc": "gcc",
    "Xvfb": "xvfb",
    "xdotool": "xdotool",
}
_INCLUDES = (Path("/usr/include"), *Path("/usr/include").glob("*-linux-gnu"))


def program(name: str) -> pytest.MarkDecorator:
    """Skip a test, with the reason and the Debian package, where the program is not installed."""
    package = _PACKAGES.get(name, name)
    return pytest.mark.skipif(
        shutil.which(name) is None, reason=f"needs the program {name} (Debian package {package})"
    )


def header(name: str, package: str) -> pytest.MarkDecorator:
    """Skip a test that compiles C where a header is missing."""
    is_there = any((folder / name).is_file() for folder in _INCLUDES)
    return pytest.mark.skipif(not is_there, reason=f"needs the header {name} (Debian package {package})")


def library(name: str, package: str) -> pytest.MarkDecorator:
    """Skip a test where a shared library is missing; `name` as the loader has it, e.g. libEGL.so.1."""
    plain = name.removeprefix("lib").partition(".so")[0]
    is_there = ctypes.util.find_library(plain) is not None
    return pytest.mark.skipif(not is_there, reason=f"needs the library {name} (Debian package {package})")


def namespaces() -> pytest.MarkDecorator:
    """Skip where bubblewrap can build no walls at all, asked without ours."""
    command = ("bwrap", "--ro-bind", "/", "/", "--unshare-all", "true")
    is_allowed = shutil.which("bwrap") is not None and (
        subprocess.run(command, capture_output=True, check=False).returncode == 0
    )
    return pytest.mark.skipif(not is_allowed, reason="needs a machine that allows user namespaces")
