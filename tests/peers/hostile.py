"""Exports and registers of an organisation whose names are hostile and whose answers
have holes: what a query meets when somebody else fills in the fields."""

import csv
import io
import json
import random
import re
import shutil
import unicodedata
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d|$)")
# Ids join the tables: with too many of them broken no rule finds anything to look at.
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-|arn:|\d+$|ps-|ssoins-|document-|con_|client\d")
# Fields that say of what kind a record is, or how to read it.
KINDS = re.compile(r"@odata|type|status|state|role|activity|action|EventName|Stages|visibility", re.I)

# What a register may say freely; the program refuses registers that it cannot read.
FREE = {
    "accounts",
    "approver",
    "confirmed_by",
    "consumer",
    "document",
    "github_login",
    "group",
    "level",
    "name",
    "owner",
    "permission_sets",
    "requester",
    "sso_group_name",
    "ticket",
    "user_principal_name",
}
# How a login is written, and how long a cell is at most.
LOGIN = re.compile(r"@?[A-Za-z0-9_-]+")
MOST_CELL = 64 << 10

RENAMES: list[Callable[[str], str]] = [
    str.upper,
    str.title,
    str.swapcase,
    lambda s: f" {s}",
    lambda s: f"{s} ",
    lambda s: f"\u00a0{s}\u2003",
    lambda s: f"\u200b{s}",
    lambda s: f"{s}\u0301",
    lambda s: unicodedata.normalize("NFD", f"{s}-\u00e9t\u00e9"),
    lambda s: unicodedata.normalize("NFC", f"{s}-\u00e9t\u00e9"),
    lambda s: f"{s}-\u0130\u0131\u0049i",
    lambda s: f"{s}-STRA\u1e9eE",
    lambda s: f"{s}-\u03a3\u0391\u03a3",
    lambda s: s.replace("s", "\u017f"),
    lambda s: s.replace("a", "\u0430"),
    lambda s: f"{s}\ufb00",
    lambda s: f"{s}\U0001f469\u200d\U0001f692",
    lambda s: f"\U0001d49c{s}",
    lambda s: f"\u202e{s}",
    lambda s: f"={s}",
    lambda s: f"+{s}",
    lambda s: f"@{s}",
    lambda s: f"-{s}",
    lambda s: f'"{s}"',
    lambda s: f"{s}'; DROP TABLE finding; --",
    lambda s: f"{s}\\",
    lambda s: f"{s}\n{s}",
    lambda s: f"{s}\r\n",
    lambda s: f"{s}\tx",
    lambda s: f"{s}\x00x",
    lambda s: f"{s}/{s}",
    lambda s: f"{s};{s}",
    lambda s: f"{s}:{s},{s}",
    lambda s: f"%{s}_",
    lambda s: f"{s}#EXT#@tenant.example",
    lambda s: f"<b>{s}</b>",
    lambda s: s * 60,
    lambda s: f"{s}%",
]
NOTHING: list[Any] = [None, None, None, None, "", " ", "NULL", "null", "0", "\ufeff"]
TIMES = [
    "0001-01-01T00:00:00Z",
    "1601-01-01T00:00:00Z",
    "1969-12-31T23:59:59.999999Z",
    "2026-02-28T23:59:59.9999999Z",
    "2026-10-25T01:30:00.123456+01:00",
    "2024-02-29T12:00:00-11:30",
    "2126-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
]

# A place in a document: what holds the value, under which key.
Spot = tuple[Any, Any]


class Hostility:
    """One seeded way to spoil an organisation."""

    def __init__(
        self, seed: int, *, lose: float = -1, repeat: float = -1, rename: float = -1, empty: float = -1
    ):
        self.seed = seed
        self.random = random.Random(seed)
        # Some organisations have a hole here and there, others are mostly holes.
        rate = self.random.choice([0.01, 0.03, 0.08, 0.2])
        self.lose = lose if lose >= 0 else rate / 4
        self.repeat = repeat if repeat >= 0 else rate / 4
        self.rename = rename if rename >= 0 else rate
        self.empty = empty if empty >= 0 else rate / 2

    def spoil(self, organisation: Path, place: Path) -> None:
        """Writes a spoilt copy of configuration, registers and exports."""
        place.mkdir(parents=True)
        shutil.copy(organisation / "countersign.toml", place)
        for folder in ("exports", "registers"):
            shutil.copytree(organisation / folder, place / folder)
        recreate(place, random.Random(self.seed))
        exports = load(place / "exports")
        registers = load(place / "registers")
        as_was = [(holder, key, holder[key]) for holder, key in names(registers, FREE)]
        self._rename([*names(exports), *names(registers, FREE)])
        for holder, key, value in as_was:
            if not readable(key, holder[key]):
                holder[key] = value
        for documents in exports.values():
            self._lose(documents)
            self._damage(documents)
        for file, documents in registers.items():
            # Each level is there once, and an environment has its parts.
            if file.suffix == ".csv" and file.stem != "levels":
                self._lose([documents])
        save(exports | registers)
        if self._likely(0.3):
            self.random.choice(list(exports)).unlink()

    def _likely(self, rate: float) -> bool:
        return self.random.random() < rate

    def _rename(self, spots: list[Spot]) -> None:
        """Gives some people and things other names, mostly the same in every place."""
        counted = Counter(holder[key] for holder, key in spots)
        shared = sorted(name for name, times in counted.items() if times > 1)
        chosen = self.random.sample(shared, min(len(shared), round(len(shared) * self.rename * 2)))
        new = {name: self.random.choice(RENAMES)(name) for name in chosen}
        for holder, key in spots:
            name = new.get(holder[key])
            if name is not None and not self._likely(0.1):
                holder[key] = self.random.choice(RENAMES)(name) if self._likely(0.2) else name
            elif self._likely(self.rename / 2):
                holder[key] = self.random.choice(RENAMES)(holder[key])

    def _lose(self, document: Any) -> None:
        """Loses and repeats records."""
        for records in lists(document):
            kept = []
            for record in records:
                if not self._likely(self.lose):
                    kept.append(record)
                    if self._likely(self.repeat):
                        kept.append(json.loads(json.dumps(record)))
            records[:] = kept

    def _damage(self, document: Any) -> None:
        """Empties fields."""
        for holder, key in list(leaves(document)):
            if isinstance(key, int) or KINDS.search(key) or not self._likely(self.empty):
                continue
            value = holder[key]
            if isinstance(value, str) and TIME.match(value):
                holder[key] = self.random.choice([None, None, *TIMES])
            elif isinstance(value, str) and not named(value):
                # Records without ids are not kept, so an id is mostly another one.
                if self._likely(0.3):
                    holder[key] = value[::-1] if self._likely(0.8) else None
            elif isinstance(value, bool):
                holder[key] = self.random.choice([None, not value])
            else:
                holder[key] = self.random.choice(NOTHING) if isinstance(value, str) else None


def named(value: str) -> bool:
    """Whether a text is a name."""
    return bool(value) and not TIME.match(value) and not ID.match(value)


def recreate(place: Path, chance: random.Random) -> None:
    """Makes a group that was approved by its name anew: it has another id everywhere."""
    with (place / "registers" / "approvals.csv").open(newline="") as register:
        approved = {row["group"] for row in csv.DictReader(register) if not row["group_id"]}
    groups = [
        group
        for page in load(place / "exports" / "entra").get(place / "exports/entra/groups.json", [])
        for group in page["value"]
        if group["displayName"] in approved
    ]
    if not groups:
        return
    former = str(chance.choice(groups)["id"])
    present = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    for file in sorted((place / "exports").rglob("*")):
        if file.is_file():
            text = file.read_text()
            if former in text:
                file.write_text(text.replace(former, present))
            if former in file.name:
                file.rename(file.with_name(file.name.replace(former, present)))


def readable(column: str, cell: str) -> bool:
    """Whether a register may hold this: it is refused as a whole otherwise."""
    fits = len(cell.encode()) <= MOST_CELL
    return fits and (column != "github_login" or LOGIN.fullmatch(cell.strip()) is not None)


def names(documents: Any, keys: set[str] | None = None) -> Iterator[Spot]:
    """Every place of a name, in fields of these names only."""
    for holder, key in leaves(documents):
        value = holder[key]
        if not isinstance(value, str) or not named(value) or KINDS.search(str(key)):
            continue
        # The name of an environment is half the name of an account.
        if keys is None or (key in keys and (key != "name" or "store" in holder)):
            yield holder, key


def lists(value: Any) -> Iterator[list[Any]]:
    """Every list of records."""
    if isinstance(value, list):
        if value and all(isinstance(v, dict) for v in value):
            yield value
        for each in value:
            yield from lists(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from lists(each)


def leaves(value: Any) -> Iterator[Spot]:
    """Every place of a single value."""
    pairs = enumerate(value) if isinstance(value, list) else value.items()
    for key, each in pairs:
        if isinstance(each, list | dict):
            yield from leaves(each)
        else:
            yield value, key


def load(folder: Path) -> dict[Path, list[Any]]:
    """The documents of every file, and the rows of every table."""
    loaded: dict[Path, list[Any]] = {}
    for file in sorted(folder.rglob("*")):
        if file.suffix == ".csv":
            loaded[file] = list(csv.DictReader(io.StringIO(file.read_text())))
        elif file.suffix == ".json":
            documents = loaded[file] = []
            text = file.read_text().strip()
            while text:
                document, end = json.JSONDecoder().raw_decode(text)
                documents.append(document)
                text = text[end:].lstrip()
    return loaded


def save(loaded: dict[Path, list[Any]]) -> None:
    """Writes what was loaded."""
    for file, documents in loaded.items():
        if file.suffix == ".json":
            file.write_text("\n".join(json.dumps(d, ensure_ascii=False) for d in documents))
            continue
        header = next(csv.reader(io.StringIO(file.read_text())))
        with file.open("w", newline="") as out:
            writer = csv.DictWriter(out, header)
            writer.writeheader()
            writer.writerows(documents)
