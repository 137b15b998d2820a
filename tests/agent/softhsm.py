"""A SoftHSM2 store for tests: slots with RSA keys made inside them, reached like any USBKey through PKCS#11.

Used by the tests of the client and by the browser scenes:

    store = softhsm.make(folder, [softhsm.Slot("签名章"), softhsm.Slot("公章")])
    pem = store.public_key("签名章")            # or store.request("签名章"): let an authority issue for it
    store.put_certificate("签名章", der)
    environment |= store.environment             # for the process that runs the client
    store.write_configuration(folder, …)         # or put store.driver into the agent.json that is there

A process loads the module once and SoftHSM reads SOFTHSM2_CONF when it is initialised, so everything that
touches the store here runs in a process of its own: the test's process stays free to run the client.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

PIN = "135790"
SO_PIN = "11223344"
_PLACES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)


def module() -> str:
    """The module's path, or a skip; a test module that uses this also says needs.program("softhsm2-util")."""
    for place in _PLACES:
        if Path(place).exists():
            return place
    pytest.skip("needs the PKCS#11 module of SoftHSM2 (Debian package softhsm2)")


@dataclass(frozen=True)
class Slot:
    """One slot to make: its label is how it is known here."""

    label: str
    pin: str = PIN
    algorithm: str = "RSA"  # or EC (P-256)


@dataclass(frozen=True)
class Store:
    """A store on disk. `environment` is what a process needs to see it."""

    folder: Path
    module: str

    @property
    def environment(self) -> dict[str, str]:
        return {"SOFTHSM2_CONF": str(self.folder / "softhsm2.conf")}

    @property
    def driver(self) -> dict[str, str]:
        """The entry of agent.json's `drivers`."""
        return {"kind": "pkcs11", "module": self.module}

    def write_configuration(self, folder: Path, *, port: int, origin: str, order_key: str) -> None:
        """Write an agent.json for a client with this store and one platform (`order_key` as in its base64)."""
        platform = {"origin": origin, "name": "云签", "order_key": order_key}
        settings = {"port": port, "platforms": [platform], "drivers": [self.driver]}
        (folder / "agent.json").write_text(json.dumps(settings, ensure_ascii=False), encoding="utf-8")

    def public_key(self, label: str) -> bytes:
        """The slot's public key as PEM SubjectPublicKeyInfo."""
        der = base64.b64decode(self._act("public-key", label=label))
        return serialization.load_der_public_key(der).public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def put_certificate(self, label: str, certificate: bytes, *, pin: str = PIN) -> None:
        """Store a DER certificate beside the key (same CKA_ID); an earlier one of the slot is replaced."""
        self._act("certificate", label=label, pin=pin, value=base64.b64encode(certificate).decode())

    def request(self, label: str, *, pin: str = PIN) -> bytes:
        """A PKCS#10 request in PEM, signed by the key inside the slot (RFC 2986); its subject is the label."""
        der = base64.b64decode(self._act("request", label=label, pin=pin))
        return _pem("CERTIFICATE REQUEST", der)

    def remove(self, label: str) -> None:
        """Pull the key out for good."""
        self._run("softhsm2-util", "--delete-token", "--token", label)

    def _act(self, act: str, **facts: str) -> str:
        message = json.dumps({"act": act, "module": self.module, **facts})
        return self._run(sys.executable, "-m", "tests.agent.softhsm", message)

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            command,
            env={**os.environ, **self.environment},
            cwd=Path(__file__).resolve().parents[2],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{command[:3]}: {done.stdout}{done.stderr}"
        return done.stdout.strip()


def make(folder: Path, slots: Sequence[Slot]) -> Store:
    """Make a store in `folder` with these slots, a key pair inside each."""
    (folder / "places").mkdir(parents=True)
    store = _configured(folder)
    for slot in slots:
        add(store, slot)
    return store


def empty(folder: Path, label: str, *, pin: str = PIN) -> Store:
    """Make a store in `folder` with one slot and nothing in it."""
    (folder / "places").mkdir(parents=True)
    store = _configured(folder)
    initialise(store, label, pin)
    return store


def copy(store: Store, folder: Path) -> Store:
    """The same slots with the same keys in another folder: making RSA keys is what takes the time."""
    shutil.copytree(store.folder, folder)
    return _configured(folder)


def _configured(folder: Path) -> Store:
    (folder / "softhsm2.conf").write_text(
        f"directories.tokendir = {folder / 'places'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    return Store(folder, module())


def add(store: Store, slot: Slot) -> None:
    """Plug one more key into the store."""
    initialise(store, slot.label, slot.pin)
    store._act("generate", label=slot.label, pin=slot.pin, algorithm=slot.algorithm)


def initialise(store: Store, label: str, pin: str) -> None:
    """Plug in a key with nothing on it."""
    command = ("--init-token", "--free", "--label", label, "--so-pin", SO_PIN, "--pin", pin)
    store._run("softhsm2-util", *command)


# What follows runs in a process of its own: python -m tests.agent.softhsm '{"act": …}'


def _main(message: dict[str, str]) -> str:
    import pkcs11

    library = pkcs11.lib(message["module"])
    slot = library.get_token(token_label=message["label"])
    with slot.open(rw="pin" in message, user_pin=message.get("pin")) as session:
        match message["act"]:
            case "generate":
                return _generate(session, message)
            case "public-key":
                return base64.b64encode(_public_key(session)).decode()
            case "request":
                return base64.b64encode(_request(session, message["label"])).decode()
            case _:
                return _put(session, message)


def _generate(session: Any, message: dict[str, str]) -> str:
    from pkcs11 import Attribute, KeyType
    from pkcs11.util.ec import encode_named_curve_parameters

    name = {"id": b"\x01", "label": message["label"], "store": True}
    if message["algorithm"] == "RSA":
        session.generate_keypair(KeyType.RSA, 2048, **name)
    else:
        curve = {Attribute.EC_PARAMS: encode_named_curve_parameters("1.2.840.10045.3.1.7")}
        session.create_domain_parameters(KeyType.EC, curve, local=True).generate_keypair(**name)
    return ""


def _public_key(session: Any) -> bytes:
    from pkcs11 import Attribute, KeyType, ObjectClass

    (key,) = list(session.get_objects({Attribute.CLASS: ObjectClass.PUBLIC_KEY}))
    public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
    if key.key_type == KeyType.RSA:
        numbers = (key[Attribute.PUBLIC_EXPONENT], key[Attribute.MODULUS])
        exponent, modulus = (int.from_bytes(number, "big") for number in numbers)
        public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    else:
        point = bytes(key[Attribute.EC_POINT])[2:]  # an OCTET STRING around the point
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _request(session: Any, subject: str) -> bytes:
    """A request whose signature the slot itself makes: `cryptography` cannot reach a key inside a module."""
    from asn1crypto import csr, keys, x509
    from pkcs11 import Attribute, Mechanism, ObjectClass

    body = csr.CertificationRequestInfo(
        {
            "version": "v1",
            "subject": x509.Name.build({"common_name": subject}),
            "subject_pk_info": keys.PublicKeyInfo.load(_public_key(session)),
            "attributes": [],
        }
    )
    (key,) = list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}))
    value = key.sign(body.dump(), mechanism=Mechanism.SHA256_RSA_PKCS)
    whole = csr.CertificationRequest(
        {
            "certification_request_info": body,
            "signature_algorithm": {"algorithm": "sha256_rsa"},
            "signature": value,
        }
    )
    return bytes(whole.dump())


def _put(session: Any, message: dict[str, str]) -> str:
    from pkcs11 import Attribute, ObjectClass

    for old in list(session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})):
        old.destroy()
    session.create_object(_certificate_facts(base64.b64decode(message["value"]), message["label"]))
    return ""


def _certificate_facts(der: bytes, label: str) -> dict[Any, Any]:
    from asn1crypto import x509
    from pkcs11 import Attribute, CertificateType, ObjectClass

    body = x509.Certificate.load(der)["tbs_certificate"]
    return {
        Attribute.CLASS: ObjectClass.CERTIFICATE,
        Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
        Attribute.TOKEN: True,
        Attribute.LABEL: label,
        Attribute.ID: b"\x01",
        Attribute.SUBJECT: body["subject"].dump(),
        Attribute.ISSUER: body["issuer"].dump(),
        Attribute.SERIAL_NUMBER: body["serial_number"].dump(),
        Attribute.VALUE: der,
    }


def _pem(name: str, der: bytes) -> bytes:
    lines = base64.encodebytes(der).decode()
    return f"-----BEGIN {name}-----\n{lines}-----END {name}-----\n".encode()


if __name__ == "__main__":
    print(_main(json.loads(sys.argv[1])))
