"""The story of the drift report: the same on DuckDB, ten lines at most, and every row of
the sheets counted once."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import engines
import second_engine
import tool
from engines import Pair, RawRows
from hostile import Hostility
from second_engine import rules, views

REPORT = Path(__file__).resolve().parents[2] / "reports" / "drift.sql"
FINDING = (
    "rule VARCHAR, resource VARCHAR, reason VARCHAR, severity VARCHAR, severity_rank BIGINT, status VARCHAR, "
    "state VARCHAR, cause VARCHAR, account VARCHAR, first_seen VARCHAR, waiver VARCHAR"
)
RANKS = ["critical", "high", "medium", "low", "info"]
FAMILIES = ("entra", "github", "identity", "access")
DIRECTIONS = re.findall(r"SELECT '([^']+)' AS rule, '([^']+)' AS direction", views()["drift_direction"].sql)
COMPARING = {rule for rule, direction in DIRECTIONS if direction != "none"}


def sheets() -> dict[str, str]:
    """The SQL of every sheet by its title."""
    parts = re.split(r"^-- ## ", REPORT.read_text(), flags=re.M)[1:]
    return {
        part.split("\n", 1)[0]: "\n".join(line for line in part.split("\n")[1:] if not line.startswith("--"))
        for part in parts
    }


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> RawRows:
    """Rules that hand out rows."""
    pair = engines.demo(tmp_path_factory.mktemp("first"), 0)
    return RawRows(tmp_path_factory.mktemp("raw"), pair)


def drift(pair: Pair, out: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The report, and the findings that it is about."""
    where = ["--config", str(pair.config), "--data", str(pair.data)]
    which = ["--snapshot", pair.now, "--baseline", pair.before]
    ran = tool.call(*where, "report", "drift", *which, "--format", "json", "--out", str(out))
    assert ran.returncode in (0, 1, 2), ran.stderr
    report = json.loads((out / "drift.json").read_text())["sheets"]
    findings = json.loads(tool.call(*where, "check", "--no-store", *which, "--format", "json").stdout)["findings"]
    return {name: sheet["rows"] for name, sheet in report.items()}, findings


def judge(pair: Pair, raw: RawRows, out: Path) -> list[dict[str, Any]]:
    """Compares the story with DuckDB's, and with a count of the rows."""
    report, findings = drift(pair, out)
    story = report["story"]
    assert 1 <= len(story) <= 10
    assert [row["line"] for row in story] == list(range(1, len(story) + 1))

    # Every row of a sheet is counted once.
    titles = {"Differences": "differences", "Changes": "changes", "Explained": "explained", "Resolved": "resolved", "Not read": "not-read"}
    counted: Counter[str] = Counter()
    for row in story:
        counted[row["sheet"]] += row["row_count"]
    assert counted.keys() <= titles.keys()
    for title, name in titles.items():
        assert counted[title] == len(report[name]), title
    assert story[-1]["sheet"] == "Not read"

    # So is every finding, with its severity and its state.
    live = [f for f in findings if f["state"] != "resolved" and f["rule"] in COMPARING]
    assert len(live) == len(report["differences"])
    lines = [row for row in story if row["sheet"] == "Differences"]
    for column, holds in {
        "critical": lambda f: f["status"] == "fail" and f["severity"] == "critical",
        "high": lambda f: f["status"] == "fail" and f["severity"] == "high",
        "new_rows": lambda f: f["state"] in ("new", "reopened"),
        "undecided": lambda f: f["status"] == "unknown",
    }.items():
        assert sum(row[column] for row in lines) == sum(map(holds, live)), column

    # A line counts the rows that have its story, by cause, and is not made up.
    kinds: dict[str, Counter[str | None]] = {}
    for r in report["differences"]:
        kinds.setdefault(r["story"], Counter())[r["cause"]] += 1
    told = set()
    for row in lines:
        if row["direction"] == "several":
            continue
        name = row["story"].partition(":")[0]
        told.add(name)
        causes = {cause or "no cause shown": n for cause, n in kinds[name].items()}
        shown = ", ".join(f"{cause} {n}" for cause, n in sorted(causes.items()))
        known = f" ({shown})" if set(kinds[name]) - {None} else ""
        assert row["story"] == f"{name}: {row['row_count']}{known}"
        assert row["row_count"] == sum(causes.values())
        assert any(r["reason"] == row["example"] and r["story"] == name for r in report["differences"])
    rest = {f"{name} {sum(n.values())}" for name, n in kinds.items() if name not in told}
    others = [row for row in lines if row["direction"] == "several"]
    assert rest == (set(others[0]["example"].split("; ")) if others else set())

    engine = engines.second(pair, raw)
    rows = [f | {"severity_rank": RANKS.index(f["severity"])} for f in findings]
    engine.table("finding", FINDING, rows)
    for title in ("Story", "Differences"):
        columns, theirs = engine.rows(sheets()[title])
        ours = report[title.lower()]
        assert [list(r) for r in ours[:1]] in ([list(columns)], [sorted(columns)], []), title
        assert second_engine.printed(ours, columns) == theirs, title
    engine.close()
    return story


def test_every_rule_about_access_has_a_direction() -> None:
    """A new one must say whether it compares anything."""
    assert sorted(rule for rule, _ in DIRECTIONS) == sorted(
        name for name in rules() if name.split("/")[0] in FAMILIES
    )


@pytest.mark.parametrize("seed", range(4))
def test_organisations(raw: RawRows, seed: int, tmp_path: Path) -> None:
    """With planted faults, and a month before."""
    story = judge(engines.demo(tmp_path, seed), raw, tmp_path / "out")
    assert len(story) == 10
    assert {row["sheet"] for row in story} == {"Differences", "Changes", "Explained", "Resolved", "Not read"}


@pytest.mark.parametrize(
    ("now", "before"),
    [
        pytest.param({"lose": 1}, None, id="nothing"),
        pytest.param({"lose": 0.1}, {"lose": 0.1}, id="holes"),
        pytest.param({"rename": 0.5, "lose": 0, "empty": 0}, None, id="hostile-names"),
    ],
)
def test_holes(raw: RawRows, now: dict[str, float], before: dict[str, float] | None, tmp_path: Path) -> None:
    """What was not read is said, and nothing is made of it."""
    simulated = engines.simulate(tmp_path / "simulated", 11)
    data = tmp_path / "data"
    snapshots = []
    for how, as_of in ((before, engines.A_MONTH_AGO), (now, engines.AS_OF)):
        place = tmp_path / as_of.replace(":", "-")
        Hostility(5, **(how or {"lose": 0, "rename": 0, "empty": 0, "repeat": 0})).spoil(simulated, place)
        snapshots.append(engines.seal(place, data, as_of))
    pair = Pair(place / "countersign.toml", data, snapshots[1], snapshots[0])
    story = judge(pair, raw, tmp_path / "out")
    assert story[-1]["story"].startswith("Unknown: ")
