"""The API's own description, and its page."""

from typing import Any

import pytest
from openapi_spec_validator import validate

from app import api_docs
from core.api import ApiRoute
from tests.cast import Visitor

pytestmark = pytest.mark.anyio


async def test_the_description_is_valid_openapi(client: Visitor) -> None:
    answer = await client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    validate(answer.json())


def test_every_route_of_the_api_is_described_and_mounted() -> None:
    from app import web

    mounted = [route for route in web.routes() if isinstance(route, ApiRoute)]
    described = {(path, method) for path, told in api_docs.description()["paths"].items() for method in told}
    assert len(mounted) == len(described)


def test_every_noun_has_its_heading() -> None:
    tags = {
        told["tags"][0] for methods in api_docs.description()["paths"].values() for told in methods.values()
    }
    assert tags == set(api_docs.TITLES)


def test_every_shape_that_is_named_is_there() -> None:
    shapes = api_docs.description()["components"]["schemas"]

    def refs(node: Any) -> set[str]:
        if isinstance(node, dict):
            own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
            return own.union(*(refs(value) for value in node.values()))
        return set().union(*(refs(value) for value in node)) if isinstance(node, list) else set()

    assert {ref.removeprefix(api_docs.REF) for ref in refs(api_docs.description())} <= set(shapes)


@pytest.mark.parametrize("language", ["zh-CN", "zh-TW", "en"])
async def test_people_read_it_in_their_language(client: Visitor, language: str) -> None:
    answer = await client.get("/api/docs", headers={"Accept-Language": language})
    assert answer.status_code == 200
    assert "/api/v1/shifts/{id}/claims" in answer.text
    assert ("The API" in answer.text) == (language == "en")


async def test_the_page_loads_nothing_from_elsewhere(client: Visitor) -> None:
    text = (await client.get("/api/docs")).text
    assert 'src="http' not in text
    assert 'rel="stylesheet" href="http' not in text
    assert " style=" not in text
