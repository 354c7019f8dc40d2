"""Assignments of principals that are gone: found, or the table says that it may lack them."""

from pathlib import Path

import pytest

import estate as estates
import read_back
import tool
from cloud import HOME, Cloud

SOURCE = "identity_center"
ROWS = "SELECT principal_type, principal_id FROM account_assignment"


@pytest.fixture
def estate(moto: Cloud) -> estates.Estate:
    """A small directory in which one principal was deleted after it was given access."""
    moto.reset()
    estate = estates.small(moto)
    estate.assign(HOME, estate.sets[0], "USER", estates.GONE)
    return estate


def test_where_pairs_are_known_it_is_found(estate: estates.Estate, tmp_path: Path) -> None:
    provision(estate)
    taken = tool.snapshot(tmp_path, "", estate.cloud.environment(), SOURCE)
    assert taken.state("account_assignment") == "complete"
    expected = tool.ordered(row[2:] for row in read_back.assignments(estate.cloud.client))
    assert ("USER", estates.GONE) in expected
    assert taken.tuples(ROWS) == expected
    unknown = "SELECT principal_id FROM account_assignment WHERE ic_user_key IS NULL AND ic_group_key IS NULL"
    assert taken.tuples(unknown) == [(estates.GONE,)]


def test_where_only_principals_are_asked_the_snapshot_says_so(
    estate: estates.Estate, tmp_path: Path
) -> None:
    """Nobody who is gone can be asked for, and moto knows of no pair."""
    taken = tool.snapshot(tmp_path, "", estate.cloud.environment(), SOURCE)
    found = ("USER", estates.GONE) in taken.tuples(ROWS)
    asked = "SELECT place FROM collected_place WHERE table_name = 'account_assignment'"
    assert found or taken.tuples(asked) == [("by principal",)]


def provision(estate: estates.Estate) -> None:
    """moto provisions only when it is told, and always into the caller's account."""
    sso = estate.cloud.client("sso-admin")
    for arn in estate.sets:
        sso.provision_permission_set(
            InstanceArn=estate.instance, PermissionSetArn=arn, TargetType="AWS_ACCOUNT", TargetId=HOME
        )
