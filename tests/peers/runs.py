"""A snapshot through WireMock, and what WireMock was asked for it."""

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import estate as estates
import tool
from cloud import HOME
from faults import WireMock

SOURCES = ("identity_center", "secrets_manager", "iam")
TABLES = (
    "aws_account",
    "identity_center_user",
    "identity_center_group",
    "identity_center_membership",
    "permission_set",
    "permission_set_policy",
    "account_assignment",
    "permission_set_provisioning",
    "identity_center_application",
    "application_assignment",
    "aws_secret",
    "aws_secret_version",
    "aws_access_key",
    "aws_role_last_used",
)


@dataclass(frozen=True)
class Run:
    """A snapshot through WireMock, and what WireMock was asked."""

    taken: tool.Snapshot
    asked: Counter[str]
    unexpected: list[str]
    seconds: float
    rows: dict[str, list[dict[str, Any]]]


def supply(wiremock: WireMock, estate: estates.Estate) -> None:
    """What moto lacks beside boundaries: applications, and that assignments provision."""
    arn = f"arn:aws:sso::{HOME}:application/ssoins-1/apl-1"
    application = {"ApplicationArn": arn, "Name": "Charts", "ApplicationAccount": HOME, "Status": "ENABLED"}
    assigned = {"ApplicationArn": arn, "PrincipalType": "GROUP", "PrincipalId": estate.groups[0]}
    for operation, answer in (
        ("ListApplications", {"Applications": [application]}),
        ("ListApplicationAssignments", {"ApplicationAssignments": [assigned]}),
        ("ListAccountsForProvisionedPermissionSet", {"AccountIds": estate.accounts}),
    ):
        wiremock.supplies(operation, {"status": 200, "jsonBody": answer})


def run(wiremock: WireMock, estate: estates.Estate, place: Path) -> Run:
    """Takes a snapshot through WireMock, faults as they are set."""
    supply(wiremock, estate)
    # Permission sets have no boundary.
    none = {"status": 400, "jsonBody": {"__type": "ResourceNotFoundException", "message": "none"}}
    wiremock.always("GetPermissionsBoundaryForPermissionSet", none)
    began = time.monotonic()
    environment = estate.cloud.environment(wiremock.endpoint)
    taken = tool.snapshot(place, estates.config(estate), environment, *SOURCES)
    seconds = time.monotonic() - began
    rows = {table: taken.query(f"SELECT * FROM {table}") for table in TABLES}
    return Run(taken, wiremock.journal(), wiremock.unexpected(), seconds, rows)


def counted(run: Run) -> Counter[str]:
    """Requests as the manifest counts them."""
    return Counter({r["operation"]: r["requests"] for r in run.taken.manifest["requests"]})
