"""The program under judgement: runs it and reads what it sealed."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = Path(os.environ["COUNTERSIGN_PEER_PROGRAM"])
KIT = Path(os.environ["COUNTERSIGN_PEER_KIT"])
# No run here should come near; one that hangs must not hang the judges.
LIMIT = 300

COMPLETE, INCOMPLETE = 0, 2


def surroundings() -> dict[str, str]:
    """What a program here needs of the environment."""
    return {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "TMPDIR", "LANG")}


def call(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command with these variables and none of a real service."""
    return subprocess.run(
        [str(PROGRAM), *arguments],
        env=surroundings() | (environment or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


@dataclass(frozen=True)
class Snapshot:
    """A sealed snapshot and how the run that took it ended."""

    code: int
    said: str
    id: str
    data: Path
    manifest: dict[str, Any]

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Rows of a SELECT, as the program prints them."""
        ran = call(
            "--data",
            str(self.data),
            "query",
            sql,
            "--snapshot",
            self.id,
            "--baseline",
            "none",
            "--format",
            "json",
        )
        assert ran.returncode in (COMPLETE, INCOMPLETE), ran.stderr
        rows: list[dict[str, Any]] = json.loads(ran.stdout)
        return rows

    def tuples(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a SELECT in its order of columns, sorted for comparison."""
        columns = [c.split()[-1] for c in sql.split(" FROM ")[0].removeprefix("SELECT ").split(", ")]
        columns = [c.rpartition(".")[2] for c in columns]
        return ordered(tuple(row[c] for c in columns) for row in self.query(sql))

    def table(self, name: str) -> dict[str, Any]:
        """What the manifest says of a table."""
        found: dict[str, Any] = next(t for t in self.manifest["tables"] if t["table"] == name)
        return found

    def state(self, name: str) -> str:
        """How completely a table was read."""
        return str(self.table(name)["state"])

    def reasons(self, name: str) -> str:
        """Why a table is not complete."""
        return " ".join(self.table(name)["reasons"])

    def sent(self, operation: str) -> dict[str, Any]:
        """What the manifest says of the requests of an operation."""
        nothing = {"requests": 0, "retries": 0, "throttled": 0}
        return next((r for r in self.manifest.get("requests", []) if r["operation"] == operation), nothing)


def ordered(rows: Any) -> list[tuple[Any, ...]]:
    """Sorts rows, nulls first."""
    return sorted(rows, key=lambda row: [(v is not None, str(v)) for v in row])


def snapshot(
    place: Path, config: str, environment: dict[str, str], *sources: str, options: tuple[str, ...] = ()
) -> Snapshot:
    """Takes a snapshot of some sources into a folder of its own."""
    place.mkdir(parents=True, exist_ok=True)
    file = place / "countersign.toml"
    file.write_text(config)
    data = place / "data"
    named = [word for source in sources for word in ("--source", source)]
    ran = call(
        "--config", str(file), "--data", str(data), "snapshot", *named, *options, environment=environment
    )
    assert ran.returncode in (COMPLETE, INCOMPLETE), f"{ran.returncode}: {ran.stderr}"
    identity = ran.stdout.strip()
    manifest = json.loads((data / f"snapshot={identity}" / "manifest.json").read_text())
    return Snapshot(ran.returncode, ran.stderr, identity, data, manifest)


def worst(snapshot: Snapshot) -> dict[str, tuple[str, str]]:
    """Tables of the sources that were read which are not complete, with the reasons."""
    read = {s["source"] for s in snapshot.manifest["sources"]}
    return {
        t["table"]: (t["state"], " ".join(t["reasons"]))
        for t in snapshot.manifest["tables"]
        if t["source"] in read and t["state"] != "complete"
    }
