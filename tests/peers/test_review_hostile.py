"""Files that are made to hurt whoever opens them: `review import` refuses them in words,
within 256 MiB and five seconds, and keeps nothing of them."""

import json
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import bombs
import bombs_inside
import reviews
import tool
from reviews import PROBLEMS, REFUSED, TAKEN, Book, Desk, Parts

MOST_MEMORY = 256 << 20
MOST_SECONDS = 5.0
# Characters of a cell.
LONGEST = 32_767
# Address space is no memory; who asks for so much of it asks for too much.
MOST_SPACE = 4 << 30
# A small process starts the program: of a larger one the kernel counts the memory, too.
WATCH = f"""
import json, os, resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({MOST_SPACE}, {MOST_SPACE}))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
program = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(program, 0)
said = {{"code": os.waitstatus_to_exitcode(status), "memory": used.ru_maxrss << 10, "seconds": used.ru_utime + used.ru_stime}}
open(sys.argv[1], "w").write(json.dumps(said))
"""


@dataclass(frozen=True)
class Ran:
    """How an import went."""

    code: int
    memory: int
    seconds: float
    out: str
    said: str

    @property
    def file(self) -> dict[str, Any]:
        """What came of the file."""
        (only,) = json.loads(self.out)["files"]
        return dict(only)


@dataclass(frozen=True)
class Stage:
    """A desk, and a workbook that was filled in."""

    desk: Desk
    parts: Parts

    def receive(self, file: Path) -> Ran:
        """Imports a file while somebody watches."""
        self.desk.clear()
        told = file.parent / "watched.json"
        asked = self.desk.command("review", "import", "--format", "json", str(file))
        ran = subprocess.run(
            [sys.executable, "-ISc", WATCH, str(told), str(tool.PROGRAM), *asked],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
            stdin=subprocess.DEVNULL,
            env=tool.surroundings(),
        )
        watched = json.loads(told.read_text())
        return Ran(watched["code"], watched["memory"], watched["seconds"], ran.stdout, ran.stderr)

    def kept(self) -> list[Path]:
        """Records of what came back."""
        return sorted((self.desk.data / f"review={self.desk.review.id}").glob("import-*"))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    place = tmp_path_factory.mktemp("hostile")
    pair = reviews.organisation(place / "here", 5)
    review = reviews.opened(pair, place / "review", pair.now)
    sizes = {f: len(Book(f).table("Everything").rows) for f in review.owners}
    file = max((f for f in sizes if sizes[f] <= 60), key=lambda f: sizes[f])
    return Stage(Desk(review, place / "desk"), reviews.parts(file))


def bounded(ran: Ran) -> None:
    """Nothing that hurts, and words for it."""
    assert ran.code in (TAKEN, PROBLEMS, REFUSED), f"{ran.code}: {ran.said}"
    for word in ("panick", "backtrace", "allocation", "src/", ".rs:"):
        assert word not in ran.said + ran.out
    assert ran.memory <= MOST_MEMORY, f"{ran.memory >> 20} MiB: {ran.out[:300]}"
    assert ran.seconds <= MOST_SECONDS, f"{ran.seconds} s: {ran.out[:300]}"


def test_there_are_enough() -> None:
    assert len(bombs.REFUSED) >= 25


def test_the_one_who_watches_sees_what_is_used(stage: Stage, tmp_path: Path) -> None:
    """Else all of the below would be worth nothing."""
    told = tmp_path / "watched.json"
    spends = "x = b'x' * (300 << 20); import time; end = time.process_time() + 1\nwhile time.process_time() < end: pass"
    subprocess.run([sys.executable, "-ISc", WATCH, str(told), sys.executable, "-ISc", spends], check=True)
    watched = json.loads(told.read_text())
    assert watched["memory"] > 300 << 20
    assert 1 <= watched["seconds"] < 4
    file = reviews.pack(stage.parts, tmp_path / "good.xlsx")
    ran = stage.receive(file)
    bounded(ran)
    assert (ran.code, ran.file["outcome"], ran.file["problems"]) == (TAKEN, "read", [])
    assert len(stage.kept()) == 1


@pytest.mark.parametrize("name", bombs.REFUSED)
def test_refused(stage: Stage, name: str, tmp_path: Path) -> None:
    file = tmp_path / "returned.xlsx"
    bombs.REFUSED[name](stage.parts, file)
    ran = stage.receive(file)
    bounded(ran)
    assert ran.code == REFUSED, ran.out[:500]
    assert ran.file["outcome"] == "refused"
    assert ran.file["kind"] in ("unreadable", "foreign", "formula")
    assert 10 < len(ran.file["message"]) < 400
    assert stage.kept() == []


@pytest.mark.parametrize("name", bombs.HARMLESS)
def test_harmless(stage: Stage, name: str, tmp_path: Path) -> None:
    file = tmp_path / "returned.xlsx"
    bombs.HARMLESS[name](stage.parts, file)
    ran = stage.receive(file)
    bounded(ran)
    # Whatever is wrong with it is said, and what is said is what was kept.
    outcome = ran.file["outcome"]
    assert (ran.code == REFUSED) == (outcome == "refused")
    assert len(stage.kept()) == (outcome == "read")
    if outcome == "read":
        assert (ran.code == PROBLEMS) == bool(ran.file["problems"])


@pytest.mark.parametrize("length", [LONGEST, LONGEST + 1, 1 << 20])
def test_a_reason_is_never_cut_in_silence(stage: Stage, length: int, tmp_path: Path) -> None:
    signed = Book(reviews.pack(stage.parts, tmp_path / "signed.xlsx"))
    signed.sign()
    parts = reviews.parts(signed.save(tmp_path / "signed.xlsx"))
    file = bombs_inside.text_longer_than_a_cell(parts, tmp_path / "returned.xlsx", length)
    ran = stage.receive(file)
    kept = [len(row["Justification"]) for row in stage.desk.decided().values()]
    if length <= LONGEST:
        assert (ran.code, kept) == (TAKEN, [length])
    else:
        assert ran.code != TAKEN
        assert kept in ([], [length])


def test_what_a_workbook_says_does_not_reach_the_terminal_raw(stage: Stage, tmp_path: Path) -> None:
    """Control characters and turned letters of a heading, a sheet and a file name."""
    evil = "\u202eevil\u2066 \u200f"
    parts = bombs.data(
        stage.parts, f'<row r="9999"><c r="A9999" t="inlineStr"><is><t>{evil}_x001B_[31m</t></is></c></row>'
    )
    file = reviews.pack(parts, tmp_path / "a\x1b[31m\u202eb.xlsx")
    ran = tool.call(*stage.desk.command("review", "import", str(file)))
    assert ran.returncode == PROBLEMS
    for character in "\x1b\u202e\u2066\u200f\x07\x9b":
        assert character not in ran.stdout + ran.stderr


def test_many_files_cost_no_more_than_one(stage: Stage, tmp_path: Path) -> None:
    """Memory of a file is given back before the next is opened."""
    stage.desk.clear()
    files = []
    for n in range(12):
        book = Book(reviews.pack(stage.parts, tmp_path / f"{n}.xlsx"))
        reviews.fill(book, reviews.answers(book, random.Random(n)))
        files.append(book.save(tmp_path / f"{n}.xlsx"))
    told = tmp_path / "watched.json"
    asked = stage.desk.command("review", "import", "--format", "json", *map(str, files))
    subprocess.run(
        [sys.executable, "-ISc", WATCH, str(told), str(tool.PROGRAM), *asked],
        check=True,
        capture_output=True,
        env=tool.surroundings(),
    )
    watched = json.loads(told.read_text())
    assert watched["code"] == TAKEN
    assert watched["memory"] <= MOST_MEMORY
