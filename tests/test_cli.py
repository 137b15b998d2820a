"""`yunqian verify` as a court runs it: exit codes, both outputs, and no server in sight."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.engine.papers import WORLD, act, paper
from yunqian import cli

SIGNED = act(paper())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A signed document and a folder of trust."""
    (tmp_path / "signed.pdf").write_bytes(SIGNED)
    trust = tmp_path / "trust"
    trust.mkdir()
    root = x509.load_der_x509_certificate(WORLD.root.certificate.der)
    (trust / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    for number, listed in enumerate(WORLD.crls):
        (trust / f"{number}.crl").write_bytes(listed)
    (trust / "notes.pem").write_text("not a certificate")
    return tmp_path


def run(folder: Path, *options: str) -> int:
    fixed = ["--trust", str(folder / "trust"), "--at", "2026-11-22T10:00:00Z"]
    return cli.main(["verify", str(folder / "signed.pdf"), *fixed, *options])


def test_a_valid_document_exits_0_and_says_who_signed(folder: Path, capsys):
    assert run(folder) == 0
    said = capsys.readouterr().out
    assert said.startswith("VALID")
    assert "李明" in said
    assert "签名值正确" in said


def test_a_changed_document_exits_1(folder: Path, capsys):
    (folder / "signed.pdf").write_bytes(SIGNED.replace(b"Page 1", b"Page 7").replace(b"841.89", b"841.88", 1))
    assert run(folder) == 1
    assert capsys.readouterr().out.startswith("IN")


def test_without_trust_nothing_is_valid(folder: Path, capsys):
    assert cli.main(["verify", str(folder / "signed.pdf")]) == 1
    assert capsys.readouterr().out.startswith("INDETERMINATE")


def test_json_holds_the_whole_report(folder: Path, capsys):
    assert run(folder, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["verdict"], report["page_count"], len(report["signatures"])) == ("valid", 2, 1)
    assert report["signatures"][0]["claimed_at"] == "2026-11-22T10:00:00+00:00"
    checks = [one["check"] for one in report["signatures"][0]["findings"]]
    assert checks == ["crypto", "coverage", "seal", "membership", "trust"]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["verify"],
        ["verify", "--nonsense", "x"],
        ["verify", "does-not-exist.pdf"],
        ["verify", "x.pdf", "--at", "yesterday"],
        ["verify", ".", "--trust", "does-not-exist"],
    ],
)
def test_wrong_usage_exits_2_without_a_traceback(arguments: list[str], capsys):
    assert cli.main(arguments) == 2
    said = capsys.readouterr().err
    assert said
    assert "Traceback" not in said


def test_help_exits_0(capsys):
    assert cli.main(["--help"]) == 0
    assert cli.main(["verify", "--help"]) == 0
    assert "--trust" in capsys.readouterr().out


def test_the_verifier_loads_neither_server_nor_client(folder: Path):
    script = (
        "import sys; from yunqian import cli; code = cli.main(sys.argv[1:]);"
        "print([name for name in ('django', 'aiohttp', 'psycopg', 'pydantic') if name in sys.modules], code)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, "verify", str(folder / "signed.pdf"), "--json"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ran.stdout.splitlines()[-1] == "[] 1"
