"""What a service has none of is an empty table that is complete, and no fault."""

from pathlib import Path

import pytest

import estate as estates
import tool
from cloud import HOME, Cloud

SOURCES = ("identity_center", "secrets_manager", "iam")
# moto has no applications, and no boundaries, a column of the one and rows of the other;
# another judge looks at that.
APPLICATIONS = {"identity_center_application", "application_assignment"}
LACKING = {"permission_set", "permission_set_policy"} | APPLICATIONS


@pytest.fixture
def estate(moto: Cloud) -> estates.Estate:
    """An organisation of two accounts, and nothing in it."""
    moto.reset()
    estate = estates.Estate(moto)
    estate.found(2)
    return estate


def snapshot(estate: estates.Estate, place: Path) -> tool.Snapshot:
    """A snapshot of all of it."""
    return tool.snapshot(place, estates.config(estate), estate.cloud.environment(), *SOURCES)


def test_an_organisation_with_nothing_in_it(estate: estates.Estate, tmp_path: Path) -> None:
    taken = snapshot(estate, tmp_path)
    assert set(tool.worst(taken)) == APPLICATIONS
    assert taken.table("aws_account")["rows"] == 2
    for table in ("identity_center_user", "identity_center_membership", "account_assignment", "permission_set_provisioning", "aws_secret"):
        assert taken.table(table)["rows"] == 0


def test_groups_that_nobody_is_in(estate: estates.Estate, tmp_path: Path) -> None:
    estate.directory(0, [0, 0])
    taken = snapshot(estate, tmp_path)
    assert set(tool.worst(taken)) == APPLICATIONS
    assert taken.table("identity_center_group")["rows"] == 2


def test_users_without_groups(estate: estates.Estate, tmp_path: Path) -> None:
    estate.directory(2, [])
    taken = snapshot(estate, tmp_path)
    assert set(tool.worst(taken)) == APPLICATIONS
    assert taken.table("identity_center_user")["rows"] == 2


def test_permission_sets_that_nobody_is_given(estate: estates.Estate, tmp_path: Path) -> None:
    estate.permission_sets(2)
    taken = snapshot(estate, tmp_path)
    assert set(tool.worst(taken)) <= LACKING
    assert taken.table("permission_set")["rows"] == 2


def test_a_region_without_secrets_beside_one_that_has_some(estate: estates.Estate, tmp_path: Path) -> None:
    secrets = estate.cloud.client("secretsmanager", HOME)
    secrets.create_secret(Name="only", SecretString="never to be read")
    taken = tool.snapshot(tmp_path, estates.config(estate), estate.cloud.environment(), "secrets_manager")
    assert tool.worst(taken) == {}
    assert [taken.table(t)["rows"] for t in ("aws_secret", "aws_secret_version")] == [1, 1]


def test_secrets_that_are_not_watched(estate: estates.Estate, tmp_path: Path) -> None:
    """Their versions are not asked for, which leaves out nothing that somebody wants."""
    secrets = estate.cloud.client("secretsmanager", HOME)
    secrets.create_secret(Name="only", SecretString="never to be read")
    config = estates.config(estate) + '[secret]\nwatch = ["secretsmanager/*/watched/*"]\n'
    taken = tool.snapshot(tmp_path, config, estate.cloud.environment(), "secrets_manager")
    assert tool.worst(taken) == {}
    assert [taken.table(t)["rows"] for t in ("aws_secret", "aws_secret_version")] == [1, 0]
