"""Whose keys the engines sign with: an RSA-2048 and an SM2 signer, kept as files that every child reads.

The names are in Latin letters on purpose: some of the others make a wrong issuer name out of a Chinese one, and
nobody is to be left out for a thing that is not measured here.
"""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509 import load_der_x509_certificate

from tests.pki import guomi, hierarchy
from yunqian.crypto import revocation
from yunqian.crypto.certificates import Certificate, read_all
from yunqian.engine.report import Trust

PASSWORD = "bench"
AT = hierarchy.NOW  # when everything is signed and judged, so that certificates never run out


@dataclass(frozen=True)
class RsaHolder:
    """An RSA-2048 signer read from the folder; the key is loaded, and checked, once."""

    folder: Path
    key: rsa.RSAPrivateKey
    certificate: Certificate
    chain: tuple[Certificate, ...]

    @classmethod
    def of(cls, folder: Path) -> "RsaHolder":
        key = load_pem_private_key((folder / "key.pem").read_bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        leaf, *chain = read_all((folder / "chain.pem").read_bytes())
        return cls(folder, key, leaf, tuple(chain))

    def sign(self, message: bytes) -> bytes:
        """PKCS#1 v1.5 over SHA-256."""
        return self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def sm2_holder() -> guomi.Signer:
    """An SM2 signer; the same at every call, as its key is derived from its name."""
    return guomi.built().signer("SM2 bench")


def write(folder: Path) -> None:
    """Make the RSA world and lay its parts down in the folder: PEM, PKCS#12, root and revocation lists."""
    root = hierarchy.issue(hierarchy.rsa_key("root"), "Bench Root", is_ca=True)
    issuing = hierarchy.issue(hierarchy.rsa_key("issuing"), "Bench Issuing", by=root, is_ca=True)
    signer = hierarchy.issue(hierarchy.rsa_key("person"), "Zhang Wei", by=issuing)
    key, chain = signer.key, (signer.certificate, issuing.certificate)
    assert isinstance(key, rsa.RSAPrivateKey)
    (folder / "key.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    loaded = [load_der_x509_certificate(one.der) for one in (*chain, root.certificate)]
    (folder / "chain.pem").write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in loaded[:2]))
    (folder / "certificate.pem").write_bytes(loaded[0].public_bytes(Encoding.PEM))
    (folder / "root.pem").write_bytes(loaded[2].public_bytes(Encoding.PEM))
    for name, by in (("issuing", issuing), ("root", root)):
        (folder / f"{name}.crl").write_bytes(hierarchy.revocation_list(by))
    # The older protection is the one that every library of the comparison reads.
    protection = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(2048)
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())
        .build(PASSWORD.encode("ascii"))
    )
    packed = pkcs12.serialize_key_and_certificates(b"bench", key, loaded[0], loaded[1:2], protection)
    (folder / "key.p12").write_bytes(packed)


def trust_of(folder: Path) -> Trust:
    """What a reader of the RSA signer's documents knows."""
    lists = tuple((folder / f"{name}.crl").read_bytes() for name in ("issuing", "root"))
    assert all(revocation.read(one) is not None for one in lists)
    return Trust(read_all((folder / "root.pem").read_bytes()), lists)
