"""Every rule and view on DuckDB, over the snapshots that the program sealed: a query
that only one engine answers so is no rule but an accident."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import engines
import second_engine
from engines import Pair, RawRows, view_of
from second_engine import Row, SecondEngine, rules, views

SEEDS = range(1, engines.ESTATES // 2 + 1)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """An organisation that differs from all others here."""
    return engines.demo(tmp_path_factory.mktemp("first"), 0)


@pytest.fixture(scope="module")
def raw(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> RawRows:
    """Rules that hand out rows."""
    return RawRows(tmp_path_factory.mktemp("raw"), pair)


def test_the_judge_tells_values_apart() -> None:
    """Nulls from empty texts, truth values from numbers, numbers from texts."""
    columns = {"c": "VARCHAR"}
    values: list[Any] = [None, "", " ", "\u00e9", "e\u0301", "null", True, 1, "1", 0, False, 1.5]
    rows = [second_engine.printed([{"c": v}], columns)[0] for v in values]
    assert len(set(rows)) == len(values)
    given = SecondEngine.plain(
        "SELECT NULL, '', true, 1, 1::HUGEINT, '1', TIMESTAMPTZ '1970-01-01 00:00:01+00'"
    )
    assert given == [
        (
            ("null", None),
            ("text", ""),
            ("flag", True),
            ("number", 1),
            ("number", 1),
            ("text", "1"),
            ("time", 1_000_000),
        )
    ]
    assert engines.difference("x", columns, [{"c": None}], [(("text", ""),)])
    assert engines.difference("x", columns, [{"c": "a"}], [(("text", "a"),), (("text", "a"),)])
    assert not engines.difference("x", columns, [{"c": "a"}], [(("text", "a"),)])


def test_settings_are_what_the_documentation_says(pair: Pair, raw: RawRows) -> None:
    """The second engine is given settings that were worked out here."""
    engine = engines.second(pair, raw)
    for name in engine.settings:
        columns, rows = engine.rows(f"SELECT * FROM {name}")
        said = pair.query(f"SELECT * FROM {name}")
        assert second_engine.printed(said, columns) == rows, name
        assert all(row.keys() == columns.keys() for row in said), name
    engine.close()


def test_tables_are_what_was_sealed(pair: Pair, raw: RawRows) -> None:
    """Those that the program was asked for, because it derives some of their columns."""
    engine = engines.second(pair, raw)
    compared = [n for n in raw.made if not n.startswith("baseline_") and n not in second_engine.MADE]
    assert len(compared) > 5
    for name in compared:
        asked = ", ".join(second_engine.derived(pair.data, pair.now, name))
        sealed = second_engine.parquet(pair.data, pair.now, name)
        given = Counter(engine.rows(f"SELECT * EXCLUDE ({asked}) FROM {name}")[1])
        assert given == Counter(engine.rows(f"SELECT * EXCLUDE ({asked}) FROM {sealed}")[1]), name
    engine.close()


def test_queries_as_they_are(pair: Pair, raw: RawRows) -> None:
    """Without the rules around them: names of columns, and the order of rules, too."""
    engine = engines.second(pair, raw)
    engine.database.execute("DELETE FROM first_seen")  # It belongs to a check.
    wrong = []
    for name, sql, params in pair.queries():
        engine.parameters(params)
        columns, theirs = engine.rows(sql)
        said = pair.query(engines.with_parameters(sql, params))
        ours = second_engine.printed(said, columns)
        if any(row.keys() != columns.keys() for row in said):
            wrong.append(f"{name}: {sorted(said[0])} of Polars, {sorted(columns)} of DuckDB")
        elif name in views() and engines.difference(name, columns, said, theirs):
            wrong.append(str(engines.difference(name, columns, said, theirs)))
        elif name in rules() and ours != theirs:
            wrong.append(f"{name}: {first(ours, theirs)}")
    engine.close()
    assert not wrong, "\n".join(wrong)


def first(ours: list[Row], theirs: list[Row]) -> str:
    """Where two lists of rows part."""
    if len(ours) != len(theirs):
        return f"{len(ours)} rows of Polars, {len(theirs)} of DuckDB"
    row = next(i for i, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b)
    return f"row {row} is {ours[row]} of Polars, {theirs[row]} of DuckDB"


@pytest.mark.parametrize("seed", SEEDS)
def test_organisations(raw: RawRows, seed: int, tmp_path: Path) -> None:
    """Faults that are planted, so that every rule finds something."""
    found, rows = engines.differences(engines.demo(tmp_path, seed), raw)
    assert not found, engines.told(seed, found)
    # The rows of an engine's rule are not those of its query.
    silent = [r.name for r in rules().values() if not rows[view_of(r.name)] and "engine" not in r.header]
    assert not silent
    # Hostile organisations have none of it.
    assert rows["explained_difference"]
