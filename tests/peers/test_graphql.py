"""GraphQL documents against the schema that GitHub publishes."""

import graphql
import pytest
from graphql.language import OperationDefinitionNode, OperationType
from graphql.validation.validate import validate_sdl

import tool

# This release of the schema defines two fields of it twice.
TWICE = "EnterpriseOwnerInfo"


@pytest.fixture(scope="module")
def published() -> graphql.DocumentNode:
    """The schema as a document."""
    file = tool.KIT / "node_modules/@octokit/graphql-schema/schema.graphql"
    return graphql.parse(file.read_text(), no_location=True)


@pytest.fixture(scope="module")
def schema(published: graphql.DocumentNode) -> graphql.GraphQLSchema:
    """The schema; its own faults are the business of another test."""
    return graphql.build_ast_schema(published, assume_valid=True, assume_valid_sdl=True)


def documents() -> list[str]:
    """Every document that the program can send."""
    ran = tool.call("docs", "graphql")
    assert ran.returncode == 0, ran.stderr
    return [part for part in ran.stdout.split("# ---\n") if part.strip()]


DOCUMENTS = documents()


def test_the_schema_has_no_other_fault_than_the_known_one(published: graphql.DocumentNode) -> None:
    faults = [e.message for e in validate_sdl(published)]
    assert [f for f in faults if TWICE not in f] == []


def test_there_are_documents() -> None:
    assert len(DOCUMENTS) >= 4


@pytest.mark.parametrize("text", DOCUMENTS, ids=[d.split("(")[0].replace("query ", "") for d in DOCUMENTS])
def test_a_document_is_valid_and_only_reads(schema: graphql.GraphQLSchema, text: str) -> None:
    document = graphql.parse(text)
    assert graphql.validate(schema, document) == []
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    assert operations and all(o.operation is OperationType.QUERY for o in operations)


def test_a_wrong_field_would_be_found(schema: graphql.GraphQLSchema) -> None:
    wrong = DOCUMENTS[0].replace("slug", "slugg", 1)
    assert wrong != DOCUMENTS[0]
    assert graphql.validate(schema, graphql.parse(wrong)) != []
