"""The description of the API (OpenAPI 3.1), made from the routes themselves."""

import re
from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel

from core.api import ApiRoute

Json = dict[str, Any]
PROBLEM: Json = {
    "type": "object",
    "required": ["type", "status", "code", "title"],
    "properties": {
        "type": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; for programs."},
        "title": {"type": "string", "description": "For people, in their language."},
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Field → sentence.",
        },
        "retry_after": {"type": "integer", "description": "Seconds."},
        "request_id": {"type": "string"},
    },
}


def describe(routes: Iterable[ApiRoute], *, title: str, version: str, server: str) -> Json:
    """The whole description."""
    schemas: Json = {"Problem": PROBLEM}
    paths: Json = {}
    for route in routes:
        method = sorted((route.methods or set()) - {"HEAD"})[0].lower()
        paths.setdefault(_plain(route.path), {})[method] = _operation(route, method, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _plain(path: str) -> str:
    return re.sub(r"{(\w+):\w+}", r"{\1}", path)


def _operation(route: ApiRoute, method: str, schemas: Json) -> Json:
    operation = route.operation
    described: Json = {
        "tags": [_plain(route.path).split("/")[3]],
        "summary": operation.summary,
        "operationId": re.sub(r"\W+", "_", f"{method}{_plain(route.path)}").strip("_"),
        "parameters": _path_parameters(route.path) + _query_parameters(operation.query, schemas),
        "responses": _responses(route, schemas),
        "description": f"Who: {route.who.name}.",
    }
    if not route.who.everybody:
        described["security"] = [{"bearer": []}]
        if method != "get":
            described["parameters"].append(
                {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255}}
            )
    if operation.body:
        needed = any(field.is_required() for field in operation.body.model_fields.values())
        content = {"application/json": {"schema": _ref(operation.body, schemas, "validation")}}
        described["requestBody"] = {"required": needed, "content": content}
    return described


def _path_parameters(path: str) -> list[Json]:
    found = re.findall(r"{(\w+)(?::(\w+))?}", path)
    kinds = {"int": "integer"}
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": kinds.get(kind, "string")}}
        for name, kind in found
    ]


def _query_parameters(model: type[BaseModel] | None, schemas: Json) -> list[Json]:
    if model is None:
        return []
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.get("$defs", {}))
    return [
        {"name": name, "in": "query", "required": name in schema.get("required", []), "schema": _given(shape)}
        for name, shape in schema["properties"].items()
    ]


def _given(shape: Json) -> Json:
    """A parameter's shape when it is there at all: in an address, null cannot be written."""
    kinds = [kind for kind in shape.get("anyOf", []) if kind != {"type": "null"}]
    rest = {
        name: value for name, value in shape.items() if name != "anyOf" and (name, value) != ("default", None)
    }
    return rest if not kinds else kinds[0] | rest if len(kinds) == 1 else {"anyOf": kinds} | rest


def _responses(route: ApiRoute, schemas: Json) -> Json:
    operation = route.operation
    good: Json = {"description": "Done."}
    if operation.answer:
        good["content"] = {"application/json": {"schema": _ref(operation.answer, schemas, "serialization")}}
    problem = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    answers = {str(operation.status if operation.answer else 204): good}
    refusals = "Refused: " + " | ".join(operation.refusals) if operation.refusals else "Refused."
    if operation.refusals or route.methods != {"GET", "HEAD"}:
        answers["409"] = {"description": refusals} | problem
    for status, words in (("401", "Nobody is signed in."), ("403", "Not this account's work.")):
        if not route.who.everybody:
            answers[status] = {"description": words} | problem
    answers["default"] = {"description": "Any other error."} | problem
    return answers


def _ref(model: type[BaseModel], schemas: Json, mode: Literal["validation", "serialization"]) -> Json:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}", mode=mode)
    schemas.update(schema.pop("$defs", {}))
    schemas[model.__name__] = schema
    return {"$ref": f"#/components/schemas/{model.__name__}"}
