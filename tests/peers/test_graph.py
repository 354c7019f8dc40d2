"""The simulated Microsoft Graph, read with the models that Microsoft generates.

A property that they do not know lands in `additional_data`; a value of another
type is dropped without a word, which writing the record out again shows.
"""

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from kiota_abstractions.serialization import AdditionalDataHolder, Parsable
from kiota_serialization_json.json_parse_node import JsonParseNode
from kiota_serialization_json.json_serialization_writer import JsonSerializationWriter
from msgraph.generated.models.application import Application
from msgraph.generated.models.directory_audit import DirectoryAudit
from msgraph.generated.models.directory_object import DirectoryObject
from msgraph.generated.models.group import Group
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.service_principal import ServicePrincipal
from msgraph.generated.models.user import User

from simulation import Simulation

Record = dict[str, Any]
# What a delta query says beside the properties of a group.
ANNOTATIONS = {"members@delta", "owners@delta", "@removed"}


class Graph:
    """A client of nobody's: a token, and pages by their links."""

    def __init__(self, simulated: Simulation) -> None:
        self._base = simulated.graph
        named = simulated.environment
        form = {
            "grant_type": "client_credentials",
            "client_id": named["AZURE_CLIENT_ID"],
            "client_secret": named["AZURE_CLIENT_SECRET"],
            "scope": "https://graph.microsoft.com/.default",
        }
        url = f"{simulated.login}/{named['AZURE_TENANT_ID']}/oauth2/v2.0/token"
        request = urllib.request.Request(url, data=urllib.parse.urlencode(form).encode())
        with urllib.request.urlopen(request, timeout=30) as answer:
            given = json.load(answer)
        assert given["token_type"] == "Bearer" and given["expires_in"] > 0
        self._token = given["access_token"]

    def send(self, url: str, body: Any = None) -> Any:
        """One request."""
        headers = {"authorization": f"Bearer {self._token}", "content-type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def pages(self, path: str, **query: str) -> Iterator[Record]:
        """Every page of a collection."""
        text = urllib.parse.urlencode({f"${k}": v for k, v in query.items()}, quote_via=urllib.parse.quote)
        link: str | None = f"{self._base}/{path}?{text}"
        while link:
            assert link.startswith(self._base)
            page = self.send(link)
            assert page["@odata.context"].startswith(self._base)
            yield page
            link = page.get("@odata.nextLink")

    def records(self, path: str, **query: str) -> list[Record]:
        """Every record of a collection."""
        return [r for page in self.pages(path, **query) for r in page["value"]]

    def batch(self, urls: list[str]) -> list[Record]:
        """Answers to several requests sent as one, in their order."""
        requests = [{"id": str(n), "method": "GET", "url": url} for n, url in enumerate(urls)]
        answers = self.send(f"{self._base}/$batch", {"requests": requests})["responses"]
        return sorted(answers, key=lambda a: int(a["id"]))


@pytest.fixture(scope="module")
def graph(simulated: Simulation) -> Graph:
    """A client with a token."""
    return Graph(simulated)


def unknown(parsed: Any, at: str = "$") -> list[str]:
    """Properties that the models do not know, at any depth."""
    if isinstance(parsed, list):
        return [u for n, item in enumerate(parsed) for u in unknown(item, f"{at}[{n}]")]
    if not isinstance(parsed, Parsable):
        return []
    found: list[str] = []
    if isinstance(parsed, AdditionalDataHolder):
        found = [f"{at}.{k}" for k in parsed.additional_data if not k.startswith("@odata")]
    backing = getattr(parsed, "backing_store", None)
    values = backing.enumerate_() if backing else []
    for entry in values:
        key, value = entry if isinstance(entry, tuple) else (entry.key, entry.value)
        if key != "additional_data":
            found += unknown(value, f"{at}.{key}")
    return found


def same(sent: Any, written: Any) -> bool:
    """Whether everything that was sent is there again."""
    if isinstance(sent, dict):
        kept = {k: v for k, v in sent.items() if v is not None and not k.startswith("@") and "@" not in k}
        return isinstance(written, dict) and all(
            k in written and same(v, written[k]) for k, v in kept.items()
        )
    if isinstance(sent, list):
        return isinstance(written, list) and len(sent) == len(written) and all(map(same, sent, written))
    if sent == written:
        return True
    if not (isinstance(sent, str) and isinstance(written, str)):
        return False
    try:
        return datetime.fromisoformat(sent) == datetime.fromisoformat(written)
    except ValueError:
        return False


def understood(record: Record, model: Any) -> Any:
    """Parses a record with a model, and objects to whatever gets lost."""
    parsed = JsonParseNode(record).get_object_value(model)
    odd = [u for u in unknown(parsed) if u.removeprefix("$.") not in ANNOTATIONS]
    assert odd == [], record
    writer = JsonSerializationWriter()
    writer.write_object_value(None, parsed)
    written = json.loads(writer.get_serialized_content())
    assert same(record, written), (record, written)
    return parsed


def test_users(graph: Graph) -> None:
    select = (
        "id,userPrincipalName,mail,displayName,accountEnabled,userType,createdDateTime,"
        "employeeLeaveDateTime,deletedDateTime"
    )
    users = [understood(r, User) for r in graph.records("users", select=select, top="999")]
    assert len(users) > 400
    assert {u.user_type for u in users} == {"Member", "Guest"}
    assert len({u.id for u in users}) == len(users)


def test_sign_ins(graph: Graph) -> None:
    users = [understood(r, User) for r in graph.records("users", select="id,signInActivity", top="500")]
    seen = [u for u in users if u.sign_in_activity and u.sign_in_activity.last_successful_sign_in_date_time]
    assert seen


def test_deleted_users(graph: Graph) -> None:
    records = graph.records("directory/deletedItems/microsoft.graph.user")
    deleted = [understood(r, User) for r in records]
    assert deleted and all(d.deleted_date_time for d in deleted)


def test_groups_and_members(graph: Graph) -> None:
    select = (
        "id,displayName,description,createdDateTime,securityEnabled,membershipRule,"
        "onPremisesSyncEnabled,isAssignableToRole"
    )
    records = graph.records("groups", select=select, top="999")
    groups = [understood(r, Group) for r in records]
    assert len(groups) > 20
    start = "startswith(displayName,'azure-aws-sso')"
    prefixed = graph.records("groups", select="id,displayName", filter=start, top="999")
    assert 0 < len(prefixed) < len(groups)
    kinds = set()
    for group in prefixed[:20]:
        for path in (f"groups/{group['id']}/members", f"groups/{group['id']}/owners"):
            for record in graph.records(path, select="id", top="999"):
                parsed = understood(record, DirectoryObject)
                # The discriminator makes a more exact type of a known one.
                kinds.add(type(parsed).__name__)
                assert parsed.odata_type == record["@odata.type"]
    assert "User" in kinds and kinds <= {"User", "Group", "ServicePrincipal", "Device", "OrgContact"}


def test_delta_gives_what_the_lists_of_members_give(graph: Graph) -> None:
    groups = graph.records(
        "groups", select="id,displayName", filter="startswith(displayName,'azure-aws-sso')", top="999"
    )[:50]
    ids = [g["id"] for g in groups]
    pages = list(
        graph.pages(
            "groups/delta",
            select="displayName,createdDateTime,members,owners",
            filter=" or ".join(f"id eq '{i}'" for i in ids),
        )
    )
    assert "@odata.deltaLink" in pages[-1] and all("@odata.deltaLink" not in p for p in pages[:-1])
    members: dict[str, set[str]] = {i: set() for i in ids}
    for record in (r for p in pages for r in p["value"]):
        understood(record, Group)
        for key in ("members@delta", "owners@delta"):
            for edge in record.get(key, []):
                understood(edge, DirectoryObject)
        members[record["id"]] |= {e["id"] for e in record.get("members@delta", [])}
    for identity in ids[:10]:
        listed = {r["id"] for r in graph.records(f"groups/{identity}/members", select="id")}
        assert members[identity] == listed


def test_applications_with_their_owners(graph: Graph) -> None:
    select = "id,appId,displayName,createdDateTime,passwordCredentials,keyCredentials"
    records = graph.records("applications", select=select, expand="owners($select=id)", top="999")
    applications = [understood(r, Application) for r in records]
    assert any(a.owners for a in applications)
    passwords = [p for a in applications for p in a.password_credentials or []]
    certificates = [k for a in applications for k in a.key_credentials or []]
    assert passwords and all(p.end_date_time and p.key_id for p in passwords)
    assert all(p.secret_text is None for p in passwords)
    assert all(k.key is None for k in certificates)


def test_service_principals(graph: Graph) -> None:
    found = [understood(r, ServicePrincipal) for r in graph.records("servicePrincipals", top="999")]
    assert found and all(s.app_id for s in found)


def test_directory_audits(graph: Graph) -> None:
    found = [understood(r, DirectoryAudit) for r in graph.records("auditLogs/directoryAudits", top="999")]
    assert found and all(a.activity_date_time and a.activity_display_name for a in found)
    assert all(t.id for a in found for t in a.target_resources or [])


def test_a_batch_answers_each_of_its_parts(graph: Graph) -> None:
    (first,) = graph.records("groups", select="id", filter="startswith(displayName,'azure-aws-sso')")[:1]
    answers = graph.batch(
        [f"/groups/{first['id']}/members?$select=id", "/groups/unknown/members", "/users?$top=1"]
    )
    assert [a["status"] for a in answers] == [200, 404, 200]
    for record in answers[0]["body"]["value"]:
        understood(record, DirectoryObject)
    parsed = JsonParseNode(answers[1]["body"]).get_object_value(ODataError)
    assert parsed.error and parsed.error.code == "Request_ResourceNotFound" and unknown(parsed) == []
    for record in answers[2]["body"]["value"]:
        understood(record, User)


def test_the_check_itself_objects(graph: Graph) -> None:
    (record,) = graph.records("users", top="1")[:1]
    with pytest.raises(AssertionError):
        understood(record | {"lastLogin": "2026-01-01T00:00:00Z"}, User)
    with pytest.raises(AssertionError):
        understood(record | {"signInActivity": {"lastLogin": "2026-01-01T00:00:00Z"}}, User)
    with pytest.raises(AssertionError):
        understood(record | {"accountEnabled": "yes"}, User)
