"""The description of the JSON API: for programs as OpenAPI, for people as a page of our own."""

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

import accounts.api
import marketplace.api
from core import openapi, settings
from core.html import page
from core.i18n import N_
from core.routing import anyone, get

VERSION = "1"
REF = "#/components/schemas/"
TITLES = {
    "me": N_("The account"),
    "notices": N_("Messages"),
    "employers": N_("Employers"),
    "sites": N_("Sites"),
    "places": N_("Places"),
    "certificates": N_("Certificates"),
    "saved-places": N_("Saved places"),
    "shifts": N_("Shifts"),
    "trades": N_("Trades"),
    "claims": N_("Claims"),
    "invitations": N_("Offers of a free place"),
    "points": N_("Points"),
    "pay-lines": N_("Pay lines"),
    "gigs": N_("Postings"),
    "templates": N_("Templates"),
    "jobs": N_("Lasting jobs"),
    "applications": N_("Applications"),
    "corrections": N_("Wishes for other hours"),
    "settlement": N_("Settlement"),
    "inbox": N_("The officer's inbox"),
}
"""Noun of the address → heading, in the order of the page."""
WHO = {
    "anyone": N_("everybody"),
    "signed-in": N_("signed in"),
    "worker": N_("workers"),
    "employer": N_("members of an employer"),
    "officer": N_("officers"),
}


@dataclass(frozen=True)
class Field:
    """A parameter, or a field of a shape."""

    name: str
    kind: str
    shape: str
    """Name of the shape it is made of, to link to; or empty."""
    needed: bool
    says: str


@dataclass(frozen=True)
class Operation:
    """One call as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    who: str
    parameters: list[Field]
    sends: str
    status: str
    answers: str
    refusals: list[str]


@dataclass(frozen=True)
class Shape:
    """What is sent or answered: a table of fields, or the words of an enum."""

    name: str
    says: str
    fields: list[Field]
    words: list[str]


@dataclass(frozen=True)
class DocsPage:
    """The whole page."""

    server: str
    groups: list[tuple[str, str, list[Operation]]]
    """Noun, heading, calls."""
    shapes: list[Shape]


@cache
def description() -> dict[str, Any]:
    """The OpenAPI description of this installation."""
    every = [*accounts.api.routes, *marketplace.api.routes]
    return openapi.describe(every, title="Jishi 集市", version=VERSION, server=settings.current().public_url)


@cache
def docs_page() -> DocsPage:
    """The same for people. It is made from the description, so the two cannot differ."""
    groups: dict[str, list[Operation]] = defaultdict(list)
    for path, methods in description()["paths"].items():
        for method, told in methods.items():
            groups[told["tags"][0]].append(_operation(path, method, told))
    shapes = description()["components"]["schemas"]
    return DocsPage(
        server=settings.current().public_url,
        groups=[(noun, title, groups[noun]) for noun, title in TITLES.items()],
        shapes=[_shape(name, shapes[name]) for name in sorted(shapes)],
    )


def _operation(path: str, method: str, told: dict[str, Any]) -> Operation:
    status = next(code for code in told["responses"] if code.startswith("2"))
    sent = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    answer = told["responses"][status].get("content", {}).get("application/json", {}).get("schema", {})
    refused = told["responses"].get("409", {}).get("description", "").partition(": ")[2]
    return Operation(
        id=told["operationId"],
        method=method.upper(),
        path=path,
        summary=told["summary"],
        who=WHO[told["description"].removeprefix("Who: ").removesuffix(".")],
        parameters=[
            _field(each["name"], each["schema"], needed=each.get("required", False))
            for each in told["parameters"]
        ],
        sends=sent.get("$ref", "").removeprefix(REF),
        status=status,
        answers=answer.get("$ref", "").removeprefix(REF),
        refusals=refused.split(" | ") if refused else [],
    )


def _shape(name: str, schema: dict[str, Any]) -> Shape:
    needed = schema.get("required", [])
    fields = [
        _field(field, each, needed=field in needed) for field, each in schema.get("properties", {}).items()
    ]
    return Shape(name, schema.get("description", ""), fields, schema.get("enum", []))


def _field(name: str, schema: dict[str, Any], *, needed: bool) -> Field:
    says = [schema["description"]] if "description" in schema else []
    says += [
        f"{word} {json.dumps(schema[key])}" for key, word in LIMITS.items() if schema.get(key) not in UNSAID
    ]
    says += [f"e.g. {json.dumps(schema['examples'][0], ensure_ascii=False)}"] if "examples" in schema else []
    kind, shape = _kind(schema)
    return Field(name, kind, shape, needed, " · ".join(says))


LIMITS = {
    "minimum": "≥",
    "exclusiveMinimum": ">",
    "maximum": "≤",
    "minLength": "length ≥",
    "maxLength": "length ≤",
    "maxItems": "items ≤",
    "default": "default",
}
UNSAID = ("", None, 2**62)
"""Values of limits that tell a reader nothing."""


def _kind(schema: dict[str, Any]) -> tuple[str, str]:
    """The type in a word or two, and the shape it is made of."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(REF)
        return name, name
    if "anyOf" in schema:
        kinds = [_kind(each) for each in schema["anyOf"]]
        return " | ".join(kind for kind, _ in kinds), next((shape for _, shape in kinds if shape), "")
    if schema.get("type") == "array":
        kind, shape = _kind(schema["items"])
        return f"[{kind}]", shape
    if "enum" in schema or "const" in schema:
        return " | ".join(str(value) for value in schema.get("enum", [schema.get("const")])), ""
    return schema.get("format") or schema.get("type", "any"), ""


async def for_programs(request: Request) -> Response:
    """OpenAPI 3.1."""
    return JSONResponse(
        description(), headers={"Cache-Control": "no-cache", "Access-Control-Allow-Origin": "*"}
    )


async def for_people(request: Request) -> Response:
    """The same as a page."""
    return page(request, "site/api_docs.html", docs_page())


routes = [
    get("/api/v1/openapi.json", for_programs, who=anyone),
    get("/api/docs", for_people, who=anyone),
]
