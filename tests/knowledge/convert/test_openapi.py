import json
from pathlib import Path

import pytest

from coreagent.errors import DocumentError
from coreagent.knowledge.documents.convert.openapi.converter import convert, looks_like
from coreagent.knowledge.documents.document import Conversion

API = """
openapi: 3.0.0
info:
  title: NF Management
  version: '1.10'
  description: |
    The service.
    # no heading
servers:
  - url: '{apiRoot}/nnrf-nfm/v1'
paths:
  /nf-instances/{nfInstanceID}:
    parameters:
      - $ref: '#/components/parameters/Id'
    put:
      summary: Register
      operationId: RegisterNFInstance
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: '#/components/schemas/NFProfile'}}}
      responses:
        '200': {description: OK, content: {application/json: {schema: {$ref: '#/components/schemas/NFProfile'}}}}
        '400': {$ref: 'TS29571_CommonData.yaml#/components/responses/400'}
      callbacks:
        onChange:
          '{$request.body#/uri}':
            post:
              operationId: notify
              requestBody: {content: {application/json: {schema: {type: array, minItems: 1, items: {type: string}}}}}
              responses: {'204': {description: No Content}}
components:
  parameters:
    Id: {name: nfInstanceID, in: path, required: true, schema: {type: string, format: uuid}, description: One | two}
  schemas:
    NFProfile:
      description: A profile
      type: object
      required: [nfInstanceId]
      properties:
        nfInstanceId: {$ref: 'TS29571_CommonData.yaml#/components/schemas/NfInstanceId'}
        load: {type: integer, minimum: 0, maximum: 100, description: In percent.}
        tags: {type: object, additionalProperties: {$ref: '#/components/schemas/Tag'}}
    NFType: {anyOf: [{type: string, enum: [NRF, UDM]}, {type: string}]}
    Both: {allOf: [{$ref: '#/components/schemas/NFProfile'}, {type: object, properties: {extra: {type: boolean}}}]}
    Tag: {type: string, pattern: '^a$'}
"""


def read(tmp_path: Path, source: str, name: str = "made.yaml") -> Conversion:
    path = tmp_path / name
    path.write_text(source, encoding="utf-8")
    return convert(path)


def test_operations_name_address_parameters_bodies_and_callbacks(tmp_path: Path) -> None:
    found = read(tmp_path, API)
    assert (found.title, found.meta, found.grammar) == ("NF Management", {"version": "1.10"}, "markdown")
    assert "# NF Management\n\nVersion 1.10\n\nThe service.\n\\# no heading\n" in found.text
    assert "## PUT /nnrf-nfm/v1/nf-instances/{nfInstanceID} (RegisterNFInstance)\n\nRegister\n" in found.text
    assert "| nfInstanceID | path | string (uuid) | yes | One \\| two |" in found.text
    assert "Request body (required): application/json: NFProfile" in found.text
    assert "| 200 | application/json: NFProfile | OK |" in found.text
    assert "| 400 | 400 (TS29571_CommonData.yaml) |" in found.text
    assert "### POST {$request.body#/uri} (callback onChange of RegisterNFInstance) (notify)" in found.text
    assert "Request body: application/json: array of string (1..N)" in found.text


def test_schemas_have_tables_of_properties_and_keep_reference_names(tmp_path: Path) -> None:
    text = read(tmp_path, API).text
    assert "## Schema NFProfile\n\nA profile\n\n**Properties**\n| Property | Type | Required | Description |" in text
    assert "| nfInstanceId | NfInstanceId (TS29571_CommonData.yaml) | yes |" in text
    assert "| load | integer | no | In percent. minimum 0; maximum 100 |" in text
    assert "| tags | map of Tag | no |" in text
    assert "## Schema NFType\n\nanyOf: string\n\nValues:\n- `NRF`\n- `UDM`" in text
    assert "## Schema Both\n\nallOf: NFProfile\n\n**Properties**" in text
    assert "## Schema Tag\n\nType: string (pattern ^a$)" in text


def test_swagger_2_in_json(tmp_path: Path) -> None:
    source = {
        "swagger": "2.0",
        "info": {"title": "Old", "version": 3},
        "basePath": "/v2",
        "paths": {
            "/pet": {
                "post": {
                    "parameters": [
                        {"name": "body", "in": "body", "schema": {"$ref": "#/definitions/Pet"}},
                        {"name": "limit", "in": "query", "type": "integer", "required": True},
                    ],
                    "responses": {"200": {"description": "fine", "schema": {"$ref": "#/definitions/Pet"}}},
                }
            }
        },
        "definitions": {"Pet": {"properties": {"name": {"type": "string"}}}},
    }
    found = read(tmp_path, json.dumps(source), "made.json")
    assert found.meta == {"version": "3"}
    assert "## POST /v2/pet\n" in found.text
    assert "Request body: `Pet`" in found.text
    assert "| limit | query | integer | yes |" in found.text
    assert "| 200 | Pet |" in found.text
    assert "## Schema Pet" in found.text


@pytest.mark.parametrize(
    "source",
    [
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: amf\n",
        '{"a": [1, 2]}',
        "just: yaml\n",
        "- 1\n- 2\n",
        "not yaml: [",
    ],
)
def test_other_yaml_and_json_stays_as_it_is(tmp_path: Path, source: str) -> None:
    assert not looks_like(source)
    found = read(tmp_path, source)
    assert (found.grammar, found.text) == ("text", source)


def test_broken_yaml_becomes_text_with_a_note(tmp_path: Path) -> None:
    found = read(tmp_path, "openapi: 3.0.0\ninfo: [\n")
    assert found.grammar == "text"
    assert "not read as OpenAPI" in str(found.meta["note"])


def test_odd_but_valid_shapes_are_read(tmp_path: Path) -> None:
    source = (
        "openapi: 3.1.0\ninfo: {title: Odd}\npaths: []\ncomponents: {schemas: {A: true, B: {$ref: 7}, C: null, D: [1]}}"
    )
    assert "## Schema D" in read(tmp_path, source).text
    cycle = "openapi: 3.0.0\ninfo: {title: C}\n"
    cycle += "components: {schemas: {A: {properties: {a: {$ref: '#/components/schemas/A'}}}}}"
    assert "| a | A | no |" in read(tmp_path, cycle).text


def test_merge_keys_are_carried_out(tmp_path: Path) -> None:
    source = """
openapi: 3.0.0
info: {title: M}
x-common: &common {description: shared, type: string}
components: {schemas: {A: {<<: *common, type: integer}}}
"""
    assert "## Schema A\n\nshared\n\nType: integer" in read(tmp_path, source).text


@pytest.mark.parametrize("between", ["a{0}: &a{0} [{1}]\n", "a{0}: &a{0} {{<<: [{1}], k{0}: [{1}]}}\n"])
def test_alias_bombs_are_refused(tmp_path: Path, between: str) -> None:
    bomb = "openapi: 3.0.0\ninfo: {title: B}\na0: &a0 {x: lol}\n"
    bomb += "".join(between.format(n, ", ".join([f"*a{n - 1}"] * 10)) for n in range(1, 12))
    with pytest.raises(DocumentError, match="unfold to more than") as caught:
        read(tmp_path, bomb)
    assert caught.value.mend


def test_deep_nesting_and_self_reference_are_refused_or_text(tmp_path: Path) -> None:
    for source in (
        "openapi: 3.0.0\ninfo: " + "[" * 100_000,
        '{"openapi": "3.0.0", "info": ' + "[" * 5_000 + "]" * 5_000 + "}",
    ):
        with pytest.raises(DocumentError, match="nested deeper"):
            read(tmp_path, source)
    assert read(tmp_path, "openapi: 3.0.0\ninfo: &a [*a]\n").grammar == "text"


def test_references_that_would_unfold_without_bound_are_refused(tmp_path: Path) -> None:
    operations = "".join(
        f"  /p{n}: {{get: {{parameters: [{{$ref: '#/components/parameters/P'}}]}}}}\n" for n in range(400)
    )
    parameter = "components: {parameters: {P: {name: p, in: query, description: " + "x" * 200_000 + "}}}"
    with pytest.raises(DocumentError, match="times its size"):
        read(tmp_path, f"openapi: 3.0.0\ninfo: {{title: R}}\npaths:\n{operations}{parameter}")
