"""The demonstration's certificate authority, judged by openssl and by pyHanko."""

import asyncio
import json
import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta

import pytest
from asn1crypto import pem as asn1_pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import RevokedError

from tests import needs
from tests.pki.hierarchy import built, ec_key, rsa_key
from tests.server.adapters.authorities import COMPANY, config_at, issued, openssl, request_of, write_pem
from yunqian.crypto import certificates, revocation
from yunqian.crypto.revocation import Standing
from yunqian.problems import Problem, Refused
from yunqian.server import scope, settings
from yunqian.server.adapters import ca as configured
from yunqian.server.adapters.ca import embedded, profiles
from yunqian.server.adapters.ca.port import Reason, Status
from yunqian.server.settings import Mode
from yunqian.server.settings import config as reading

pytestmark = pytest.mark.usefixtures("no_database")


def refused_with(problem: Problem, act) -> Refused:
    with pytest.raises(Refused) as caught:
        act()
    assert caught.value.problem is problem
    return caught.value


def lists_of(ca) -> list[bytes]:
    return [ca.crl("root"), ca.crl("issuing")]


def pyhanko_says(chain, lists: list[bytes], *, at) -> None:
    """Raise what pyHanko has against the chain, with revocation checked by lists alone."""
    load = asn1_x509.Certificate.load
    context = ValidationContext(
        trust_roots=[load(chain[2].der)],
        other_certs=[load(chain[1].der)],
        crls=lists,
        moment=at,
        revocation_mode="require",
        allow_fetching=False,
    )
    validator = CertificateValidator(load(chain[0].der), validation_context=context)
    asyncio.run(validator.async_validate_usage({"digital_signature", "non_repudiation"}))


class TestMaking:
    def test_makes_what_the_platform_trusts_and_marks_the_folder(self, config):
        home = config.home / "ca"
        assert {path.name for path in home.iterdir()} >= {"DEMO", "root.key", "issuing.key", "register.json"}
        assert {path.name for path in config.trust_folder.iterdir()} == {
            "root.pem",
            "root.crl",
            "issuing.crl",
            "sm2-root.pem",
            "sm2-root.crl",
            "sm2-issuing.crl",
        }

    def test_a_second_making_changes_nothing(self, config, ca):
        def written() -> dict:
            files = [path for path in (config.home / "ca").rglob("*") if path.is_file()]
            return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}

        before = written()
        again = embedded.make(config)
        assert written() == before
        assert again.intermediates() == ca.intermediates()

    def test_two_at_once_agree_on_one(self, tmp_path):
        config = config_at(tmp_path)
        with ThreadPoolExecutor(4) as pool:
            made = list(pool.map(lambda _: embedded.make(config), range(4)))
        assert len({one.intermediates() for one in made}) == 1
        assert embedded.load(config).intermediates() == made[0].intermediates()

    def test_goes_on_after_a_kill_between_key_and_certificate(self, config, ca):
        (config.home / "ca" / "issuing.pem").unlink()
        again = embedded.make(config)
        assert again.intermediates() != ca.intermediates()
        assert again.certificate("root") == ca.certificate("root")
        assert again.status(issued(again)[0]) is Status.GOOD

    def test_nobody_else_may_read_what_it_writes(self, config):
        for path in (config.home / "ca").rglob("*"):
            assert path.stat().st_mode & 0o077 == 0, path

    def test_keys_do_not_open_without_the_secrets(self, config):
        for name in ("root", "issuing", "tsa"):
            locked = (config.home / "ca" / f"{name}.key").read_bytes()
            assert locked.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
            with pytest.raises(TypeError):
                serialization.load_pem_private_key(locked, None)

    def test_keys_of_other_secrets_refuse_to_start(self, config, monkeypatch):
        monkeypatch.setattr(config.secrets.__class__, "vault_master_key", bytes(range(32)))
        refused_with(Problem.CONFIG_INSECURE, lambda: embedded.make(config))

    def test_a_key_of_another_certificate_refuses_to_start(self, config):
        folder = config.home / "ca"
        shutil.copy(folder / "tsa.key", folder / "issuing.key")
        refused_with(Problem.CONFIG_INSECURE, lambda: embedded.load(config))

    def test_production_neither_makes_nor_loads_it(self, config, tmp_path):
        production = config_at(config.home, Mode.PRODUCTION)
        refused_with(Problem.CONFIG_INSECURE, lambda: embedded.load(production))
        refused_with(
            Problem.CONFIG_INSECURE, lambda: embedded.make(config_at(tmp_path / "x", Mode.PRODUCTION))
        )
        assert not (tmp_path / "x").exists()

    def test_production_does_not_start_beside_its_mark(self, config):
        reading.secrets.make_if_absent(config.home / "secrets.json", is_demo=False)
        environ = {"YUNQIAN_HOME": str(config.home), "YUNQIAN_ORIGINS": "https://sign.example.com"}
        refusal = refused_with(Problem.CONFIG_INSECURE, lambda: reading.read(environ))
        assert "ca/" in str(refusal.facts["detail"])

    def test_an_absent_one_is_unavailable(self, tmp_path):
        refused_with(Problem.CA_UNAVAILABLE, lambda: embedded.load(config_at(tmp_path)))

    def test_the_configured_one_is_that_of_the_home(self, config, ca, monkeypatch):
        monkeypatch.setattr(settings, "current", lambda: config)
        configured.current.cache_clear()
        try:
            assert configured.current().intermediates() == ca.intermediates()
        finally:
            configured.current.cache_clear()


class TestIssuing:
    def test_the_chain_is_one_that_we_accept_ourselves(self, ca, clock):
        leaf, issuing, root = issued(ca)
        assert certificates.chain(leaf, ca.intermediates(), [root], at=clock.now) == (leaf, issuing, root)
        assert (leaf.owner, leaf.issuer_name) == ("李明", issuing.owner)
        assert leaf.may_sign
        assert not leaf.is_ca
        assert "演示" in leaf.issuer_name
        assert "演示" in issuing.subject

    def test_the_profile_says_who_what_for_and_where_to_ask(self, ca):
        made = x509.load_der_x509_certificate(issued(ca)[0].der)
        usage = made.extensions.get_extension_for_class(x509.KeyUsage)
        assert usage.critical
        assert usage.value.digital_signature
        assert usage.value.content_commitment
        assert not usage.value.key_encipherment
        assert not usage.value.key_cert_sign
        assert made.extensions.get_extension_for_class(x509.BasicConstraints).critical
        points = made.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        assert points[0].full_name[0].value == "http://pki.example/pki/issuing.crl"
        access = made.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
        assert [one.access_location.value for one in access] == [
            "http://pki.example/pki/issuing.cer",
            "http://pki.example/pki/ocsp",
        ]
        own = made.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        assert own == x509.SubjectKeyIdentifier.from_public_key(made.public_key())

    def test_the_names_in_the_request_do_not_count(self, ca):
        asked = x509.CertificateSigningRequestBuilder().subject_name(
            x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "市长")])
        )
        signed = asked.sign(rsa_key("asker"), hashes.SHA256()).public_bytes(Encoding.DER)
        leaf = ca.issue(signed, name="李明")[0]
        assert "市长" not in leaf.subject
        assert leaf.owner == "李明"

    @needs.program("openssl")
    def test_openssl_accepts_it_by_the_strict_rules_and_the_lists(self, ca, config, tmp_path):
        write_pem(tmp_path, issued(ca))
        self.write_lists(ca, tmp_path)
        said = openssl(tmp_path, *self.VERIFY, "-x509_strict", "leaf.pem")
        assert said == "leaf.pem: OK\ncode 0"

    @needs.program("openssl")
    def test_openssl_refuses_it_once_it_is_revoked(self, ca, config, tmp_path):
        chain = issued(ca)
        ca.revoke(chain[0])
        write_pem(tmp_path, chain)
        self.write_lists(ca, tmp_path)
        assert "certificate revoked" in openssl(tmp_path, *self.VERIFY, "leaf.pem")

    VERIFY = (
        "verify",
        "-crl_check_all",
        "-CAfile",
        "root.pem",
        "-untrusted",
        "issuing.pem",
        "-CRLfile",
        "all.crl",
    )

    @staticmethod
    def write_lists(ca, folder) -> None:
        lists = b"".join(asn1_pem.armor("X509 CRL", one) for one in lists_of(ca))
        (folder / "all.crl").write_bytes(lists)

    def test_pyhanko_accepts_it_and_refuses_it_once_revoked(self, ca, clock):
        chain = issued(ca)
        pyhanko_says(chain, lists_of(ca), at=clock.now)
        ca.revoke(chain[0], reason=Reason.KEY_COMPROMISE)
        clock.forward(timedelta(seconds=1))
        with pytest.raises(RevokedError):
            pyhanko_says(chain, lists_of(ca), at=clock.now)

    @pytest.mark.parametrize("key", [ec_key("asker"), ec_key("asker", "P-384")], ids=["P-256", "P-384"])
    def test_elliptic_keys_are_certified_too(self, ca, clock, key):
        leaf, *above = ca.issue(request_of(key).public_bytes(Encoding.DER), name="王芳")
        assert certificates.chain(leaf, above, above[-1:], at=clock.now)

    @pytest.mark.parametrize(
        "request_bytes",
        [
            b"",
            b"junk",
            b"\x30\x03\x02\x01\x01",
            b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n",
            bytes(1 << 20),
        ],
        ids=["empty", "junk", "other DER", "broken PEM", "large"],
    )
    def test_what_is_no_request_is_refused(self, ca, request_bytes):
        refused_with(Problem.REQUEST_INVALID, lambda: ca.issue(request_bytes, name="李明"))

    def test_a_request_that_another_key_signed_is_refused(self, ca):
        signed = bytearray(request_of().public_bytes(Encoding.DER))
        signed[-1] ^= 1
        refused_with(Problem.REQUEST_INVALID, lambda: ca.issue(bytes(signed), name="李明"))

    @pytest.mark.parametrize(
        "key", [rsa_key("short", 1024), ec_key("asker", "P-521")], ids=["RSA 1024", "P-521"]
    )
    def test_a_key_we_would_not_sign_with_is_refused(self, ca, key):
        asked = request_of(key).public_bytes(Encoding.DER)
        refused_with(Problem.ALGORITHM_UNSUPPORTED, lambda: ca.issue(asked, name="李明"))

    def test_a_curve_that_nobody_knows_is_refused(self, ca):
        key = ec.generate_private_key(ec.BrainpoolP256R1())
        asked = request_of(key).public_bytes(Encoding.DER)
        refused_with(Problem.ALGORITHM_UNSUPPORTED, lambda: ca.issue(asked, name="李明"))

    @pytest.mark.parametrize(
        ("name", "organization"),
        [("", None), ("名" * 22, None), ("李\n明", None), (" 李明", None), ("李明", "企" * 22), ("李明", "")],
        ids=["empty", "long", "two lines", "blank first", "long organization", "empty organization"],
    )
    def test_a_name_that_no_certificate_can_carry_is_refused(self, ca, name, organization):
        asked = request_of().public_bytes(Encoding.DER)
        refused_with(Problem.REQUEST_INVALID, lambda: ca.issue(asked, name=name, organization=organization))

    def test_two_writers_lose_nothing(self, config):
        writers = [embedded.load(config) for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            made = [chain[0] for chain in pool.map(issued, writers * 3)]
        assert all(writers[0].status(one) is Status.GOOD for one in made)


class TestStanding:
    def test_good_then_revoked_and_the_first_date_stands(self, ca, config, clock):
        leaf = issued(ca)[0]
        assert ca.status(leaf) is Status.GOOD
        since = clock.now
        ca.revoke(leaf, reason=Reason.SUPERSEDED)
        clock.forward(timedelta(days=1))
        ca.revoke(leaf, reason=Reason.KEY_COMPROMISE)
        assert ca.status(leaf) is Status.REVOKED
        listed = (config.trust_folder / "issuing.crl").read_bytes()
        assert revocation.standing(leaf, ca.intermediates()[0], [listed], at=clock.now) == (
            Standing.REVOKED,
            since,
        )

    def test_another_process_knows_at_once(self, ca, config):
        leaf = issued(ca)[0]
        other = embedded.load(config)
        assert other.status(leaf) is Status.GOOD
        ca.revoke(leaf)
        assert other.status(leaf) is Status.REVOKED

    def test_a_stranger_is_unknown_and_cannot_be_revoked(self, ca):
        stranger = built().person.certificate
        assert ca.status(stranger) is Status.UNKNOWN
        refused_with(Problem.CERTIFICATE_UNTRUSTED, lambda: ca.revoke(stranger))

    def test_is_never_asked_inside_a_transaction(self, ca, monkeypatch):
        leaf = issued(ca)[0]
        monkeypatch.setattr(scope, "is_open", lambda: True)
        with pytest.raises(RuntimeError, match="transaction"):
            ca.status(leaf)

    @pytest.mark.parametrize(
        "content", [b"", b"{", b"[]", b"{}", b'{"issued": 1, "revoked": {}, "list_number": 0}']
    )
    def test_a_damaged_register_says_nothing_rather_than_good(self, ca, config, content):
        leaf = issued(ca)[0]
        (config.home / "ca" / "register.json").write_bytes(content)
        refused_with(Problem.CA_UNAVAILABLE, lambda: ca.status(leaf))
        refused_with(Problem.CA_UNAVAILABLE, lambda: ca.revoke(leaf))
        assert (config.home / "ca" / "register.json").read_bytes() == content

    def test_a_full_disk_leaves_the_register_as_it_was(self, ca, config, monkeypatch):
        leaf = issued(ca)[0]
        before = (config.home / "ca" / "register.json").read_bytes()

        def full(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        refused_with(Problem.CA_UNAVAILABLE, lambda: ca.revoke(leaf))
        monkeypatch.undo()
        assert (config.home / "ca" / "register.json").read_bytes() == before
        assert not list((config.home / "ca").rglob("*.draft"))
        assert ca.status(leaf) is Status.GOOD


class TestLists:
    def test_a_list_is_kept_until_it_is_due(self, ca, clock):
        first = ca.crl("issuing")
        clock.forward(profiles.LIST_LIFE / 2 - timedelta(minutes=1))
        assert ca.crl("issuing") == first
        clock.forward(timedelta(minutes=2))
        second = ca.crl("issuing")
        assert second != first
        assert revocation.read(second).updated_at == clock.now

    def test_signing_keeps_the_platforms_lists_fresh(self, ca, config, clock):
        leaf = issued(ca)[0]
        clock.forward(profiles.LIST_LIFE * 2)
        assert ca.status(leaf) is Status.GOOD
        for name in ("root", "issuing"):
            listed = revocation.read((config.trust_folder / f"{name}.crl").read_bytes())
            assert listed.updated_at == clock.now

    def test_numbers_only_grow(self, ca, clock):
        numbers = []
        for _ in range(3):
            ca.revoke(issued(ca)[0])
            listed = x509.load_der_x509_crl(ca.crl("issuing"))
            numbers.append(listed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number)
        assert numbers == sorted(set(numbers))

    def test_a_list_that_was_lost_or_damaged_comes_back(self, ca, config):
        leaf = issued(ca)[0]
        ca.revoke(leaf)
        path = config.trust_folder / "issuing.crl"
        for spoil in (path.unlink, lambda: path.write_bytes(b"junk")):
            spoil()
            listed = ca.crl("issuing")
            assert path.read_bytes() == listed
            assert leaf.serial in revocation.read(listed).revoked_at

    def test_a_revocation_whose_list_was_not_written_is_in_the_next_one(self, ca, config, monkeypatch):
        leaf = issued(ca)[0]
        monkeypatch.setattr(ca, "_new_list", lambda name: b"")  # a kill after the register was written
        ca.revoke(leaf)
        monkeypatch.undo()
        assert leaf.serial in revocation.read(ca.crl("issuing")).revoked_at

    def test_the_roots_list_names_nobody(self, ca):
        ca.revoke(issued(ca)[0])
        assert revocation.read(ca.crl("root")).revoked_at == {}

    def test_parts_that_do_not_exist_have_nothing(self, ca):
        for name in ("tsa", "", "../root", "register"):
            assert ca.crl(name) is None
            assert ca.certificate(name) is None

    def test_a_reader_never_sees_half_a_list(self, ca, config):
        seen, over = [], threading.Event()

        def read() -> None:
            while not over.is_set():
                seen.append(revocation.read((config.trust_folder / "issuing.crl").read_bytes()))

        reader = threading.Thread(target=read)
        reader.start()
        for _ in range(5):
            ca.revoke(issued(ca)[0])
        over.set()
        reader.join()
        assert seen
        assert None not in seen

    def test_the_register_is_plain_to_read(self, ca, config, clock):
        leaf = issued(ca)[0]
        ca.revoke(leaf, reason=Reason.CESSATION_OF_OPERATION)
        told = json.loads((config.home / "ca" / "register.json").read_bytes())
        serial = leaf.serial_hex.lower()
        assert told["issued"][serial] == leaf.sha256
        assert told["revoked"] == {
            serial: {"at": clock.now.astimezone(UTC).isoformat(), "reason": "cessationOfOperation"}
        }


def test_the_companys_seal_carries_the_companys_name(ca):
    assert issued(ca, COMPANY, COMPANY)[0].owner == COMPANY
