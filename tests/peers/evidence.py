"""Packs of evidence, made and checked: with the commands that a pack documents, and keys
of minisign put together here."""

import base64
import csv
import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

import tool
from engines import AS_OF, Pair

SUMS = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.minisig"
REQUEST = "SHA256SUMS.tsq"


@dataclass(frozen=True)
class Key:
    """A key of minisign: file of the secret half, and the public one."""

    file: Path
    text: str
    public: str
    number: bytes
    verifies: Ed25519PublicKey


def key(place: Path, name: str, password: str | None = None) -> Key:
    """Makes a key as the format says, with a library of others for the curve."""
    seed = hashlib.sha256(name.encode()).digest()
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public = private.public_key().public_bytes_raw()
    number = hashlib.sha256(seed).digest()[:8]
    secret = seed + public
    check = hashlib.blake2b(b"Ed" + number + secret, digest_size=32).digest()
    body = number + secret + check
    salt, operations, memory = bytes(32), 0, 0
    method = b"\0\0"
    if password is not None:
        salt, operations, memory = hashlib.sha256(b"salt").digest(), 1 << 20, 1 << 25
        # What libsodium picks for these limits.
        stream = hashlib.scrypt(
            password.encode(), salt=salt, n=1 << 15, r=8, p=1, maxmem=1 << 26, dklen=len(body)
        )
        body = bytes(a ^ b for a, b in zip(body, stream, strict=True))
        method = b"Sc"
    limits = operations.to_bytes(8, "little") + memory.to_bytes(8, "little")
    encoded = base64.b64encode(b"Ed" + method + b"B2" + salt + limits + body).decode()
    text = f"untrusted comment: a key of the tests\n{encoded}\n"
    file = place / f"{name}.key"
    file.write_text(text)
    return Key(
        file, text, base64.b64encode(b"Ed" + number + public).decode(), number, private.public_key()
    )


def signed(pack: Path, by: Key) -> bool:
    """Whether the signature is that of the key, by another implementation of the format."""
    lines = (pack / SIGNATURE).read_bytes().split(b"\n")
    if len(lines) != 5 or lines[4] or not lines[2].startswith(b"trusted comment: "):
        return False
    try:
        body = base64.b64decode(lines[1], validate=True)
        both = base64.b64decode(lines[3], validate=True)
        # Bits behind the last byte are part of the text and of no signature.
        whole = base64.b64encode(body) == lines[1] and base64.b64encode(both) == lines[3]
        if not whole or body[:2] != b"ED" or body[2:10] != by.number:
            return False
        digest = hashlib.blake2b((pack / SUMS).read_bytes(), digest_size=64).digest()
        by.verifies.verify(body[10:], digest)
        by.verifies.verify(both, body[10:] + lines[2].removeprefix(b"trusted comment: "))
    except (InvalidSignature, ValueError):
        return False
    return True


def commands(pack: Path) -> list[str]:
    """Commands of HOW-TO-VERIFY.md, in their order."""
    text = (pack / "HOW-TO-VERIFY.md").read_text()
    return [line.strip() for line in text.splitlines() if line.startswith("    ")]


def run(pack: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Runs a documented command in the pack."""
    return subprocess.run(
        ["bash", "-c", command],
        cwd=pack,
        capture_output=True,
        text=True,
        # Names of files that are no text are part of what is tried.
        errors="backslashreplace",
        timeout=60,
        check=False,
    )


def objections(pack: Path, by: Key | None, only: str = "") -> list[str]:
    """Documented commands that find something wrong with the pack. What needs an
    authority, and the sums of the sealed snapshot, are for others to run."""
    found = []
    for command in dict.fromkeys(commands(pack)):
        if "-CAfile" in command or only not in command:
            continue
        if command.startswith("minisign"):
            assert by is not None
            right = signed(pack, by)
            # The program is the stricter one about the first line, and the laxer one about padding.
            right = run(pack, command.replace("PUBLIC_KEY", by.public)).returncode == 0 and right
            if not right:
                found.append(command)
        elif run(pack, command).returncode != 0:
            found.append(command)
    return found


def report(pair: Pair, out: Path, *options: str, environment: dict[str, str] | None = None) -> Path:
    """Writes the pack of the later snapshot and gives its path."""
    ran = ask(pair, out, *options, environment=environment)
    assert ran.returncode in (tool.COMPLETE, tool.INCOMPLETE), f"{ran.returncode}: {ran.stderr}"
    return Path(ran.stdout.strip().splitlines()[0])


def ask(
    pair: Pair, out: Path, *options: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Asks for the pack of the later snapshot."""
    formats = () if "--format" in options else ("--format", "pack")
    return tool.call(*arguments(pair, out), *formats, *options, environment=environment)


def arguments(pair: Pair, out: Path) -> tuple[str, ...]:
    """The command that writes evidence."""
    place = ("--config", str(pair.config), "--data", str(pair.data))
    return (*place, "report", "auditor-evidence", "--snapshot", pair.now, "--out", str(out))


def files(pack: Path) -> dict[str, bytes]:
    """Every file of a pack."""
    return {
        str(f.relative_to(pack)): f.read_bytes() for f in sorted(pack.rglob("*")) if f.is_file()
    }


def rows(pack: Path, name: str) -> list[dict[str, str]]:
    """Rows of a list."""
    with (pack / "lists" / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def events(path: Path) -> list[dict[str, Any]]:
    """Events, one a line."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def broken(place: Path) -> Pair:
    """A snapshot of an organisation whose directory refused to list its groups."""
    arguments = ("--size", "tiny", "--seed", "5", "--as-of", AS_OF)
    ran = tool.call("simulate", "--out", str(place), *arguments)
    assert ran.returncode == tool.COMPLETE, ran.stderr
    denied = {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges"}}
    (place / "exports/entra/groups.json").write_text(json.dumps(denied))
    data = place / "data"
    config = place / "countersign.toml"
    ran = tool.call(
        *("--config", str(config), "--data", str(data)),
        *("snapshot", "--from", str(place / "exports"), "--as-of", AS_OF, "--quiet"),
    )
    assert ran.returncode == tool.INCOMPLETE, f"{ran.returncode}: {ran.stderr}"
    return Pair(config, data, ran.stdout.strip(), "none")


def start(pair: Pair, out: Path) -> subprocess.Popen[bytes]:
    """Begins to write a pack."""
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "TMPDIR", "LANG")}
    command = [str(tool.PROGRAM), *arguments(pair, out), "--format", "pack"]
    return subprocess.Popen(
        command, env=kept, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
