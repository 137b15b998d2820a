"""The demonstration's SM2 authority: its certificates judged by openssl link by link, its lists, and who gets one."""

from datetime import timedelta

import pytest

from tests import needs
from tests.engine.judges_sm2 import openssl_says_right
from tests.pki import parties
from tests.server.adapters.authorities import COMPANY, openssl, write_pem
from yunqian.crypto import certificate_requests, certificates, public_keys, revocation, sm2, suites
from yunqian.crypto.revocation import Standing
from yunqian.engine import verify
from yunqian.problems import Problem, Refused
from yunqian.server.adapters.ca import embedded, guomi
from yunqian.server.adapters.ca.port import Reason, Status

pytestmark = pytest.mark.usefixtures("no_database")
DISTID = ("-vfyopt", "distid:1234567812345678")


def request(which: str = "asker", *, proof: str | None = None) -> bytes:
    own, by = parties.key("sm2", which), parties.key("sm2", proof or which)
    return certificate_requests.build(
        "-", public_key_der=own.public.spki, identifier=parties.SM2_WITH_SM3, sign=by.sign
    )


def issued(ca, which: str = "asker"):
    return ca.issue(request(which), name="李明", organization=COMPANY)


def lists(ca) -> list[bytes]:
    return [ca.crl("sm2-root"), ca.crl("sm2-issuing")]


def test_an_sm2_key_gets_an_sm2_certificate_that_leads_to_the_sm2_root(config, ca, clock):
    leaf, issuing, root = issued(ca)
    assert {one.key_algorithm for one in (leaf, issuing, root)} == {"ec:sm2"}
    assert (leaf.owner, leaf.may_sign, leaf.is_ca) == ("李明", True, False)
    trusted = verify.load_trust(config.trust_folder)
    assert certificates.chain(leaf, ca.intermediates(), trusted.roots, at=clock())[-1] == root
    assert [
        revocation.standing(*pair, lists(ca), at=clock())[0] for pair in ((leaf, issuing), (issuing, root))
    ] == [
        Standing.GOOD,
        Standing.GOOD,
    ]
    assert ca.status(leaf) is Status.GOOD


@needs.program("openssl")
def test_openssl_finds_each_link_right(ca, tmp_path):
    """Its program applies the identity of SM2 only to the first link, so each is shown to it alone."""
    leaf, issuing, root = issued(ca)
    write_pem(tmp_path, (leaf, issuing, root))
    for subject, above in (("leaf", "issuing"), ("issuing", "root")):
        trusted = ("-partial_chain", "-trusted", f"{above}.pem")
        told = openssl(tmp_path, "verify", *DISTID, *trusted, f"{subject}.pem")
        assert told == f"{subject}.pem: OK\ncode 0", told
    assert openssl_says_right(root.public_key_der, root.signed_der, root.signature)
    shown = openssl(
        tmp_path, "x509", "-in", "leaf.pem", "-noout", "-text", "-certopt", "no_pubkey,no_sigdump"
    )
    for wanted in (
        "Digital Signature, Non Repudiation",
        "CA:FALSE",
        "/pki/sm2-issuing.crl",
        "/pki/sm2-issuing.cer",
    ):
        assert wanted in shown


@needs.program("openssl")
def test_openssl_reads_the_list(ca, tmp_path):
    leaf = issued(ca)[0]
    ca.revoke(leaf, reason=Reason.KEY_COMPROMISE)
    (tmp_path / "issuing.crl").write_bytes(ca.crl("sm2-issuing"))
    told = openssl(tmp_path, "crl", "-inform", "DER", "-in", "issuing.crl", "-noout", "-text")
    assert leaf.serial_hex in told
    assert "Key Compromise" in told


def test_a_revoked_certificate_is_on_the_sm2_list_and_on_no_other(ca, clock):
    leaf, issuing, _ = issued(ca)
    before = ca.crl("issuing")
    ca.revoke(leaf)
    assert ca.status(leaf) is Status.REVOKED
    standing, since = revocation.standing(leaf, issuing, lists(ca), at=clock())
    assert (standing, since) == (Standing.REVOKED, clock())
    assert ca.crl("issuing") == before
    assert ca.status(issued(ca, "another")[0]) is Status.GOOD


def test_the_lists_are_made_anew_before_they_run_out(ca, clock):
    before = lists(ca)
    assert lists(ca) == before
    clock.forward(timedelta(days=5))
    assert ca.status(issued(ca)[0]) is Status.GOOD
    assert all(new != old for new, old in zip(lists(ca), before, strict=True))


def test_a_request_that_another_key_has_signed_is_refused(ca):
    with pytest.raises(Refused) as refused:
        ca.issue(request(proof="another"), name="李明")
    assert refused.value.problem is Problem.REQUEST_INVALID


def test_a_second_loading_knows_what_was_issued(config, ca):
    leaf = issued(ca)[0]
    assert embedded.load(config).status(leaf) is Status.GOOD
    foreign = parties.person(
        parties.key("sm2", "asker"), "李明", by=parties.authority(parties.key("sm2", "root"), "别家")
    )
    assert embedded.load(config).status(foreign.certificate) is Status.UNKNOWN


def test_its_keys_lie_sealed_and_open_with_no_other_secrets(config, ca, monkeypatch):
    for name in ("sm2-root", "sm2-issuing"):
        kept = (config.home / "ca" / f"{name}.key").read_bytes()
        assert (
            b"\x2a\x81\x1c\xcf\x55\x01\x82\x2d" not in kept
        )  # the curve, as it stands in any key in the clear
    monkeypatch.setattr(config.secrets.__class__, "vault_master_key", bytes(range(32)))
    with pytest.raises(Refused) as refused:
        embedded.load(config)
    assert refused.value.problem is Problem.CONFIG_INSECURE


def test_a_key_that_is_not_its_certificates_is_refused(config, ca):
    folder = config.home / "ca"
    (folder / "sm2-root.pem").write_bytes((folder / "sm2-issuing.pem").read_bytes())
    with pytest.raises(Refused) as refused:
        embedded.load(config)
    assert refused.value.problem is Problem.CONFIG_INSECURE


def test_a_machine_without_sm2_has_none_and_refuses_such_keys_in_words(config, monkeypatch):
    def missing() -> None:
        raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm="SM2")

    monkeypatch.setattr(guomi.sm2, "require", missing)
    plain = embedded.load(config)
    assert plain.crl("sm2-issuing") is None
    assert plain.certificate("sm2-root") is None
    assert len(plain.intermediates()) == 1
    with pytest.raises(Refused) as refused:
        plain.issue(request(), name="李明")
    assert refused.value.problem is Problem.ALGORITHM_UNSUPPORTED


def test_the_public_parts_are_given_out_by_name(ca):
    leaf, issuing, root = issued(ca)
    assert ca.certificate("sm2-issuing") == issuing.der
    assert ca.certificate("sm2-root") == root.der
    assert ca.certificate("sm2-leaf") is None
    assert sm2.is_on_curve(leaf.public_key_der[-65:])


class TestTheSealMaker:
    def test_is_certified_by_the_sm2_authority_and_signs(self, config, ca, clock):
        maker = ca.make_seal_maker()
        assert (maker.certificate.key_algorithm, maker.certificate.may_sign) == ("ec:sm2", True)
        assert "仅供演示" in maker.certificate.subject
        trusted = verify.load_trust(config.trust_folder)
        path = certificates.chain(maker.certificate, trusted.intermediates, trusted.roots, at=clock())
        assert path[-1].owner.startswith("云签演示国密根")
        assert ca.status(maker.certificate) is Status.GOOD
        key = sm2.public_key(public_keys.read(maker.certificate.public_key_der).octets)
        assert key.is_right(b"a seal", maker.sign(b"a seal"))

    def test_is_the_same_again(self, ca):
        assert ca.make_seal_maker().certificate == ca.make_seal_maker().certificate

    def test_gives_way_to_a_new_one_when_revoked_or_soon_expired(self, ca, clock):
        first = ca.make_seal_maker().certificate
        ca.revoke(first)
        second = ca.make_seal_maker().certificate
        assert second != first
        clock.forward(second.not_after_at - clock() - timedelta(days=59))
        assert ca.make_seal_maker().certificate not in (first, second)

    def test_is_rsa_on_a_machine_without_sm2(self, config, clock, monkeypatch):
        monkeypatch.setattr(guomi, "_is_able", lambda: False)
        ca = embedded.make(config, clock=clock)
        maker = ca.make_seal_maker()
        assert maker.certificate.key_algorithm == "rsa"
        assert suites.check(suites.Suite.RSA_SHA256, maker.certificate, b"a seal", maker.sign(b"a seal"))
        assert ca.make_seal_maker().certificate == maker.certificate
        ca.revoke(maker.certificate)
        assert ca.make_seal_maker().certificate != maker.certificate


def test_lists_that_are_due_are_renewed_without_anybody_signing(ca, config, clock):
    old = {path.name: path.read_bytes() for path in config.trust_folder.glob("sm2-*.crl")}
    clock.forward(timedelta(days=30))
    ca.renew_lists()
    new = {path.name: path.read_bytes() for path in config.trust_folder.glob("sm2-*.crl")}
    assert new.keys() == old.keys()
    assert len(new) == 2
    for name, listed in new.items():
        assert listed != old[name]
        assert revocation.read(listed).updated_at == clock()
