"""Places kept from the list of shifts."""

import pytest

from accounts.models import SavedPlace
from tests.cast import Cast, Visitor, person

pytestmark = pytest.mark.anyio
HOME = {"name": "家", "lat": "31.385", "lon": "120.955", "next": "/shifts?meals=yes"}


async def saved(client: Visitor, cast: Cast) -> SavedPlace:
    """Wanda keeps a place."""
    await client.comes_as(cast.wanda)
    assert (await client.sends("/account/places", HOME)).headers["location"] == HOME["next"]
    return await SavedPlace.get(user=cast.wanda)


async def test_a_saved_place_is_a_chip_of_the_list_and_keeps_the_filters(client: Visitor, cast: Cast) -> None:
    await saved(client, cast)
    page = await client.get("/shifts?meals=yes")
    assert "/shifts?meals=yes&amp;lat=31.385&amp;lon=120.955" in page.text


async def test_the_same_name_again_moves_the_place(client: Visitor, cast: Cast) -> None:
    await saved(client, cast)
    await client.sends("/account/places", HOME | {"region_code": "320583100", "lat": "31.4"})
    assert (await SavedPlace.get(user=cast.wanda)).region_code == "320583100"


@pytest.mark.parametrize(
    "wrong", [{"lat": "nan"}, {"lat": "91"}, {"name": ""}, {"region_code": "999"}, {"name": "长" * 31}]
)
async def test_a_place_that_is_none_is_not_kept(client: Visitor, cast: Cast, wrong: dict[str, str]) -> None:
    await client.comes_as(cast.wanda)
    assert (await client.sends("/account/places", HOME | wrong)).status_code == 422
    assert await SavedPlace.all().count() == 0


async def test_a_place_is_deleted_by_its_owner_alone(client: Visitor, cast: Cast) -> None:
    place = await saved(client, cast)
    async with Visitor.at_the_door() as other:
        await other.comes_as(cast.stan)
        assert (await other.sends(f"/account/places/{place.id}/forget")).status_code == 404
    await client.sends(f"/account/places/{place.id}/forget")
    assert await SavedPlace.all().count() == 0


async def test_there_are_at_most_twelve(client: Visitor, cast: Cast) -> None:
    lin = await person("林十二", "13800000099")
    for number in range(12):
        await SavedPlace.create(user=lin, name=str(number), lat=31, lon=120, created_at=lin.created_at)
    await client.comes_as(lin)
    assert (await client.sends("/account/places", HOME)).status_code == 409


async def test_the_account_lists_the_places(client: Visitor, cast: Cast) -> None:
    place = await saved(client, cast)
    assert f"/account/places/{place.id}/forget" in (await client.get("/account")).text
