"""Migration steps for what the database itself must refuse, in each database's own words."""

from typing import Any

from tortoise.migrations.operations import RunSQL


class Guard(RunSQL):
    """SQL per dialect: a constraint that PostgreSQL has and SQLite must be taught by a trigger."""

    def __init__(self, *, postgres: list[str], sqlite: list[str]) -> None:
        super().__init__({"postgres": postgres, "sqlite": sqlite})

    async def _run_sql(self, state_editor: Any, sqls: Any) -> None:
        for sql in sqls[state_editor.client.capabilities.dialect]:
            # Not execute_script: SQLite's would commit the migration half-way.
            await state_editor.client.execute_query(sql)


def refuse(table: str, name: str, condition: str, *, on: str = "INSERT UPDATE") -> list[str]:
    """SQLite triggers that refuse a row for which `condition` (about NEW, and OLD on update) holds."""
    return [
        f"CREATE TRIGGER {name}_{event.lower()} BEFORE {event} ON {table} WHEN {condition}"
        f" BEGIN SELECT RAISE(ABORT, '{name}'); END"
        for event in on.split()
    ]


def check(table: str, name: str, condition: str) -> Guard:
    """A CHECK on an existing table. Write its columns as NEW.column."""
    return Guard(
        postgres=[f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition.replace('NEW.', '')})"],
        sqlite=refuse(table, name, f"NOT ({condition})"),
    )


def unique(table: str, name: str, columns: str, where: str) -> Guard:
    """A unique index over some of the rows."""
    sql = [f"CREATE UNIQUE INDEX {name} ON {table} ({columns}) WHERE {where}"]
    return Guard(postgres=sql, sqlite=sql)
