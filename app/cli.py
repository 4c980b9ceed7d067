"""The command line: python -m app run | migrate | demo | import | check | token | messages."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from tortoise.migrations.api.migrate import migrate as apply_migrations

from core import clock, database, settings

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_show_locals=False)
importing_cli = typer.Typer(no_args_is_help=True, help="Bring postings in from a file.")
cli.add_typer(importing_cli, name="import")

Data = Annotated[
    Path | None, typer.Option("--data", help="Folder of everything Jishi keeps. Default: DATA_DIR or data.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
T = TypeVar("T")


def use(data: Path | None, **changes: Any) -> settings.Settings:
    """Settings from the environment, with what the command line says on top."""
    try:
        chosen = settings.load()
    except settings.WrongSetting as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    chosen = replace(chosen, **({"data_dir": data} if data else {}), **changes)
    chosen.data_dir.mkdir(parents=True, exist_ok=True)
    settings.install(chosen)
    return chosen


def run_async(work: Callable[[], Awaitable[T]]) -> T:
    """Do this with the database open, and close it whatever happens."""

    async def inside() -> T:
        from app.tables import config

        await database.connect(config())
        try:
            return await work()
        finally:
            await database.disconnect()

    return asyncio.run(inside())


def bring_up_to_date() -> None:
    """Apply the migrations that are missing."""
    from app.tables import config

    async def inside() -> None:
        try:
            await apply_migrations(config=config())
        finally:
            await database.disconnect()

    asyncio.run(inside())


@cli.command()
def run(
    data: Data = None,
    port: Annotated[int | None, typer.Option(help="Port of the site. Default: PORT or 8000.")] = None,
    demo: Annotated[
        bool | None,
        typer.Option(help="Fill an empty database with a demo town. Default: yes on the embedded database."),
    ] = None,
) -> None:
    """Serve Jishi: migrate, load the demo when the database is empty, start and keep all processes."""
    from app import supervisor
    from app.demo import state

    chosen = use(data, **({"port": port} if port else {}))
    _warn_of_old_sqlite(chosen)
    bring_up_to_date()
    wanted = chosen.embedded if demo is None else demo
    try:
        is_demo = run_async(lambda: state.prepare(wanted=wanted, insisted=demo is True, now=clock.now()))
    except state.RealData as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    settings.install(replace(chosen, demo=is_demo and demo is not False))
    raise typer.Exit(supervisor.run(settings.current(), chosen.port))


def _warn_of_old_sqlite(chosen: settings.Settings) -> None:
    import sqlite3

    from core.sqlite import SAFE_VERSION

    if chosen.embedded and sqlite3.sqlite_version_info < SAFE_VERSION:
        typer.echo(
            f"SQLite {sqlite3.sqlite_version} 有一个极少见的数据损坏缺陷，已在 3.51.3 修复。正式使用请改用 PostgreSQL。\n"
            f"SQLite {sqlite3.sqlite_version} has a very rare corruption bug that 3.51.3 mends. "
            "For real use, take PostgreSQL (docs/operations.md).",
            err=True,
        )


@cli.command()
def migrate(data: Data = None) -> None:
    """Bring the database up to date."""
    chosen = use(data)
    bring_up_to_date()
    typer.echo(f"up to date: {'SQLite' if chosen.embedded else 'PostgreSQL'}")


@cli.command()
def demo(
    data: Data = None,
    accounts: Annotated[
        bool, typer.Option("--accounts", help="List the demo accounts instead of loading.")
    ] = False,
    as_json: AsJson = False,
    seed: Annotated[int, typer.Option(help="Another seed, another town.")] = 1,
) -> None:
    """Fill an empty database with a demo town, or list its accounts."""
    from app.demo import accounts as demo_accounts
    from app.demo import state

    use(data)
    if accounts:
        listed = [asdict(account) for account in run_async(demo_accounts.accounts)]
        lines = [
            f"{each['role']:<14} {each['phone']:<16} {each['name']} {each['employer'] or ''}"
            for each in listed
        ]
        typer.echo(json.dumps(listed, ensure_ascii=False) if as_json else "\n".join(lines))
        return
    bring_up_to_date()
    try:
        run_async(lambda: state.prepare(wanted=True, insisted=True, now=clock.now(), seed=seed))
    except state.RealData as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    typer.echo("the demo town is ready: python -m app demo --accounts")


@cli.command()
def check(data: Data = None, as_json: AsJson = False) -> None:
    """Ask the database whether every invariant holds. Exit 1 when one is broken."""
    from app import invariants

    use(data)
    breaches = run_async(lambda: invariants.broken(clock.now()))
    if as_json:
        typer.echo(json.dumps([asdict(breach) for breach in breaches], ensure_ascii=False, default=str))
    else:
        for breach in breaches:
            typer.echo(f"{breach.code}  {breach.says}: {len(breach.rows)}, e.g. {breach.rows[0]}")
        typer.echo(f"{len(invariants.INVARIANTS)} invariants, {len(breaches)} broken")
    raise typer.Exit(1 if breaches else 0)


@cli.command()
def token(
    phone: Annotated[str, typer.Option(help="Mobile number of the account.")], data: Data = None
) -> None:
    """Print a bearer token for the API. It acts as that person, so keep it as you keep a key."""
    from accounts.actions import open_api_session
    from rulebook.identity import normal_phone

    use(data)
    number = normal_phone(phone)
    made = run_async(lambda: open_api_session(number, clock.now())) if number else None
    if made is None:
        typer.echo("no account has this phone number", err=True)
        raise typer.Exit(1)
    typer.echo(made)


@importing_cli.command("gigs")
def import_gigs(
    file: Annotated[Path, typer.Argument(help="CSV, XLSX or JSON lines; columns: docs/import-gigs.md.")],
    data: Data = None,
    employer: Annotated[str | None, typer.Option(help="Credit code, when the file does not name it.")] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Import the good rows even when others are wrong.")
    ] = False,
) -> None:
    """Import gigs with their shifts: all or nothing, with an error per row."""
    from app import importing

    use(data)
    raise typer.Exit(run_async(lambda: importing.import_gigs(file, employer=employer, partial=partial)))


@cli.command()
def messages(
    check_only: Annotated[
        bool, typer.Option("--check", help="Only tell what is missing; exit 1 if anything is.")
    ] = False,
) -> None:
    """Collect the sentences to translate into locale/, and make zh-Hant from zh-Hans."""
    from app import catalogues

    raise typer.Exit(catalogues.check() if check_only else catalogues.update())
