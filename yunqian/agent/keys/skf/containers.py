"""Containers and what is made in them: a key pair with its request, and the certificate beside its own key pair."""

import secrets
from contextlib import suppress

from yunqian.agent.keys.skf import errors, signing, structures
from yunqian.agent.keys.skf.application import CERTIFICATE_ROOM, SIGNING, UNDEFINED, Application
from yunqian.agent.keys.skf.errors import CODES, Failure
from yunqian.agent.keys.skf.library import Library
from yunqian.crypto import certificate_requests, public_keys
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused

PREFIX = b"YQ-"
_NOTHING_THERE = ("CERTNOTFOUND", "FILE_NOT_EXIST", "KEYNOTFOUND")
# SGD_SM2_1 (signing) as GM/T 0006 numbers it now, and as the headers of older libraries do.
_SM2_SIGNING = (0x0002_0200, 0x0002_0100)


def enrolled(application: Application, suite: Suite, owner: str) -> bytes:
    """A new container with a key pair, and the request that it signed (PKCS#10, DER); within a login.

    Whatever fails after the container was made takes it away again. Where the key itself was pulled out that is
    not possible: what is left is told from a key pair that waits for its certificate only while it is empty, and
    an empty one of our own is cleared away by the next call.
    Raises Refused(ALGORITHM_UNSUPPORTED | SIGNATURE_INVALID).
    """
    _clear(application)
    name = PREFIX + secrets.token_hex(8).encode()
    library = application.library
    try:
        with library.opened(
            "SKF_CreateContainer", "SKF_CloseContainer", application.reference, name
        ) as container:
            return _requested(library, container, suite, owner)
    except BaseException:
        with suppress(Failure):
            library.call("SKF_DeleteContainer", application.reference, name)
        raise


def fitting(application: Application, certificate: Certificate) -> bytes:
    """The name of the container whose signing key pair the certificate is for; needs no login.

    Raises Refused(CERTIFICATE_MISMATCH).
    """
    wanted = public_keys.read(certificate.public_key_der)
    for name in application.containers():
        found = _public_key_of(application, name)
        if found is not None and public_keys.read(found) == wanted:
            return name
    raise Refused(Problem.CERTIFICATE_MISMATCH)


def put(application: Application, name: bytes, certificate: Certificate) -> None:
    """Write the signing certificate of a container and read it back; within a login.

    What stood there before is put back where that fails.
    """
    library = application.library
    with application.container(name) as container:
        before = _stored(library, container)
        if before == certificate.der:
            return
        try:
            _import(library, container, certificate.der)
            if _stored(library, container) != certificate.der:
                raise Failure(CODES["WRITEFILE"])
        except BaseException:
            if before is not None:
                with suppress(Failure):
                    _import(library, container, before)
            raise


def _requested(library: Library, container: int, suite: Suite, owner: str) -> bytes:
    _generate(library, container, suite)
    public_key_der = _public_key(library, container, suite)
    if public_key_der is None:
        raise Refused(Problem.KEY_FAILED, detail="SKF ExportPublicKey")
    request = certificate_requests.build_der(
        owner,
        public_key_der=public_key_der,
        identifier=suite.signature_identifier,
        sign=lambda asked: signing.value(library, container, suite, public_key_der, asked),
    )
    if not certificate_requests.read(request).is_proven:
        raise Refused(Problem.SIGNATURE_INVALID)
    return request


def _generate(library: Library, container: int, suite: Suite) -> None:
    """Make the key pair; a number that the library does not know costs nothing, so the next one is tried."""
    function, numbers = (
        ("SKF_GenECCKeyPair", _SM2_SIGNING)
        if suite is Suite.SM2_SM3
        else ("SKF_GenRSAKeyPair", (structures.RSA_BITS,))
    )
    for number in numbers:
        try:
            library.block(function, container, number, size=structures.PUBLIC_KEY_ROOM)
        except Failure as failure:
            if failure.name not in errors.NO_SUCH_KEY_PAIR:
                raise
        else:
            return
    raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm=f"{suite.name} (SKF)")


def _public_key(library: Library, container: int, suite: Suite) -> bytes | None:
    blob = library.filled("SKF_ExportPublicKey", container, SIGNING, room=structures.PUBLIC_KEY_ROOM)
    read = structures.sm2_public_key if suite is Suite.SM2_SM3 else structures.rsa_public_key
    return read(blob)


def _public_key_of(application: Application, name: bytes) -> bytes | None:
    """The signing public key of a container; None where it has none, or none that can be read."""
    try:
        with application.container(name) as container:
            blob = application.library.filled(
                "SKF_ExportPublicKey", container, SIGNING, room=structures.PUBLIC_KEY_ROOM
            )
    except Failure as failure:
        if failure.name in ("DEVICE_REMOVED", "NOTSUPPORTYET"):
            raise
        return None
    return structures.sm2_public_key(blob) or structures.rsa_public_key(blob)


def _stored(library: Library, container: int) -> bytes | None:
    """The certificate in a container; a failure but for an empty one is no answer, and nothing is overwritten."""
    try:
        return library.filled("SKF_ExportCertificate", container, SIGNING, room=CERTIFICATE_ROOM) or None
    except Failure as failure:
        if failure.name in _NOTHING_THERE:
            return None
        raise


def _import(library: Library, container: int, der: bytes) -> None:
    library.call("SKF_ImportCertificate", container, SIGNING, der, len(der))


def _clear(application: Application) -> None:
    """Take away containers of ours without a key pair, as an act leaves them whose key was pulled out."""
    for name in application.containers():
        if name.startswith(PREFIX) and _is_empty(application, name):
            with suppress(Failure):
                application.library.call("SKF_DeleteContainer", application.reference, name)


def _is_empty(application: Application, name: bytes) -> bool:
    """Both must say so: a key pair that waits for its certificate can never be made again."""
    with suppress(Failure):
        with application.container(name) as container:
            kind = application.library.numbers("SKF_GetContainerType", container)
        return kind == (UNDEFINED,) and _public_key_of(application, name) is None
    return False
