"""Every versioned JSON format against its schema in docs/schema, by the jsonschema library:
what the program writes and prints validates, and what it does not write is refused."""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import engines
import evidence
import reviews
import tool
from engines import Pair
from reviews import Review

SCHEMAS = Path(__file__).parents[2] / "docs" / "schema"
RELEASED = Path(__file__).parents[1] / "released"
SOURCES = Path(__file__).parents[2] / "src"
# Formats that are no JSON: rows of a sheet, and the origin of a checkpoint.
NO_JSON = {"countersign.review-workbook/v1", "countersign.heads/0000"}


def validator(name: str) -> Draft202012Validator:
    """Of a schema, with the forms of times, days and ids."""
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """An organisation, now and a month ago."""
    return engines.demo(tmp_path_factory.mktemp("estate"), 5)


@pytest.fixture(scope="module")
def review(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> Review:
    """A review from which two workbooks came back: one with mistakes, one with a removal."""
    place = tmp_path_factory.mktemp("review")
    opened = reviews.opened(pair, place / "out", pair.now)
    for number, decisions in enumerate((("Keep", "Perhaps"), ("Remove", "Don't know"))):
        book = reviews.Book(opened.everything)
        table = book.table(reviews.EVERYTHING)
        for row, decision in zip(table.rows, decisions, strict=False):
            table.set(row, "Decision", decision)
        book.sign(reviews.REVIEWER, reviews.today())
        reviews.hand_in(opened, book.save(place / f"{number}.xlsx"))
    return opened


def said(pair: Pair, *arguments: str) -> Any:
    """What a command prints as JSON."""
    ran = tool.call("--config", str(pair.config), "--data", str(pair.data), *arguments, "--format", "json")
    assert ran.returncode in (0, 1, 2), f"{ran.returncode}: {ran.stderr}"
    return json.loads(ran.stdout)


def documents(pair: Pair, review: Review, place: Path) -> Iterator[tuple[str, Any]]:
    """Everything that has a schema: the schema and a document."""
    for folder in sorted(pair.data.glob("snapshot=*")):
        yield "snapshot-v1", json.loads((folder / "manifest.json").read_text())
    for folder in sorted(pair.data.glob("assessment=*")):
        yield "assessment-v1", json.loads((folder / "manifest.json").read_text())
        yield "findings-v1", json.loads((folder / "findings.json").read_text())
    yield "first-seen-v2", json.loads((pair.data / ".first-seen").read_text().splitlines()[1])
    for line in (pair.data / "heads.jsonl").read_text().splitlines():
        yield "heads-v1", json.loads(line)
    kept = pair.data / f"review={review.id}"
    yield "review-v1", json.loads((kept / "campaign.json").read_text())
    for line in (kept / "items.jsonl").read_text().splitlines():
        yield "review-item-v1", json.loads(line)
    for file in sorted(kept.glob("import-*.json")):
        yield "review-import-v1", json.loads(file.read_text())
    yield "review-status-v1", said(pair, "review", "status")
    (place / "no.xlsx").write_text("no workbook")
    book = reviews.Book(review.everything)
    book.sign(reviews.REVIEWER, reviews.today())
    table = book.table(reviews.EVERYTHING)
    table.set(table.rows[0], "Decision", "Keep")
    third = book.save(place / "third.xlsx")
    returned = map(str, (place / "no.xlsx", third, third))
    yield "review-import-result-v1", said(pair, "review", "import", *returned)
    which = ("--snapshot", pair.now, "--baseline", pair.before)
    yield "findings-v1", said(pair, "check", "--no-store", *which)
    names = ("access-review", "auditor-evidence", "drift")
    for report in (*names, "pre-rotation"):
        secret = ("--secret", "entra/aws-half-rotated") if report == "pre-rotation" else ()
        ran = tool.call(
            *("--config", str(pair.config), "--data", str(pair.data), "report", report, *secret),
            *(*which, "--format", "json", "--out", str(place)),
        )
        assert ran.returncode in (0, 1, 2), ran.stderr
        yield "report-v1", json.loads((place / f"{report}.json").read_text())
    pack = evidence.report(pair, place / "pack")
    yield "evidence-v1", json.loads((pack / "manifest.json").read_text())
    yield "evidence-cover-v1", json.loads((pack / "cover.json").read_text())
    yield from released()


def released() -> Iterator[tuple[str, Any]]:
    """What released versions wrote, which lacks only members that were added with a default."""
    for archive in sorted(RELEASED.glob("v*.zip")):
        with zipfile.ZipFile(archive) as kept:
            for name in kept.namelist():
                folder, _, file = name.removeprefix("data/").partition("/")
                kind = folder.partition("=")[0]
                if file == "manifest.json":
                    yield f"{kind}-v1", json.loads(kept.read(name))
                elif file == "campaign.json":
                    yield "review-v1", json.loads(kept.read(name))
                elif file.startswith("import-"):
                    yield "review-import-v1", json.loads(kept.read(name))
                elif file == "items.jsonl":
                    yield from (("review-item-v1", json.loads(line)) for line in kept.read(name).splitlines())


@pytest.fixture(scope="module")
def written(pair: Pair, review: Review, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """Documents by their schema."""
    found: dict[str, list[Any]] = {}
    for name, document in documents(pair, review, tmp_path_factory.mktemp("written")):
        found.setdefault(name, []).append(document)
    return found


NAMES = sorted(f.name.removesuffix(".schema.json") for f in SCHEMAS.glob("*.schema.json"))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_validates(name: str, written: dict[str, list[Any]]) -> None:
    judge = validator(name)
    assert written.get(name), "nothing that is written has this schema"
    for document in written[name]:
        errors = [f"{e.json_path}: {e.message[:300]}" for e in judge.iter_errors(document)]
        assert errors == []


@pytest.mark.parametrize("name", NAMES)
def test_a_member_more_or_less_is_refused(name: str, written: dict[str, list[Any]]) -> None:
    judge = validator(name)
    document = written[name][0]
    assert not judge.is_valid(document | {"another_member": 1})
    for member in judge.schema["required"]:
        assert not judge.is_valid({k: v for k, v in document.items() if k != member}), member


def test_every_format_has_a_schema() -> None:
    tags = {
        tag
        for file in SOURCES.rglob("*.rs")
        for tag in re.findall(r'"(countersign\.[a-z-]+/v?\d+)"', file.read_text())
    }
    described = {json.loads(f.read_text())["title"].partition(":")[0] for f in SCHEMAS.glob("*.json")}
    assert tags - NO_JSON <= described
