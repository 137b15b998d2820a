"""`python -m tools.client_release`: the manifest of the newest client, signed by who builds clients.

  new-key KEY_FILE            make a release key (0600); prints the public one, which is built into clients
  sign FOLDER KEY_FILE        write FOLDER/release.json over the archives of this version that lie in FOLDER
  demo HOME                   for `make client` alone: a demo key in HOME/client, signed, pinned in HOME/agent

The platform is given FOLDER as YUNQIAN_CLIENT_RELEASES and never the key.
"""

import base64
import json
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tools.client_archive import PROGRAM, sha256_of
from yunqian import __version__
from yunqian.agent import config
from yunqian.wire.platforms import Archive, Release, SignedRelease

MANIFEST = "release.json"
PUBLIC = "release-key.pub"
_NAMED = re.compile(
    rf"{PROGRAM}-(?P<version>[0-9.]+)-(?P<system>linux|windows)-(?P<machine>[a-z0-9_]+)\.(tar\.gz|zip)"
)


def new_key(path: Path) -> str:
    """Make a release key in a file for this person alone; the public half in base64. Never overwrites one."""
    key = Ed25519PrivateKey.generate()
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(base64.b64encode(key.private_bytes_raw()) + b"\n")
    return public_of(key)


def read_key(path: Path) -> Ed25519PrivateKey:
    """The key in a file made by `new_key`."""
    return Ed25519PrivateKey.from_private_bytes(
        base64.b64decode(path.read_text("ascii").strip(), validate=True)
    )


def public_of(key: Ed25519PrivateKey) -> str:
    """The public half, 32 bytes in base64, as agent.json's release_key."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def archives_in(folder: Path, *, version: str = __version__) -> tuple[Archive, ...]:
    """The archives of this version in a folder; older ones that still lie there are not offered."""
    found = []
    for path in sorted(folder.iterdir()):
        named = _NAMED.fullmatch(path.name)
        if named is not None and named["version"] == version and path.is_file():
            facts = {"system": named["system"], "machine": named["machine"], "name": path.name}
            found.append(
                Archive.model_validate({**facts, "size": path.stat().st_size, "sha256": sha256_of(path)})
            )
    return tuple(found)


def sign(folder: Path, key: Ed25519PrivateKey, *, now: datetime, version: str = __version__) -> SignedRelease:
    """The manifest over what lies in `folder`, written there whole or not at all.

    Raises ValidationError where no archive of this version lies there.
    """
    release = Release(version=version, released_at=now, archives=archives_in(folder, version=version))
    payload = release.model_dump_json()
    signed = SignedRelease(payload=payload, signature=base64.b64encode(key.sign(payload.encode())).decode())
    half = folder / f".{MANIFEST}.half"
    half.write_text(signed.model_dump_json(), "utf-8")
    half.replace(folder / MANIFEST)
    return signed


def demo_key(home: Path) -> Path:
    """The demo's release key, made if absent; its public half lies beside it for the archive to carry."""
    path = home / "demo-release-key"
    public = public_of(read_key(path)) if path.exists() else new_key(path)
    (home / "client").mkdir(parents=True, exist_ok=True)
    (home / "client" / PUBLIC).write_text(public + "\n", "ascii")
    return path


def pin(folder: Path, public: str) -> None:
    """Name the release key in the agent.json of the demo's client, where there is one."""
    if (folder / config.CONFIG_NAME).exists():
        settings = config.load(folder)
        config.write(folder, settings.model_copy(update={"release_key": public}))


def demo(home: Path, *, now: datetime) -> None:
    """Sign what `make client` built, and let the demo's own client believe it."""
    key = read_key(demo_key(home))
    signed = sign(home / "client", key, now=now)
    pin(home / "agent", public_of(key))
    names = [one["name"] for one in json.loads(signed.payload)["archives"]]
    print(f"演示用发布密钥 · signed with a key for demonstration only: {', '.join(names)}")


def main(arguments: list[str]) -> int:
    match arguments:
        case ["new-key", path]:
            print(new_key(Path(path)))
        case ["sign", folder, path]:
            sign(Path(folder), read_key(Path(path)), now=datetime.now(UTC))
            print(Path(folder) / MANIFEST)
        case ["demo-key", home]:
            demo_key(Path(home))
        case ["demo", home]:
            demo(Path(home), now=datetime.now(UTC))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
