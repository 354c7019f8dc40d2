"""Services that fail whatever is tried, as WireMock plays them.

Tables say so, and never is one empty that looks complete.
"""

from pathlib import Path
from typing import Any

import pytest

import estate as estates
import tool
from cloud import HOME, REGION, Cloud
from faults import WireMock, broken, internal, invalid, reset, status, throttled, throttled_form
from runs import TABLES, Run, run

# A page of a list is asked for again and again, but not for ever.
ATTEMPTS = 8
Lasting = dict[str, tuple[str, dict[str, Any]]]
# Operations that fail whatever is tried, by the table that lacks something then.
LASTING: list[Lasting] = [
    {
        "ListUsers": ("identity_center_user", internal()),
        "ListGroupMemberships": ("identity_center_membership", internal()),
        "ListPermissionSets": ("permission_set", status(429)),
        "ListApplications": ("identity_center_application", invalid()),
        "ListAccounts": ("aws_account", reset()),
        "ListSecrets": ("aws_secret", throttled()),
        "GetCredentialReport": ("aws_access_key", status(503)),
    },
    {
        "ListGroups": ("identity_center_group", broken()),
        "GetInlinePolicyForPermissionSet": ("permission_set_policy", {"fault": "RANDOM_DATA_THEN_CLOSE"}),
        # Pairs that are not known send the walk to the principals.
        "ListAccountsForProvisionedPermissionSet": ("permission_set_provisioning", invalid()),
        "ListAccountAssignmentsForPrincipal": ("account_assignment", reset()),
        "ListSecretVersionIds": ("aws_secret_version", broken()),
        "GetAccountAuthorizationDetails": ("aws_role_last_used", throttled_form()),
        "AssumeRole": ("aws_secret", status(503)),
    },
]


@pytest.fixture(scope="module")
def estate(cloud: Cloud) -> estates.Estate:
    """A little of everything."""
    return estates.small(cloud)


@pytest.fixture(scope="module", params=range(len(LASTING)))
def wrecked(
    request: pytest.FixtureRequest,
    wiremock: WireMock,
    estate: estates.Estate,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Lasting, Run]:
    """With faults that stay."""
    wiremock.clear(estate.cloud)
    lasting = LASTING[request.param]
    for operation, (_, response) in lasting.items():
        wiremock.always(operation, response)
    return lasting, run(wiremock, estate, tmp_path_factory.mktemp("wrecked"))


def test_faults_that_stay_are_said_and_never_look_empty(
    wrecked: tuple[Lasting, Run],
) -> None:
    lasting, run = wrecked
    assert run.taken.code == tool.INCOMPLETE
    assert run.unexpected == []
    for operation, (table, _) in lasting.items():
        assert run.taken.state(table) in ("failed", "partial"), f"{table}: {operation}"
        assert operation in run.taken.reasons(table), run.taken.reasons(table)
        assert table in run.taken.said
    for table in TABLES:
        assert run.rows[table] or run.taken.state(table) != "complete", table


def test_faults_that_stay_are_given_up(wrecked: tuple[Lasting, Run]) -> None:
    lasting, run = wrecked
    assert run.seconds < 180
    for operation in lasting:
        line = run.taken.sent(operation)
        # A call is repeated so often and no more.
        assert line["requests"] <= ATTEMPTS * (line["requests"] - line["retries"])
        assert run.asked[operation] == line["requests"]


def test_a_page_that_is_left_over_makes_a_part(
    wiremock: WireMock, estate: estates.Estate, tmp_path: Path
) -> None:
    """The first page comes, and what follows it never does."""
    secrets = estate.cloud.client("secretsmanager", HOME, REGION)
    for n in range(101):
        secrets.create_secret(Name=f"many/{n}", SecretString="never to be read")
    wiremock.clear(estate.cloud)
    wiremock.always_further("ListSecrets", throttled())
    taken = run(wiremock, estate, tmp_path).taken
    for n in range(101):
        secrets.delete_secret(SecretId=f"many/{n}", ForceDeleteWithoutRecovery=True)
    assert taken.code == tool.INCOMPLETE
    assert taken.state("aws_secret") == "partial"
    assert taken.table("aws_secret")["rows"] >= 100
