"""The same on organisations with hostile names and with holes: what is null, empty,
there twice, spelt otherwise or refers to nothing."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

import engines
from engines import Difference, Pair, RawRows
from hostile import Hostility
from second_engine import views

SEEDS = range(engines.ESTATES // 2 + 1, engines.ESTATES + 1)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> RawRows:
    """Rules that hand out rows."""
    pair = engines.demo(tmp_path_factory.mktemp("first"), 0)
    return RawRows(tmp_path_factory.mktemp("raw"), pair)


@pytest.fixture(scope="module")
def seen() -> Counter[str]:
    """Rows of every query, over all organisations."""
    return Counter()


@pytest.mark.parametrize("seed", SEEDS)
def test_organisations(raw: RawRows, seen: Counter[str], seed: int, tmp_path: Path) -> None:
    # A baseline with holes is no baseline for many a rule, so most have none.
    before = Hostility(2 * seed) if seed % 4 == 0 else None
    found, rows = differences(raw, tmp_path, seed, Hostility(2 * seed + 1), before)
    seen.update(rows)
    assert not found, engines.told(seed, found)


HARDLY = {"lose": 0.97, "rename": 0, "empty": 0}
TWICE = {"repeat": 1, "lose": 0, "rename": 0, "empty": 0}
RENAMED = {"rename": 0.5, "lose": 0, "empty": 0}


@pytest.mark.parametrize(
    ("now", "before"),
    [
        pytest.param({"lose": 1}, None, id="nothing"),
        pytest.param(None, {"lose": 1}, id="nothing-before"),
        pytest.param(HARDLY, None, id="a-record-here-and-there"),
        pytest.param(TWICE, TWICE, id="everything-twice"),
        pytest.param(RENAMED, RENAMED, id="every-name"),
        pytest.param({"empty": 0.7, "lose": 0}, None, id="hardly-a-field"),
    ],
)
def test_extremes(
    raw: RawRows, now: dict[str, float] | None, before: dict[str, float] | None, tmp_path: Path
) -> None:
    """Aggregates of no rows, windows of no partition, ties in every order."""
    later, earlier = (Hostility(1, **how) if how else None for how in (now, before))
    found, _ = differences(raw, tmp_path, 1, later, earlier)
    assert not found, engines.told(1, found)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(
            [
                ('group_prefix = "azure-aws-sso"', 'group_prefix = "Azure-AWS-SSO-"\nminimum_owners = 0'),
                ('"example.gov.uk", "agency.gov.uk"', ""),
                ('github_suffix = "@github.example.gov.uk"', 'github_suffix = ""'),
            ],
            id="neutral",
        ),
        pytest.param(
            [
                (
                    "\n[identity_center]",
                    'name_pattern = "azure-aws-sso-[a-m]*"\n[identity_center]\nsync_owners = false',
                ),
                ('github_suffix = "@github', 'github_suffix = "@\u00c9t\u00c9.G\u0130thub'),
                (
                    "default_rotation_days = 90",
                    "default_rotation_days = 3660\nwarn_days = []\noverlap_days = 0",
                ),
                ("holding_groups = [", 'holding_groups = [" Pl\u00e4tform \\"-squad", '),
            ],
            id="unusual",
        ),
        pytest.param([("[registers]", ""), ("[sync.entra]", ""), ("[sync.github]", "")], id="without"),
    ],
)
def test_settings(raw: RawRows, changes: list[tuple[str, str]], tmp_path: Path) -> None:
    """Other settings than those of the organisation."""
    found, _ = differences(raw, tmp_path, 1, Hostility(1), None, changes)
    assert not found, engines.told(1, found)


def differences(
    raw: RawRows,
    place: Path,
    seed: int,
    now: Hostility | None,
    before: Hostility | None,
    changes: Iterable[tuple[str, str]] = (),
) -> tuple[list[Difference], Counter[str]]:
    """Compares the engines on an organisation that is spoilt now, a month before, or both."""
    clean = engines.simulate(place / "clean", seed)
    config = clean / "countersign.toml"
    for old, new in changes:
        text = config.read_text()
        assert old in text, old
        # Nothing in place of a section is to be without it.
        end = text.find("\n[", text.index(old)) if old.startswith("[") else text.index(old) + len(old)
        config.write_text(text[: text.index(old)] + new + text[end:])
    data = place / "data"
    sealed = []
    for name, hostility, as_of in (("before", before, engines.A_MONTH_AGO), ("now", now, engines.AS_OF)):
        organisation = clean
        if hostility:
            organisation = place / name
            hostility.spoil(clean, organisation)
        sealed.append(engines.seal(organisation, data, as_of))
    earlier, latest = sealed
    return engines.differences(Pair(config, data, latest, earlier), raw)


def test_no_view_was_without_rows(seen: Counter[str]) -> None:
    """Engines that agree on nothing agree easily."""
    if len(SEEDS) < 25:
        pytest.skip("few organisations")
    # Of the rules, each had something to find where nothing was spoilt. One view is silent
    # about a source of which anything is missing: test_duckdb asks for its rows.
    silent = [name for name in views() if not seen[name] and name != "explained_difference"]
    assert not silent
