"""A directory in moto: every table against what boto3 reads out of it by itself."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from moto.iam.responses import IamResponse

import cloud as clouds
import estate as estates
import read_back
import tool
from cloud import HOME, OTHER_REGION, REGION, VALUES, Asked, Cloud

SOURCES = ("identity_center", "secrets_manager", "iam")


@pytest.fixture(scope="module")
def estate(cloud: Cloud) -> estates.Estate:
    """More than a page of everything."""
    return estates.large(cloud)


@pytest.fixture(scope="module")
def sealed(
    estate: estates.Estate, tmp_path_factory: pytest.TempPathFactory
) -> tuple[tool.Snapshot, list[Asked]]:
    """A snapshot of it, and what moto was asked for it."""
    estate.cloud.recorder.take()
    place = tmp_path_factory.mktemp("moto")
    config = estates.config(estate)
    taken = tool.snapshot(place, config, estate.cloud.environment(), *SOURCES)
    return taken, estate.cloud.recorder.take()


@pytest.fixture(scope="module")
def taken(sealed: tuple[tool.Snapshot, list[Asked]]) -> tool.Snapshot:
    """The snapshot alone."""
    return sealed[0]


@pytest.fixture(scope="module")
def places(estate: estates.Estate) -> list[tuple[str, str]]:
    """Accounts and Regions with secrets."""
    return [(a, r) for a in (HOME, estate.member) for r in (REGION, OTHER_REGION)]


def test_the_estate_has_more_than_a_page_of_everything(estate: estates.Estate) -> None:
    sizes = Counter(group for _, group, _ in read_back.memberships(estate.cloud.client))
    assert len(estate.users) > 200 and len(estate.groups) > 100 and len(estate.accounts) > 40
    assert [sizes[g] for g in estate.groups[: len(estates.EDGES)]] == list(estates.EDGES)


SAME: list[tuple[str, Callable[..., list[read_back.Row]]]] = [
    ("SELECT account_id, name, email, state FROM aws_account", read_back.accounts),
    (
        "SELECT user_id, user_name, display_name, email, email_type FROM identity_center_user",
        read_back.users,
    ),
    ("SELECT group_id, display_name FROM identity_center_group", read_back.groups),
    (
        "SELECT m.membership_id, g.group_id, u.user_id FROM identity_center_membership m "
        "JOIN identity_center_group g ON g.ic_group_key = m.ic_group_key "
        "JOIN identity_center_user u ON u.ic_user_key = m.ic_user_key",
        read_back.memberships,
    ),
    ("SELECT arn, name, session_duration, inline_policy FROM permission_set", read_back.permission_sets),
    (
        "SELECT s.arn, p.kind, p.policy FROM permission_set_policy p "
        "JOIN permission_set s ON s.permission_set_key = p.permission_set_key",
        read_back.policies,
    ),
    (
        "SELECT a.account_id, s.arn, x.principal_type, x.principal_id FROM account_assignment x "
        "JOIN aws_account a ON a.account_key = x.account_key "
        "JOIN permission_set s ON s.permission_set_key = x.permission_set_key",
        read_back.assignments,
    ),
]


@pytest.mark.parametrize(("sql", "read"), SAME, ids=[read.__name__ for _, read in SAME])
def test_identity_center_is_what_boto3_reads(
    estate: estates.Estate, taken: tool.Snapshot, sql: str, read: Callable[..., list[read_back.Row]]
) -> None:
    expected = tool.ordered(read(estate.cloud.client))
    assert expected
    assert taken.tuples(sql) == expected


def test_secrets_are_what_boto3_reads(
    estate: estates.Estate, taken: tool.Snapshot, places: list[tuple[str, str]]
) -> None:
    expected = tool.ordered(read_back.secrets(estate.cloud.client, places))
    assert {row[7] for row in expected} == {False, True} and any(row[8] for row in expected)
    assert {row[5:7] for row in expected} == {(None, None), (True, 30)}
    rows = taken.query(
        "SELECT account_id, region, arn, name, description, rotation_enabled, rotation_days, "
        "deleted_at, primary_region FROM aws_secret"
    )
    found = (
        (
            r["account_id"],
            r["region"],
            r["arn"],
            r["name"],
            r["description"],
            r["rotation_enabled"],
            r["rotation_days"],
            r["deleted_at"] is not None,
            r["primary_region"],
        )
        for r in rows
    )
    assert tool.ordered(found) == expected


def test_versions_are_what_boto3_reads(
    estate: estates.Estate, taken: tool.Snapshot, places: list[tuple[str, str]]
) -> None:
    expected = tool.ordered(read_back.versions(estate.cloud.client, places))
    rows = taken.tuples(
        "SELECT s.arn, v.version_id, v.stages FROM aws_secret_version v "
        "JOIN aws_secret s ON s.secret_key = v.secret_key"
    )
    assert [(a, v, ";".join(sorted((s or "").split(";")))) for a, v, s in rows] == expected
    ageless = (
        "SELECT arn FROM aws_secret "
        "WHERE current_version_created_at IS NULL AND deleted_at IS NULL AND NOT replica"
    )
    assert taken.query(ageless) == []


def test_access_keys_are_what_boto3_reads(estate: estates.Estate, taken: tool.Snapshot) -> None:
    accounts = [HOME, estate.member]
    rows = taken.tuples("SELECT account_id, user_name, slot, active FROM aws_access_key")
    assert rows == tool.ordered(read_back.reported_keys(estate.cloud.client, accounts))
    # The report and the lists of keys are two ways to the same.
    listed = tool.ordered(read_back.access_keys(estate.cloud.client, accounts))
    assert tool.ordered((a, u, active) for a, u, _, active in rows) == listed


def test_roles_are_what_boto3_reads(estate: estates.Estate, taken: tool.Snapshot) -> None:
    expected = tool.ordered(read_back.roles(estate.cloud.client, [HOME, estate.member]))
    assert taken.tuples("SELECT account_id, role_name, arn FROM aws_role_last_used") == expected
    made = "SELECT permission_set FROM aws_role_last_used WHERE permission_set IS NOT NULL"
    assert {r["permission_set"] for r in taken.query(made)} == {"Level0"}


def test_what_moto_does_not_have_is_said(taken: tool.Snapshot) -> None:
    """moto answers the question for a boundary or for applications with a page of HTML."""
    assert taken.code == tool.INCOMPLETE
    assert {table: state for table, (state, _) in tool.worst(taken).items()} == {
        "permission_set": "partial",
        "permission_set_policy": "partial",
        "permission_set_provisioning": "partial",
        "identity_center_application": "failed",
        "application_assignment": "failed",
    }
    # Assignments do not provision there, which the assignments themselves contradict.
    assert "other tables refer to" in taken.reasons("permission_set_provisioning")
    assert taken.sent("ListApplications") | {"retries": 0, "requests": 1} == taken.sent("ListApplications")
    assert "GetPermissionsBoundaryForPermissionSet" in taken.reasons("permission_set_policy")
    assert taken.sent("GetPermissionsBoundaryForPermissionSet")["retries"] == 0
    assert "permission_set_policy" in taken.said


def test_an_old_credential_report_is_no_whole_one(
    estate: estates.Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys that were made since its date are not in it."""
    monkeypatch.setattr(IamResponse, "get_credential_report", clouds.old_report)
    taken = tool.snapshot(tmp_path, estates.config(estate), estate.cloud.environment(), "iam")
    assert taken.code == tool.INCOMPLETE
    assert taken.state("aws_access_key") == "partial"
    assert clouds.OLD in taken.reasons("aws_access_key")


def test_the_manifest_counts_what_moto_was_asked(sealed: tuple[tool.Snapshot, list[Asked]]) -> None:
    taken, asked = sealed
    served = Counter(a.action.partition(":")[2] for a in asked)
    noted = Counter({r["operation"]: r["requests"] for r in taken.manifest["requests"]})
    assert noted == served
    assert not VALUES & {a.action for a in asked}
    assert all("countersign" in a.client for a in asked)


def test_an_operation_that_is_not_there_is_not_asked_for_ever(estate: estates.Estate, tmp_path: Path) -> None:
    """moto has no LookupEvents: status 500 with a page of HTML, every time."""
    began = time.monotonic()
    taken = tool.snapshot(tmp_path, estates.config(estate), estate.cloud.environment(), "cloudtrail")
    assert time.monotonic() - began < 60
    assert taken.code == tool.INCOMPLETE
    assert taken.state("cloudtrail_event") == "failed"
    assert "LookupEvents" in taken.reasons("cloudtrail_event")
    assert taken.sent("LookupEvents")["retries"] == 0


def test_a_role_that_cannot_be_assumed_is_said(estate: estates.Estate, tmp_path: Path) -> None:
    """Without a role the other account is not read, and not left out in silence."""
    config = estates.config(estate).replace('role = "countersign-read"', "")
    taken = tool.snapshot(tmp_path, config, estate.cloud.environment(), "secrets_manager", "iam")
    assert taken.code == tool.INCOMPLETE
    for table in ("aws_secret", "aws_secret_version", "aws_access_key", "aws_role_last_used"):
        assert taken.state(table) == "partial", table
        assert estate.member in taken.reasons(table)
    accounts = {r["account_id"] for r in taken.query("SELECT account_id FROM aws_secret")}
    assert accounts == {HOME}
