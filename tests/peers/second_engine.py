"""The same SQL over the same snapshot on DuckDB: tables from the sealed files,
settings from the manifest, views and rules from the files of the source tree."""

import json
import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

QUERIES = Path(__file__).resolve().parents[2] / "queries"
LONGEST_DAYS = 3660

# Columns that the configuration of the check decides when a table is loaded, so that
# the sealed files do not have them; the program is asked for their values.
DERIVED = {"prefixed", "looks_prefixed", "follows_pattern", "watched", "privileged", "production"}
# Tables that the program makes itself out of manifests and earlier assessments; it is
# asked for their rows.
COVERAGE = (
    "table_name VARCHAR, source VARCHAR, core BOOLEAN, state VARCHAR, reason VARCHAR, scope VARCHAR, "
    "error_kind VARCHAR, permission_needed VARCHAR, pages BIGINT, requests BIGINT, retries BIGINT, "
    "source_count BIGINT, read_count BIGINT, row_count BIGINT, excluded_count BIGINT, excluded VARCHAR, "
    "sha256 VARCHAR, started_at TIMESTAMPTZ, finished_at TIMESTAMPTZ"
)
MADE = {
    "coverage": COVERAGE,
    "baseline_coverage": COVERAGE,
    "snapshot_source": (
        "source VARCHAR, stated BOOLEAN, identity VARCHAR, read_epoch_us BIGINT, "
        "read_at TIMESTAMPTZ, read_end TIMESTAMPTZ"
    ),
    "baseline_snapshot": "snapshot VARCHAR, as_of TIMESTAMPTZ",
    "first_seen": "rule VARCHAR, resource VARCHAR, first_seen_at TIMESTAMPTZ",
}
# Lists of settings that hold whole numbers; all others hold texts.
NUMBERS = {"secret_warn_days"}

# A value with its kind: in Python true is 1, in SQL it is not.
Cell = tuple[str, Any]
Row = tuple[Cell, ...]
Columns = dict[str, str]
NULL: Cell = ("null", None)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Statement:
    """A view, or a rule, as its file has it."""

    name: str
    header: dict[str, Any]
    sql: str

    @property
    def params(self) -> dict[str, Any]:
        """Parameters with their defaults."""
        return dict(self.header.get("params", {}))


def read(file: Path) -> Statement:
    """Reads a file of `queries/`: a header in a comment, prose, SQL."""
    _, header, rest = re.split(r"^-- ---\n", file.read_text(), maxsplit=2, flags=re.M)
    lines = rest.splitlines(keepends=True)
    while lines and (lines[0].startswith("--") or not lines[0].strip()):
        del lines[0]
    toml = re.sub(r"^-- ?", "", header, flags=re.M)
    name = file.relative_to(QUERIES).with_suffix("").as_posix().removeprefix("views/")
    return Statement(name, tomllib.loads(toml), "".join(lines).rstrip())


@cache
def rules() -> dict[str, Statement]:
    """Every rule by its id."""
    files = sorted(QUERIES.glob("*/*.sql"))
    return {s.name: s for s in map(read, files) if "severity" in s.header}


@cache
def views() -> dict[str, Statement]:
    """Every view by its name, each behind those that it reads."""
    left = {s.name: s for s in map(read, sorted(QUERIES.glob("views/*.sql")))}
    reads = {name: tables(s.sql) & set(left) for name, s in left.items()}
    done: dict[str, Statement] = {}
    while left:
        ready = [name for name in left if reads[name] <= set(done)]
        assert ready, f"views that read each other: {sorted(left)}"
        done |= {name: left.pop(name) for name in ready}
    return done


@cache
def tables(sql: str) -> frozenset[str]:
    """Names of tables and views that a query reads."""
    return frozenset(_parser().get_table_names(sql))


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@cache
def behind(sql: str, causes: bool = False) -> frozenset[str]:
    """The tables on which rows of a query rest, through its views; those of causes where asked for."""
    names = {name for name in tables(sql) if causes or not name.startswith("cause_")}
    return frozenset().union(
        *(behind(views()[n].sql, causes) if n in views() else {n} for n in names),
    )


def fold(name: str) -> str:
    """A name as it is compared."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).strip().lower())


def moment(text: str) -> datetime:
    """A time of a manifest."""
    return datetime.fromisoformat(text).astimezone(UTC)


def scalars(values: dict[str, Any], as_of: datetime) -> dict[str, Any]:
    """Settings or parameters with the columns that come with them."""
    columns: dict[str, Any] = {}
    for name, value in values.items():
        columns[name] = value
        if isinstance(value, str):
            columns[f"{name}_folded"] = fold(value)
        elif name.endswith(("_days", "_hours")):
            unit = timedelta(days=1) if name.endswith("_days") else timedelta(hours=1)
            span = min(max(value * unit, timedelta()), timedelta(days=LONGEST_DAYS))
            columns |= {f"{name}_cutoff": as_of - span, f"{name}_horizon": as_of + span}
    return columns


def type_of(value: Any) -> str:
    """The type of a column that holds the value."""
    kinds = {bool: "BOOLEAN", int: "BIGINT", str: "VARCHAR", datetime: "TIMESTAMPTZ"}
    return kinds[type(value)]


class SecondEngine:
    """A snapshot in DuckDB, with its baseline or without."""

    def __init__(self, data: Path, now: str, before: str | None, made: dict[str, list[dict[str, Any]]]):
        self.data = data
        self.manifest = manifest(data, now)
        self.as_of = moment(self.manifest["as_of"])
        self.database = duckdb.connect(config={"threads": 1})
        self.database.execute("SET TimeZone = 'UTC'")
        self._files(now, before, made)
        for name, columns in MADE.items():
            known = before is not None or not name.startswith("baseline_")
            self.table(name, columns, made[name] if known else [])
        self._settings()
        self.params: dict[str, Any] | None = None
        self.parameters({})
        for view in views().values():
            self.database.execute(f"CREATE TABLE {view.name} AS {view.sql}")

    @staticmethod
    def plain(sql: str) -> list[Row]:
        """Rows of a query over nothing."""
        return [tuple(map(given, row)) for row in _parser().execute(sql).fetchall()]

    def close(self) -> None:
        """Gives its memory back."""
        self.database.close()

    def table(self, name: str, columns: str, rows: Iterable[dict[str, Any]]) -> None:
        """A table of these rows."""
        self.database.execute(f"CREATE OR REPLACE TABLE {name} ({columns})")
        self.fill(name, rows)

    def fill(self, name: str, rows: Iterable[dict[str, Any]]) -> None:
        """Puts rows into a table that is there."""
        names = list(self.rows(f"SELECT * FROM {name}")[0])
        values = [[row[column] for column in names] for row in rows]
        if values:
            marks = ", ".join("?" for _ in names)
            self.database.executemany(f"INSERT INTO {name} VALUES ({marks})", values)

    def _files(self, now: str, before: str | None, made: dict[str, list[dict[str, Any]]]) -> None:
        for prefix, snapshot in (("", now), ("baseline_", before or now)):
            for entry in manifest(self.data, snapshot)["tables"]:
                # What it says is in the manifest too, which the program reads instead.
                if entry["table"] == "coverage":
                    continue
                name = prefix + entry["table"]
                sealed = f"SELECT * FROM {parquet(self.data, snapshot, entry['table'])}"
                if prefix and before is None:
                    self.database.execute(f"CREATE TABLE {name} AS {sealed} LIMIT 0")
                elif name in made:
                    self.database.execute(f"CREATE TABLE {name} AS {sealed} LIMIT 0")
                    self.fill(name, made[name])
                else:
                    self.database.execute(f"CREATE TABLE {name} AS {sealed}")

    @property
    def settings(self) -> list[str]:
        """Tables of settings."""
        found = self.database.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        own = ("setting", "period", "param")
        return sorted(name for (name,) in found if name in own or name.startswith("setting_"))

    def _settings(self) -> None:
        as_of = self.as_of
        settings = self.manifest["settings"]
        lists = {k: v for k, v in settings["settings"].items() if isinstance(v, list)}
        single = {k: v for k, v in settings["settings"].items() if not isinstance(v, list)}
        row = {"setting_as_of": as_of} | scalars(single, as_of)
        self.table("setting", ", ".join(f"{k} {type_of(v)}" for k, v in row.items()), [row])
        for key, values in lists.items():
            if key in NUMBERS:
                self.table(f"setting_{key}", "value BIGINT", [{"value": v} for v in values])
            else:
                rows = [{"value": v, "value_folded": fold(v)} for v in values]
                self.table(f"setting_{key}", "value VARCHAR, value_folded VARCHAR", rows)
        hour = timedelta(hours=1)
        self.table(
            "setting_sync",
            "name VARCHAR, name_folded VARCHAR, source VARCHAR, interval_hours BIGINT, grace_hours BIGINT, "
            "interval_cutoff TIMESTAMPTZ, double_interval_cutoff TIMESTAMPTZ, grace_cutoff TIMESTAMPTZ",
            [
                {
                    "name": name,
                    "name_folded": fold(name),
                    **sync,
                    "interval_cutoff": as_of - sync["interval_hours"] * hour,
                    "double_interval_cutoff": as_of - 2 * sync["interval_hours"] * hour,
                    "grace_cutoff": as_of - sync["grace_hours"] * hour,
                }
                for name, sync in settings["sync"].items()
            ],
        )
        self.database.execute(
            "CREATE TABLE period AS SELECT days, setting_as_of - to_days(days::INTEGER) AS cutoff, "
            "setting_as_of + to_days(days::INTEGER) AS horizon "
            f"FROM range({LONGEST_DAYS + 1}) AS range(days), setting"
        )

    def parameters(self, values: dict[str, Any]) -> None:
        """Makes `param` the one of a rule."""
        if values == self.params:
            return
        self.params = values
        epoch = (self.as_of - EPOCH) // timedelta(microseconds=1)
        row = {"as_of": self.as_of, "as_of_epoch_us": epoch} | scalars(values, self.as_of)
        self.table("param", ", ".join(f"{k} {type_of(v)}" for k, v in row.items()), [row])

    def rows(self, sql: str) -> tuple[Columns, list[Row]]:
        """Rows of a query in their order, with the types of its columns."""
        ran = self.database.execute(sql)
        columns = {str(column[0]): str(column[1]) for column in ran.description}
        return columns, [tuple(map(given, row)) for row in ran.fetchall()]


def given(value: Any) -> Cell:
    """A value that DuckDB gave: times as microseconds, whole numbers however wide."""
    match value:
        case None:
            return NULL
        case bool():
            return ("flag", value)
        case int() | float() | Decimal():
            return ("number", value)
        case datetime():
            return ("time", (value - EPOCH) // timedelta(microseconds=1))
        case str():
            return ("text", value)
    return (type(value).__name__, value)


def printed(rows: list[dict[str, Any]], columns: Columns) -> list[Row]:
    """The same of rows that the program printed, for columns of these types."""
    times = {c for c, of in columns.items() if of.startswith("TIMESTAMP")}
    return [
        tuple(given(moment(row[c]) if c in times and row[c] is not None else row[c]) for c in columns)
        for row in rows
    ]


def parquet(data: Path, snapshot: str, table: str) -> str:
    """A sealed table in SQL; the folder is called snapshot=…, which is no column."""
    file = data / f"snapshot={snapshot}" / table / "part-0.parquet"
    return f"read_parquet('{file}', hive_partitioning = false)"


def derived(data: Path, snapshot: str, table: str) -> list[str]:
    """Columns of a table that the configuration of the check decides."""
    found = _parser().execute(f"DESCRIBE FROM {parquet(data, snapshot, table)}").fetchall()
    return [str(column[0]) for column in found if column[0] in DERIVED]


@cache
def manifest(data: Path, snapshot: str) -> dict[str, Any]:
    """The manifest of a snapshot."""
    found: dict[str, Any] = json.loads((data / f"snapshot={snapshot}" / "manifest.json").read_text())
    return found
