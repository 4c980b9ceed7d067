"""Rows that know their ids before they are in the database, so that they can point at each other."""

from dataclasses import dataclass, field
from typing import Any, TypeVar

from tortoise.models import Model

from core import database

BATCH = 500
Row = TypeVar("Row", bound=Model)


@dataclass
class Draft:
    """What will be inserted into empty tables."""

    tables: dict[type[Model], list[Any]] = field(default_factory=dict)
    """In the order in which they were first written to: a row points only at rows written before it."""
    named: dict[str, Any] = field(default_factory=dict)
    """The demo town's key → the row made of it."""

    def add(self, model: type[Row], key: str = "", **values: object) -> Row:
        """A new row with the next free id, to be found again under its key."""
        rows = self.rows(model)
        row = model(id=len(rows) + 1, **values)
        rows.append(row)
        if key:
            self.named[key] = row
        return row

    def rows(self, model: type[Row]) -> list[Row]:
        """The rows of one table so far."""
        return self.tables.setdefault(model, [])

    def row(self, model: type[Row], row_id: int) -> Row:
        """The row of one table with this id."""
        return self.rows(model)[row_id - 1]

    async def insert(self) -> None:
        """Write everything in the open transaction."""
        for model, rows in self.tables.items():
            await model.bulk_create(rows, batch_size=BATCH)
            await _count_on(model)


async def _count_on(model: type[Model]) -> None:
    """Let the database's own numbers go on after ours; SQLite does so by itself."""
    if database.dialect() == "postgres":
        table = model._meta.db_table
        await database.rows(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
