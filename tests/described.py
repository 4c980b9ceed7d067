"""Calling the API so that every answer is held against its own description."""

from typing import Any

from jsonschema import Draft202012Validator

from app import api_docs
from tests.cast import Visitor


async def call(
    client: Visitor,
    method: str,
    path: str,
    status: int = 200,
    *,
    json: Any = None,
    key: str = "",
    **params: Any,
) -> dict[str, Any]:
    """Call `method path` (path as in the description, its {names} and the query taken from params)."""
    told = api_docs.description()["paths"][path][method.lower()]
    names = {each["name"] for each in told["parameters"] if each["in"] == "path"}
    address = path.format(**{name: params.pop(name) for name in names})
    headers = {"Idempotency-Key": key} if key else {}
    answer = await client.request(method, address, json=json, params=params, headers=headers)
    assert answer.status_code == status, (answer.status_code, answer.text)
    _check(answer.json(), told["responses"].get(str(status)) or told["responses"]["default"])
    return dict(answer.json())


def _check(body: Any, response: dict[str, Any]) -> None:
    (content,) = response["content"].values()
    schema = {"$ref": content["schema"]["$ref"], "components": api_docs.description()["components"]}
    Draft202012Validator(schema).validate(body)


async def refused(client: Visitor, method: str, path: str, status: int = 409, **more: Any) -> str:
    """The code of a refusal."""
    return str((await call(client, method, path, status, **more))["code"])
