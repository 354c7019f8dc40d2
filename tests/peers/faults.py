"""WireMock in front of moto: passes on what is expected, and fails when told."""

import ctypes
import json
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloud import Cloud
from tool import KIT

# Targets of the JSON protocols; anything else that is sent is an objection.
TARGETS = {
    "identitystore": ("AWSIdentityStore", ("ListUsers", "ListGroups", "ListGroupMemberships")),
    "sso": (
        "SWBExternalService",
        (
            "ListInstances",
            "ListPermissionSets",
            "DescribePermissionSet",
            "ListManagedPoliciesInPermissionSet",
            "ListCustomerManagedPolicyReferencesInPermissionSet",
            "GetInlinePolicyForPermissionSet",
            "GetPermissionsBoundaryForPermissionSet",
            "ListAccountsForProvisionedPermissionSet",
            "ListAccountAssignments",
            "ListAccountAssignmentsForPrincipal",
            "ListApplications",
            "ListApplicationAssignments",
        ),
    ),
    "organizations": ("AWSOrganizationsV20161128", ("DescribeOrganization", "ListAccounts")),
    "secretsmanager": ("secretsmanager", ("ListSecrets", "ListSecretVersionIds")),
}
FORMS = (
    "GetCallerIdentity",
    "AssumeRole",
    "GenerateCredentialReport",
    "GetCredentialReport",
    "GetAccountAuthorizationDetails",
)
STARTED = "Started"
# Of prctl(2).
PR_SET_PDEATHSIG = 1


def throttled(kind: str = "ThrottlingException") -> dict[str, Any]:
    """The answer of a service that is asked too often."""
    return {
        "status": 400,
        "headers": {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": kind},
        "jsonBody": {"__type": kind, "message": "Rate exceeded"},
    }


def throttled_form() -> dict[str, Any]:
    """The same in the older protocol."""
    error = "<Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message>"
    text = f"<ErrorResponse><Error>{error}</Error></ErrorResponse>"
    return {"status": 400, "headers": {"Content-Type": "text/xml"}, "body": text}


def internal() -> dict[str, Any]:
    """A service that fails and says so."""
    return {"status": 500, "jsonBody": {"__type": "InternalServerException", "message": "try later"}}


def invalid() -> dict[str, Any]:
    """A service that does not take the request, which is not repeated."""
    return {"status": 400, "jsonBody": {"__type": "ValidationException", "message": "no"}}


def status(code: int, **headers: str) -> dict[str, Any]:
    """A status without a document that says more."""
    return {"status": code, "headers": headers, "body": ""}


def reset() -> dict[str, Any]:
    """The connection breaks before an answer."""
    return {"fault": "CONNECTION_RESET_BY_PEER"}


def broken() -> dict[str, Any]:
    """A status of success, and then rubbish."""
    return {"fault": "MALFORMED_RESPONSE_CHUNK"}


@dataclass(frozen=True)
class WireMock:
    """A running WireMock."""

    endpoint: str

    def _admin(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(
            f"{self.endpoint}/__admin/{path}", data=data, headers=headers, method=method
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def clear(self, cloud: Cloud) -> None:
        """Forgets faults and journal, and passes on every operation that is expected."""
        for what in ("mappings", "requests"):
            self._admin("DELETE", what)
        self._admin("POST", "scenarios/reset")
        for target, operations in TARGETS.values():
            for operation in operations:
                self._stub(_header(f"{target}.{operation}"), {"proxyBaseUrl": cloud.endpoint}, 10)
        for action in FORMS:
            self._stub(_form(action), {"proxyBaseUrl": cloud.endpoint}, 10)

    def _stub(self, request: dict[str, Any], response: dict[str, Any], priority: int, **more: Any) -> None:
        stub = {"request": {"method": "POST"} | request, "response": response, "priority": priority}
        self._admin("POST", "mappings", stub | more)

    def always(self, operation: str, response: dict[str, Any]) -> None:
        """Answers an operation so, every time."""
        self._stub(_request(operation), response, 1)

    def supplies(self, operation: str, response: dict[str, Any]) -> None:
        """Answers an operation so in place of what stands behind, unless a fault was set."""
        self._stub(_request(operation), response, 5)

    def always_further(self, operation: str, response: dict[str, Any]) -> None:
        """Answers an operation so whenever a further page is asked for."""
        further = _request(operation) | {"bodyPatterns": [{"matchesJsonPath": "$.NextToken"}]}
        self._stub(further, response, 1)

    def first(self, operation: str, *responses: dict[str, Any]) -> None:
        """Answers an operation so, one after the other, and then passes it on."""
        steps = [STARTED, *(f"after {n}" for n in range(1, len(responses) + 1))]
        for at, then, response in zip(steps, steps[1:], responses, strict=False):
            self._stub(
                _request(operation),
                response,
                1,
                scenarioName=operation,
                requiredScenarioState=at,
                newScenarioState=then,
            )

    def journal(self) -> Counter[str]:
        """How often each operation was asked for, faults included."""
        asked: Counter[str] = Counter()
        for entry in self._admin("GET", "requests")["requests"]:
            headers = {k.lower(): v for k, v in entry["request"]["headers"].items()}
            target = str(headers.get("x-amz-target", "")).rpartition(".")[2]
            asked[target or _action(entry["request"]["body"])] += 1
        return asked

    def unexpected(self) -> list[str]:
        """What was asked for and nobody expected."""
        found = self._admin("GET", "requests/unmatched")["requests"]
        return [f"{r['method']} {r['url']} {r['headers'].get('X-Amz-Target', '')}" for r in found]


def _action(form: str) -> str:
    return next((p.partition("=")[2] for p in form.split("&") if p.startswith("Action=")), "?")


def _header(target: str) -> dict[str, Any]:
    return {"headers": {"X-Amz-Target": {"equalTo": target}}}


def _form(action: str) -> dict[str, Any]:
    return {"bodyPatterns": [{"matches": f".*(^|&)Action={action}(&.*|$)"}]}


def _request(operation: str) -> dict[str, Any]:
    for target, operations in TARGETS.values():
        if operation in operations:
            return _header(f"{target}.{operation}")
    assert operation in FORMS, operation
    return _form(operation)


def _end_with_us() -> None:
    """Asks the kernel to end this process when whoever started it is gone, however it went."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(place: Path) -> Iterator[WireMock]:
    """Runs WireMock on a free port."""
    (jar,) = (KIT / "node_modules/wiremock/build").glob("wiremock-standalone-*.jar")
    port = _free_port()
    command = [
        "java",
        "-Xmx300m",
        "-jar",
        str(jar),
        "--bind-address",
        "127.0.0.1",
        "--port",
        str(port),
        "--root-dir",
        str(place),
        "--disable-banner",
    ]
    with (place / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=_end_with_us)
    server = WireMock(f"http://127.0.0.1:{port}")
    try:
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, (place / "log").read_text()
            try:
                server._admin("GET", "mappings")
                break
            except urllib.error.URLError:
                assert time.monotonic() < deadline, "WireMock did not start"
                time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
