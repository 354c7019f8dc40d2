"""Services that throttle, stall and break off for a while, as WireMock plays them.

The snapshot ends complete all the same, and its manifest tells of the retries.
"""

from pathlib import Path
from typing import Any

import pytest

import estate as estates
import read_back
import tool
from cloud import HOME, Cloud
from faults import WireMock, broken, internal, reset, status, throttled, throttled_form
from runs import TABLES, Run, counted, run, supply

# moto makes these up with every answer.
MADE_UP = {
    "aws_secret": {"current_version_created_at", "current_version_epoch_us"},
    "aws_secret_version": {"created_at", "last_accessed_at"},
}
PASSING: dict[str, list[dict[str, Any]]] = {
    "ListSecrets": [throttled(), throttled()],
    "ListUsers": [throttled(), throttled()],
    "ListAccounts": [throttled("TooManyRequestsException")],
    "ListGroupMemberships": [status(429, **{"Retry-After": "1"})],
    "DescribePermissionSet": [status(503), status(503)],
    "ListPermissionSets": [internal()],
    "ListGroups": [reset()],
    "ListSecretVersionIds": [reset(), broken()],
    "ListAccountAssignmentsForPrincipal": [{"fault": "EMPTY_RESPONSE"}],
    "GetInlinePolicyForPermissionSet": [status(504)],
    "GenerateCredentialReport": [throttled_form()],
    "GetAccountAuthorizationDetails": [status(503)],
    "AssumeRole": [status(502)],
}


@pytest.fixture(scope="module")
def estate(cloud: Cloud) -> estates.Estate:
    """A little of everything, with reports that are there already."""
    estate = estates.small(cloud)
    read_back.reported_keys(cloud.client, [HOME, estate.member])
    return estate


@pytest.fixture(scope="module")
def calm(wiremock: WireMock, estate: estates.Estate, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Without a fault."""
    wiremock.clear(estate.cloud)
    return run(wiremock, estate, tmp_path_factory.mktemp("calm"))


@pytest.fixture(scope="module")
def stormy(wiremock: WireMock, estate: estates.Estate, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """With every fault that passes."""
    wiremock.clear(estate.cloud)
    for operation, responses in PASSING.items():
        wiremock.first(operation, *responses)
    return run(wiremock, estate, tmp_path_factory.mktemp("stormy"))


def test_without_faults_it_is_complete_and_nothing_is_repeated(calm: Run) -> None:
    assert (calm.taken.code, tool.worst(calm.taken)) == (tool.COMPLETE, {})
    assert calm.unexpected == []
    assert counted(calm) == calm.asked
    assert sum(r["retries"] for r in calm.taken.manifest["requests"]) == 0
    assert all(calm.rows[table] for table in TABLES)


def test_faults_that_pass_leave_no_trace_in_the_tables(calm: Run, stormy: Run) -> None:
    assert (stormy.taken.code, tool.worst(stormy.taken)) == (tool.COMPLETE, {})
    assert stormy.unexpected == []
    for table in TABLES:
        made_up = MADE_UP.get(table, set())
        before, after = (
            [{k: v for k, v in row.items() if k not in made_up} for row in of.rows[table]]
            for of in (calm, stormy)
        )
        assert after == before, table


@pytest.mark.parametrize("operation", PASSING)
def test_retries_are_counted(calm: Run, stormy: Run, operation: str) -> None:
    line = stormy.taken.sent(operation)
    assert stormy.asked[operation] == line["requests"]
    assert line["requests"] == calm.taken.sent(operation)["requests"] + line["retries"]
    # Calls side by side may both meet one fault.
    assert line["retries"] >= len(PASSING[operation])


@pytest.mark.parametrize(
    "operation", ["ListSecrets", "ListUsers", "GenerateCredentialReport", "ListGroupMemberships"]
)
def test_throttling_is_told_from_other_faults(stormy: Run, operation: str) -> None:
    assert stormy.taken.sent(operation)["throttled"] >= len(PASSING[operation])
    assert stormy.taken.sent("ListGroups")["throttled"] == 0


def test_an_answer_that_takes_its_time_is_waited_for(
    wiremock: WireMock, estate: estates.Estate, tmp_path: Path
) -> None:
    wiremock.clear(estate.cloud)
    slow = {"proxyBaseUrl": estate.cloud.endpoint, "fixedDelayMilliseconds": 4000}
    wiremock.first("ListUsers", slow)
    taken = run(wiremock, estate, tmp_path).taken
    assert tool.worst(taken) == {}
    assert taken.sent("ListUsers")["retries"] == 0


def test_a_boundary_is_read(wiremock: WireMock, estate: estates.Estate, tmp_path: Path) -> None:
    """moto has none, so WireMock answers as the service documents it."""
    wiremock.clear(estate.cloud)
    supply(wiremock, estate)
    reference = {"Name": "boundary", "Path": "/platform/"}
    wiremock.always(
        "GetPermissionsBoundaryForPermissionSet",
        {"status": 200, "jsonBody": {"PermissionsBoundary": {"CustomerManagedPolicyReference": reference}}},
    )
    environment = estate.cloud.environment(wiremock.endpoint)
    taken = tool.snapshot(tmp_path, "", environment, "identity_center")
    assert tool.worst(taken) == {}
    rows = taken.query("SELECT boundary FROM permission_set")
    assert [r["boundary"] for r in rows] == ["boundary"] * len(estate.sets)
