"""The servers of the tests themselves: what the application counts on is there, and CI accepts no excuse."""

import asyncpg
import pytest

from tests import services


@pytest.mark.anyio
async def test_postgres_has_what_overlapping_claims_need() -> None:
    connection = await asyncpg.connect(services.postgres() + "postgres")
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        assert int(await connection.fetchval("SHOW server_version_num")) >= 15_00_00
        assert await connection.fetchval("SHOW max_connections") == "200"
    finally:
        await connection.close()


def test_each_test_process_has_one_of_each() -> None:
    assert services.postgres() == services.postgres()
    assert services.valkey() == services.valkey()


def test_what_is_missing_is_skipped_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no such server"):
        services.missing("no such server")


def test_in_continuous_integration_what_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no such server"):
        services.missing("no such server")
