"""agent.json: the port, the paired platforms and the key drivers, checked before anything starts.

A client without it starts all the same, paired with nobody: its own page is where the first platform is paired.
"""

import base64
import binascii
import os
import re
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import AfterValidator, Field, ValidationError

from yunqian.problems import Problem, Refused
from yunqian.wire.base import Message

CONFIG_NAME = "agent.json"
DEFAULT_PORT = 17311
MAX_PLATFORMS = 50
OTHERS_MAY_WRITE = stat.S_IWOTH  # a group may be the person's own, as most systems give each his
_LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")


def checked_origin(text: str) -> str:
    """The text, which is an exact origin this client may speak to. Raises Refused(PLATFORM_ADDRESS_WRONG)."""
    try:
        return _exact_origin(text)
    except ValueError:
        raise Refused(Problem.PLATFORM_ADDRESS_WRONG) from None


def _exact_origin(origin: str) -> str:
    """An origin as browsers send it; plain http only where no network lies in between."""
    if not _ORIGIN.fullmatch(origin):
        raise ValueError("an origin is scheme://host[:port] in lower case, without a path")
    if origin.startswith("http:") and urlsplit(origin).hostname not in _LOCAL_HOSTS:
        raise ValueError("a platform on another machine must be reached by https")
    return origin


def _ed25519_key(text: str) -> str:
    """32 raw bytes in base64."""
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if len(raw) != 32:
        raise ValueError("an Ed25519 public key has 32 bytes")
    return text


class Platform(Message):
    """A paired platform: whom the client obeys, and the key that proves an order is its own."""

    origin: Annotated[str, AfterValidator(_exact_origin)]
    name: str = Field(min_length=1, max_length=200)
    order_key: Annotated[str, AfterValidator(_ed25519_key)]

    def verifier(self) -> Ed25519PublicKey:
        """The key that checks this platform's orders."""
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(self.order_key))


class SoftDriver(Message):
    """Keys in encrypted files, for demonstration and tests. The folder is relative to agent.json."""

    kind: Literal["soft"]
    folder: str


class Pkcs11Driver(Message):
    """Keys behind a PKCS#11 module."""

    kind: Literal["pkcs11"]
    module: str


class SkfDriver(Message):
    """Keys behind a library of GM/T 0016 (SKF)."""

    kind: Literal["skf"]
    library: str = Field(min_length=1)


DriverEntry = SoftDriver | Pkcs11Driver | SkfDriver


class Config(Message):
    """The whole of agent.json."""

    port: int = Field(default=DEFAULT_PORT, ge=1024, le=65535)
    platforms: tuple[Platform, ...] = Field(default=(), max_length=MAX_PLATFORMS)
    drivers: tuple[Annotated[DriverEntry, Field(discriminator="kind")], ...] = ()
    strong: Literal["required", "offered"] = Field(
        default="offered",
        description="required: no document is signed whose bytes the platform does not show to this client",
    )
    release_key: Annotated[str, AfterValidator(_ed25519_key)] | None = Field(
        default=None, description="who builds clients; without it the key that was built in, see releases"
    )


def load(folder: Path) -> Config:
    """Read agent.json in `folder`, or the defaults where there is none.

    Raises Refused(CONFIG_INSECURE) with the place that is wrong.
    """
    path = folder / CONFIG_NAME
    try:
        # On Windows a mode says nothing; the folder of the person's own profile is closed to others there.
        if sys.platform != "win32" and stat.S_IMODE(path.stat().st_mode) & OTHERS_MAY_WRITE:
            # Whoever writes it decides which pages may ask for signatures, and which module sees the PIN.
            raise Refused(
                Problem.CONFIG_INSECURE, detail=f"{path}: others may write it; set its mode to 0600"
            )
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(Problem.CONFIG_INSECURE, detail=f"{path}: {error.__class__.__name__}") from error
    try:
        config = Config.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise Refused(Problem.CONFIG_INSECURE, detail=f"{path}: {place}: {first['msg']}") from error
    origins = [platform.origin for platform in config.platforms]
    if len(set(origins)) != len(origins):
        raise Refused(Problem.CONFIG_INSECURE, detail=f"{path}: platforms: an origin is paired twice")
    if any(one in config.drivers[:place] for place, one in enumerate(config.drivers)):
        # Two threads would call one library at the same time, and every key would be listed twice.
        raise Refused(Problem.CONFIG_INSECURE, detail=f"{path}: drivers: an entry stands there twice")
    return config


def write(folder: Path, settings: Config) -> None:
    """Put agent.json in its place. Raises OSError."""
    put(folder / CONFIG_NAME, settings.model_dump_json(indent=1))


def put(path: Path, text: str) -> None:
    """Replace a file whole or not at all, for this person alone (0600). Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    try:
        with os.fdopen(number, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """Make the renaming itself survive a loss of power; Windows opens no folders and does it by itself."""
    if sys.platform == "win32":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
