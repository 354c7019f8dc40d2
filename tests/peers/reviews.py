"""Reviews that the program opened, their workbooks in the hands of people, and what
the program says when they come back."""

import csv
import io
import json
import random
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

import engines
import hostile
import tool
from engines import Pair

TAKEN, PROBLEMS, REFUSED = 0, 1, 2

START, CHANGES, RECORD = "Start here", "Changes", "Campaign"
PRIVILEGED, EVERYTHING = "Privileged", "Everything"
SHEETS = (START, CHANGES, PRIVILEGED, EVERYTHING, RECORD)
TABLES = (PRIVILEGED, EVERYTHING)
DECISIONS = ("Keep", "Remove", "Change", "Don't know")
ANSWERS = ("Decision", "Justification", "ReviewerUPN", "ReviewDate")
SIGNED_BY, SIGNED_ON = "Reviewed by (user principal name)", "Reviewed on"
ASSIGNMENTS = "sso-account-assignments.json"
# Nobody of a simulated organisation.
REVIEWER = "head.of.hosting@reviewers.example"


def today() -> date:
    """The day of the program's own clock."""
    return datetime.now(UTC).date()


@dataclass(frozen=True)
class Review:
    """A review that is open, and the folder with its workbooks."""

    pair: Pair
    id: str
    out: Path
    files: tuple[Path, ...]

    @property
    def everything(self) -> Path:
        """The workbook that holds every row."""
        return self.out / "everything.xlsx"

    @property
    def owners(self) -> list[Path]:
        """Workbooks of application owners."""
        return [f for f in self.files if f != self.everything]


def opened(pair: Pair, out: Path, snapshot: str, *options: str) -> Review:
    """Opens a review of a snapshot."""
    before = set(pair.data.glob("review=*"))
    ran = tool.call(
        *("--config", str(pair.config), "--data", str(pair.data), "--quiet"),
        *("review", "open", "--snapshot", snapshot, "--out", str(out), *options),
    )
    # Tables that are not complete leave a review that says so.
    assert ran.returncode in (TAKEN, REFUSED), f"{ran.returncode}: {ran.stderr}"
    (made,) = set(pair.data.glob("review=*")) - before
    files = tuple(Path(line) for line in ran.stdout.splitlines())
    assert all(f.is_file() for f in files), ran.stdout
    return Review(pair, made.name.partition("=")[2], out, files)


def hand_in(review: Review, file: Path) -> None:
    """Keeps the decisions of a workbook in the data that the review was opened in."""
    asked = ("review", "import", "--campaign", review.id, str(file))
    ran = tool.call("--config", str(review.pair.config), "--data", str(review.pair.data), *asked)
    assert ran.returncode in (TAKEN, PROBLEMS), ran.stderr


@dataclass(frozen=True)
class Received:
    """What the program says of workbooks that came back."""

    code: int
    files: list[dict[str, Any]]
    said: str

    @property
    def file(self) -> dict[str, Any]:
        """Of the only one."""
        (only,) = self.files
        return only

    @property
    def problems(self) -> set[tuple[str, str | None, int | None, str | None]]:
        """What is wrong with it: kind, sheet, row, column."""
        return {(p["kind"], p["sheet"], p["row"], p["column"]) for p in self.file["problems"]}

    @property
    def kinds(self) -> set[str]:
        """Kinds of what is wrong with it."""
        return {p["kind"] for p in self.file["problems"]}


class Desk:
    """Where workbooks come back: the reviews of a data directory, and nothing else of it."""

    def __init__(self, review: Review, place: Path) -> None:
        self.review, self.data = review, place / "data"
        for folder in review.pair.data.glob("review=*"):
            shutil.copytree(folder, self.data / folder.name)
            for kept in (self.data / folder.name).glob("import-*"):
                if folder.name.partition("=")[2] == review.id:
                    kept.unlink()

    def command(self, *arguments: str) -> list[str]:
        """A command over this desk."""
        return ["--config", str(self.review.pair.config), "--data", str(self.data), "--quiet", *arguments]

    def receive(self, *files: Path, again: bool = False) -> Received:
        """Hands workbooks in, as the first ones unless told otherwise."""
        if not again:
            self.clear()
        ran = tool.call(*self.command("review", "import", "--format", "json", *map(str, files)))
        assert ran.returncode in (TAKEN, PROBLEMS, REFUSED), f"{ran.returncode}: {ran.stderr}"
        said = json.loads(ran.stdout)
        assert said["campaign"] == self.review.id
        assert [f["file"] for f in said["files"]] == [str(f) for f in files]
        return Received(ran.returncode, said["files"], ran.stderr)

    def clear(self) -> None:
        """Forgets what came back."""
        for kept in (self.data / f"review={self.review.id}").glob("import-*"):
            kept.unlink()
        for log in (self.data / "heads.jsonl", *self.data.glob(".heads*")):
            log.unlink(missing_ok=True)

    def decided(self) -> dict[str, dict[str, str]]:
        """Rows of the status that have a decision, by item."""
        # Later snapshots are not on this desk.
        asked = ("review", "status", "--snapshot", "none", "--format", "csv")
        ran = tool.call(*self.command(*asked))
        assert ran.returncode in (TAKEN, PROBLEMS, REFUSED), f"{ran.returncode}: {ran.stderr}"
        rows = csv.DictReader(io.StringIO(ran.stdout, newline=""))
        return {row["Item id"]: row for row in rows if row["Decision"]}


class Table:
    """A sheet with a heading and a row for each item."""

    def __init__(self, sheet: Worksheet) -> None:
        self.sheet = sheet
        self.columns = {str(c.value): c.column for c in sheet[1] if c.value is not None}

    @property
    def title(self) -> str:
        """Its name."""
        return str(self.sheet.title)

    @property
    def rows(self) -> list[int]:
        """Numbers of its rows, as people count."""
        place = self.columns["Item id"]
        return [r for r in range(2, self.sheet.max_row + 1) if self.sheet.cell(r, place).value is not None]

    def get(self, row: int, column: str) -> Any:
        """What a cell holds."""
        return self.sheet.cell(row, self.columns[column]).value

    def set(self, row: int, column: str, value: Any) -> None:
        """Puts something into a cell."""
        cell = self.sheet.cell(row, self.columns[column])
        cell.value = value
        # Text that looks like a formula is text where a person meant text.
        if isinstance(value, str):
            cell.data_type = "s"

    def values(self, row: int) -> list[Any]:
        """A row."""
        return [self.sheet.cell(row, c).value for c in range(1, self.sheet.max_column + 1)]

    def replace(self, row: int, values: list[Any]) -> None:
        """Puts other values into a row."""
        for column, value in enumerate(values, 1):
            cell = self.sheet.cell(row, column)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"

    def append(self, values: list[Any]) -> int:
        """Puts a row behind the last one; its number."""
        row = int(self.sheet.max_row) + 1
        self.replace(row, values)
        return row

    def item(self, row: int) -> str:
        """The item of a row."""
        return str(self.get(row, "Item id"))

    def find(self, item: str) -> int:
        """The row of an item."""
        return next(r for r in self.rows if self.item(r) == item)

    def facts(self) -> dict[str, dict[str, Any]]:
        """What is not filled in, by item; a time to the second."""
        names = [n for n in self.columns if n not in ANSWERS]
        return {self.item(r): {n: plain(self.get(r, n)) for n in names} for r in self.rows}


def plain(value: Any) -> Any:
    """A value as two programs would both write it."""
    if isinstance(value, datetime):
        return datetime.fromtimestamp(round(value.replace(tzinfo=UTC).timestamp()), UTC)
    return value


class Book:
    """A workbook as openpyxl has it."""

    def __init__(self, content: Path | bytes) -> None:
        source = io.BytesIO(content) if isinstance(content, bytes) else content
        self.all = openpyxl.load_workbook(source)

    def table(self, name: str) -> Table:
        """One of its tables."""
        return Table(self.all[name])

    def tables(self) -> Iterator[Table]:
        """Both."""
        for name in TABLES:
            yield self.table(name)

    def label(self, label: str) -> Any:
        """The cell beside a label of the first sheet."""
        sheet = self.all[START]
        return next(row[1] for row in sheet.iter_rows(max_col=2) if row[0].value == label)

    def sign(self, reviewer: str | None = REVIEWER, day: Any = None) -> None:
        """Signs on the first sheet."""
        self.label(SIGNED_BY).value = reviewer
        self.label(SIGNED_ON).value = day

    def save(self, place: Path) -> Path:
        """Saves it."""
        self.all.save(place)
        return place


@dataclass
class Answer:
    """What is decided about an item."""

    decision: str
    justification: str | None
    reviewer: str
    day: date
    # In which sheets it is written.
    sheets: tuple[str, ...] = field(default=(EVERYTHING,))


def answers(book: Book, chance: random.Random, share: float = 1.0) -> dict[str, Answer]:
    """Decisions for a share of the items, privileged ones in either sheet or in both."""
    every, privileged = (
        book.table(EVERYTHING),
        set(map(book.table(PRIVILEGED).item, book.table(PRIVILEGED).rows)),
    )
    made = {}
    for row in every.rows:
        if chance.random() >= share:
            continue
        item = every.item(row)
        sheets = (
            chance.choice([(EVERYTHING,), (PRIVILEGED,), TABLES]) if item in privileged else (EVERYTHING,)
        )
        reason = f"Needed for {chance.choice(['releases', 'on-call', 'the migration'])}, seen {chance.randint(1, 999)} times"
        made[item] = Answer(chance.choice(DECISIONS), reason, REVIEWER, today(), sheets)
    return made


def fill(book: Book, given: dict[str, Answer]) -> None:
    """Fills decisions in and signs."""
    for table in book.tables():
        for row in table.rows:
            answer = given.get(table.item(row))
            if answer and table.title in answer.sheets:
                table.set(row, "Decision", answer.decision)
                table.set(row, "Justification", answer.justification)
    book.sign(REVIEWER, today())


def as_said(answer: Answer) -> tuple[str, str, str, str]:
    """A decision as the status prints it."""
    return answer.decision, answer.justification or "", answer.reviewer, answer.day.isoformat()


def said(row: dict[str, str]) -> tuple[str, str, str, str]:
    """The answers of a row of the status."""
    decision, justification, reviewer, day = (row[name] for name in ANSWERS)
    return decision, justification, reviewer, day


Parts = dict[str, bytes]


def parts(file: Path) -> Parts:
    """The parts of a workbook, in their order."""
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(of: Parts, file: Path, method: int = zipfile.ZIP_DEFLATED) -> Path:
    """A workbook of these parts."""
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in of.items():
            archive.writestr(name, content)
    return file


def sheet_part(of: Parts, name: str) -> str:
    """The part that holds a sheet."""
    # The program and openpyxl number parts in the order of sheets.
    book = of["xl/workbook.xml"].decode()
    names = [piece.partition('"')[0] for piece in book.split('<sheet name="')[1:]]
    if not names:
        names = [piece.partition('name="')[2].partition('"')[0] for piece in book.split("<sheet ")[1:]]
    return f"xl/worksheets/sheet{names.index(name) + 1}.xml"


def organisation(place: Path, seed: int, spoil: Callable[[Path, Path], None] | None = None) -> Pair:
    """What a small organisation exported, sealed: few people, and all who have several names."""
    made = engines.simulate(place / "made", seed)
    if spoil:
        spoil(made, place / "spoilt")
        made = place / "spoilt"
    exports = hostile.load(made / "exports")
    _thin(exports)
    (assignments,) = (documents for file, documents in exports.items() if file.name == ASSIGNMENTS)
    whole = [document["AccountAssignments"] for document in assignments]
    sealed = []
    for rest, as_of in ((2, engines.A_MONTH_AGO), (6, engines.AS_OF)):
        # Some access went and some came.
        for document, every in zip(assignments, whole, strict=True):
            document["AccountAssignments"] = [a for n, a in enumerate(every) if n % 9 != rest]
        hostile.save(exports)
        sealed.append(engines.seal(made, made / "data", as_of))
    before, now = sealed
    return Pair(made / "countersign.toml", made / "data", now, before)


def _thin(exports: dict[Path, list[Any]]) -> None:
    """Takes most members out of each group, and half the assignments away."""
    by_name = {file.name: documents for file, documents in exports.items()}
    people = [u for d in by_name["users.json"] for u in d.get("value", [])]
    several = {str(p.get("mail")).lower() for p in people if p.get("mail") != p.get("userPrincipalName")}
    several |= {
        str(p.get("userPrincipalName")).lower() for p in people if str(p.get("mail")).lower() in several
    }
    users = [u for d in by_name["identitystore-users.json"] for u in d["Users"]]
    wanted = {u["UserId"] for u in users if str(u["UserName"]).strip().lower() in several}
    seen: Counter[str] = Counter()
    for document in by_name["identitystore-group-memberships.json"]:
        kept = []
        for membership in document["GroupMemberships"]:
            seen[str(membership["GroupId"])] += 1
            if seen[str(membership["GroupId"])] <= 2 or membership["MemberId"]["UserId"] in wanted:
                kept.append(membership)
        document["GroupMemberships"] = kept
    for document in by_name[ASSIGNMENTS]:
        document["AccountAssignments"] = document["AccountAssignments"][::2]
