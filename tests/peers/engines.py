"""The rows of every rule and view as the program has them, in few runs of it.

`check` merges the rows of a rule by resource and weighs them by coverage. So it is
given a folder of rules of its own: for each query one that makes a resource of every
row and hands its columns out as evidence.
"""

import json
import os
import re
import shutil
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import second_engine
import tool
from second_engine import (
    MADE,
    QUERIES,
    Columns,
    Row,
    SecondEngine,
    Statement,
    behind,
    manifest,
    rules,
    views,
)

# How many organisations the engines are compared on.
ESTATES = int(os.environ.get("COUNTERSIGN_PEER_ESTATES", "50"))
AS_OF, A_MONTH_AGO = "2026-11-23T07:00:00Z", "2026-10-24T07:00:00Z"

RULE = """-- ---
-- id = "raw/{name}"
-- title = "Rows of {name}"
-- severity = "info"
-- population = "setting"
-- optional = {optional}
-- params = {{ {params} }}
-- ---
-- # Rationale
-- Another engine is to give the same rows.
-- # Remediation
-- None.
SELECT
  CONCAT('row ', CAST(ROW_NUMBER() OVER () AS STRING)) AS resource,
  'a row' AS reason,
  {columns}
FROM {table} AS t
ORDER BY resource
"""
VIEW = """-- ---
-- id = "views/{name}"
-- doc = "Rows of a rule."
-- ---
{sql}
"""


@dataclass(frozen=True)
class Pair:
    """A snapshot and the one that it is compared with."""

    config: Path
    data: Path
    now: str
    before: str

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Rows of a query, in their order."""
        rows: list[dict[str, Any]] = json.loads(self.call("query", sql))
        return rows

    def queries(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Every view and rule: its name, its SQL and its parameters here."""
        for name in views():
            yield name, f"SELECT * FROM {name}", {}
        for rule in rules().values():
            yield rule.name, rule.sql, self.params(rule)

    def call(self, *arguments: str) -> str:
        """What a command says of the pair."""
        ran = tool.call(
            "--config",
            str(self.config),
            "--data",
            str(self.data),
            *arguments,
            "--snapshot",
            self.now,
            "--baseline",
            self.before,
            "--format",
            "json",
        )
        # Findings, and tables that are not complete, are what is asked for.
        assert ran.returncode in (0, 1, 2), f"{ran.returncode}: {ran.stderr}"
        return ran.stdout

    def params(self, rule: Statement) -> dict[str, Any]:
        """Parameters of a rule as the configuration has them."""
        set_here = manifest(self.data, self.now)["settings"]["rules"].get(rule.name, {}).get("params", {})
        return rule.params | {k: tomllib.loads(f"value = {v}")["value"] for k, v in set_here.items()}

    def comparable(self, sql: str, causes: bool = False) -> bool:
        """Whether a query is given the baseline: not when one of its tables was incomplete there."""
        states = {t["table"]: t["state"] for t in manifest(self.data, self.before)["tables"]}
        names = {n.removeprefix("baseline_") for n in behind(sql, causes) if n.startswith("baseline_")}
        return all(states.get(n) in (None, "complete", "skipped") for n in names)


@dataclass
class Difference:
    """A query whose rows are not the same."""

    query: str
    only_here: list[Row] = field(default_factory=list)
    only_there: list[Row] = field(default_factory=list)

    def __str__(self) -> str:
        shown = [
            f"{self.query}: {len(self.only_here)} rows of Polars alone, {len(self.only_there)} of DuckDB"
        ]
        for engine, rows in (("Polars", self.only_here), ("DuckDB", self.only_there)):
            shown += [f"  {engine}: {[value for _, value in row]}" for row in rows[:3]]
        return "\n".join(shown)


def view_of(rule: str) -> str:
    """The name under which a rule is read like a view."""
    return "raw_" + rule.replace("/", "_").replace("-", "_")


def unordered(rule: Statement) -> str:
    """A rule without its order, which a view must not have."""
    sql, order, keys = rule.sql.rpartition("\nORDER BY")
    assert order, rule.name
    assert "SELECT" not in keys, rule.name
    return sql


class RawRows:
    """Rules that hand out rows: of tables that the program makes, of views, of rules."""

    def __init__(self, folder: Path, pair: Pair):
        self.folder = folder
        self.pair = pair
        (folder / "views").mkdir(parents=True)
        (folder / "raw").mkdir()
        # Both engines read the views of the source tree, whatever the program was built of.
        for name in views():
            shutil.copy(QUERIES / "views" / f"{name}.sql", folder / "views")
        self.columns: dict[str, list[str]] = {}
        self.made = [*MADE, *self._derived()]
        engine = SecondEngine(pair.data, pair.now, pair.before, {name: [] for name in self.made})
        for name in [*self.made, *views()]:
            self._rule(name, list(engine.rows(f"SELECT * FROM {name} LIMIT 0")[0]), {})
        for rule in rules().values():
            name = view_of(rule.name)
            (folder / "views" / f"{name}.sql").write_text(VIEW.format(name=name, sql=unordered(rule)))
            params = pair.params(rule)
            engine.parameters(params)
            self._rule(name, list(engine.rows(rule.sql)[0]), params)
        engine.close()

    def _tables(self) -> list[str]:
        every = manifest(self.pair.data, self.pair.now)["tables"]
        # The coverage is made from the manifest.
        return [t["table"] for t in every if t["table"] != "coverage"]

    def _derived(self) -> list[str]:
        """Tables with columns that are derived when they are loaded, the baseline's too."""
        found = []
        for name in self._tables():
            if second_engine.derived(self.pair.data, self.pair.now, name):
                found += [name, f"baseline_{name}"]
        return found

    def _rule(self, name: str, columns: list[str], params: dict[str, Any]) -> None:
        self.columns[name] = columns
        text = RULE.format(
            name=name,
            optional=json.dumps(self._tables()),
            # TOML writes these values like JSON.
            params=", ".join(f"{k} = {json.dumps(v)}" for k, v in params.items()),
            columns=",\n  ".join(f"t.{c} AS c{i}" for i, c in enumerate(columns)),
            table=name,
        )
        (self.folder / "raw" / f"{name}.sql").write_text(text)

    def of(self, pair: Pair) -> dict[str, list[dict[str, Any]]]:
        """The rows of a pair, by query."""
        said = json.loads(
            pair.call("check", "--rules", str(self.folder), "--rule", "raw/*", "--no-store", "--quiet")
        )
        states = {r["id"]: r["state"] for r in said["rules"]}
        assert states.keys() == {f"raw/{name}" for name in self.columns}
        idle = [r for r in said["rules"] if r["state"] == "skipped"]
        assert all("nothing to assess" in (r["why"] or "") for r in idle), idle
        rows: dict[str, list[dict[str, Any]]] = {name: [] for name in self.columns}
        for finding in said["findings"]:
            # Rows of the baseline that are there no more, or of which nobody can tell.
            gone = finding["reason"].startswith("Cannot be told any more")
            if finding["state"] == "resolved" or gone:
                continue
            name = finding["rule"].removeprefix("raw/")
            row = finding["evidence"]
            rows[name].append({c: row[f"c{i}"] for i, c in enumerate(self.columns[name])})
        return rows


def second(pair: Pair, raw: RawRows) -> SecondEngine:
    """The second engine over a pair."""
    here = raw.of(pair)
    return SecondEngine(pair.data, pair.now, pair.before, {name: here[name] for name in raw.made})


def with_parameters(sql: str, params: dict[str, Any]) -> str:
    """A rule for `query`, which has no parameters: `param` comes first of its own."""
    if not params:
        return sql
    columns, joins, where = ["s.setting_as_of AS as_of"], ["setting AS s"], ["TRUE"]
    for name, value in params.items():
        columns.append(f"'{value}' AS {name}" if isinstance(value, str) else f"{value} AS {name}")
        if isinstance(value, str):
            columns.append(f"'{second_engine.fold(value)}' AS {name}_folded")
        sides = [side for side in ("cutoff", "horizon") if f"{name}_{side}" in sql]
        if sides:
            days, rest = divmod(value, 24) if name.endswith("_hours") else (value, 0)
            assert rest == 0, name
            joins.append(f"period AS of_{name}")
            where.append(f"of_{name}.days = {days}")
            columns += [f"of_{name}.{side} AS {name}_{side}" for side in sides]
    chosen = f"FROM {' CROSS JOIN '.join(joins)} WHERE {' AND '.join(where)}"
    param = f"WITH own_param AS (SELECT {', '.join(columns)} {chosen})"
    # The name itself is reserved.
    sql = re.sub(r"\bparam\b(?!\s*\()", "own_param", sql)
    return f"{param}, {sql.removeprefix('WITH')}" if sql.startswith("WITH") else f"{param} {sql}"


def differences(pair: Pair, raw: RawRows) -> tuple[list[Difference], Counter[str]]:
    """Queries whose rows the engines do not agree on, and how many rows each query gave."""
    here = raw.of(pair)
    made = {name: here[name] for name in raw.made}
    compared = SecondEngine(pair.data, pair.now, pair.before, made)
    alone: list[SecondEngine] = []
    found: list[Difference] = []
    for name, sql, params in pair.queries():
        # Causes that rest on a baseline with holes are withheld, whatever their views give.
        if name.startswith("cause_") and not pair.comparable(sql, causes=True):
            continue
        engine = compared
        if not pair.comparable(sql):
            if not alone:
                alone.append(SecondEngine(pair.data, pair.now, None, made))
            engine = alone[0]
        engine.parameters(params)
        columns, rows = engine.rows(sql)
        ours = here[name if name in views() else view_of(name)]
        if "cause" in columns and not pair.comparable(sql, causes=True):
            at = list(columns).index("cause")
            columns = {c: of for c, of in columns.items() if c != "cause"}
            rows = [row[:at] + row[at + 1 :] for row in rows]
        found += difference(name, columns, ours, rows)
    for engine in (compared, *alone):
        engine.close()
    return found, Counter({name: len(rows) for name, rows in here.items()})


def difference(
    query: str, columns: Columns, here: list[dict[str, Any]], there: list[Row]
) -> list[Difference]:
    """Rows that are not in both answers as often."""
    ours, theirs = Counter(second_engine.printed(here, columns)), Counter(there)
    if ours == theirs:
        return []
    return [Difference(query, list((ours - theirs).elements()), list((theirs - ours).elements()))]


def told(seed: int, found: list[Difference]) -> str:
    """Differences for people."""
    return "\n".join([f"organisation {seed}: the engines differ in {len(found)} queries", *map(str, found)])


def demo(place: Path, seed: int) -> Pair:
    """A tiny organisation, now and a month ago."""
    out = place / "demo"
    arguments = ("--size", "tiny", "--from-files", "--as-of", AS_OF, "--quiet")
    ran = tool.call("demo", "--seed", str(seed), "--out", str(out), *arguments)
    assert ran.returncode == tool.COMPLETE, f"{ran.returncode}: {ran.stderr}"
    before, now = sorted(f.name.partition("=")[2] for f in (out / "data").glob("snapshot=*"))
    return Pair(out / "countersign.toml", out / "data", now, before)


def simulate(place: Path, seed: int) -> Path:
    """The exports and registers of a tiny organisation."""
    arguments = ("--size", "tiny", "--as-of", AS_OF)
    ran = tool.call("simulate", "--seed", str(seed), "--out", str(place), *arguments)
    assert ran.returncode == tool.COMPLETE, f"{ran.returncode}: {ran.stderr}"
    return place


def seal(organisation: Path, data: Path, as_of: str) -> str:
    """Seals what an organisation exported."""
    config = str(organisation / "countersign.toml")
    exports = str(organisation / "exports")
    ran = tool.call(
        "--config", config, "--data", str(data), "snapshot", "--from", exports, "--as-of", as_of, "--quiet"
    )
    assert ran.returncode in (tool.COMPLETE, tool.INCOMPLETE), f"{ran.returncode}: {ran.stderr}"
    return ran.stdout.strip()
