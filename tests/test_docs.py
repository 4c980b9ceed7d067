"""Documents that would quietly become false: each list in them is checked against the code."""

import re
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from app import worker
from app.cli import cli
from core.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
# A letter in brackets keeps these patterns from finding themselves.
ONE_MACHINE = re.compile(r"/[h]ome/\w+|/[U]sers/\w+|/[r]oot/|/[w]ork/|[A-Z]:\\[U]sers")
REGISTRY = re.compile(r"[p]ypi\.org|[p]ythonhosted\.org|[n]pmjs\.|[r]egistry\.yarn|[p]roxy\.golang")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
LINK = re.compile(r"(?:\]\(|(?:src|href)=\")([^)\s\"]+)")
# Everything that is not a picture or a font.
BINARY = {".png", ".woff2", ".ico", ".jpg", ".xlsx", ".pdf", ".gz"}


def committed() -> list[Path]:
    """Files of the repository, also those about to be added."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


def rows(document: str) -> list[list[str]]:
    """Cells of all table rows of a document."""
    lines = (ROOT / document).read_text().splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]


def commands(group: TyperGroup, before: str = "") -> list[str]:
    """`import gigs` and its like, with the words that lead to them."""
    found = []
    for name, command in group.commands.items():
        found += commands(command, f"{before}{name} ") if isinstance(command, TyperGroup) else [before + name]
    return found


def packages() -> list[str]:
    return sorted(
        path.parent.name
        for path in ROOT.glob("*/__init__.py")
        if path.parent.name not in ("tests", "benchmarks")
    )


def test_the_table_of_settings_is_what_the_code_says() -> None:
    told = [
        (name.strip("`"), default.strip("`"), meaning) for name, default, meaning in rows("docs/settings.md")
    ]
    true = [
        (row.name.upper(), "empty" if row.default in ("", ()) else str(row.default), row.metadata["help"])
        for row in fields(Settings)
    ]
    assert told == true


def test_every_job_and_timer_is_told() -> None:
    told = [row[0].strip("`") for row in rows("docs/jobs.md")]
    assert sorted(told) == sorted([*worker.jobs(), *worker.TIMERS])


def test_timers_run_as_often_as_told() -> None:
    told = {row[0].strip("`"): row[1] for row in rows("docs/jobs.md") if len(row) == 3}
    assert told == {
        name: f"{every} s" if every < 3600 else f"{every // 3600} h"
        for name, (every, _run) in worker.TIMERS.items()
    }


def test_every_command_is_told() -> None:
    documents = README + "".join(path.read_text() for path in (ROOT / "docs").rglob("*.md"))
    main = typer.main.get_command(cli)
    assert isinstance(main, TyperGroup)
    assert [name for name in commands(main) if f"python -m app {name}" not in documents] == []


@pytest.mark.parametrize("document", ["README.md", "docs/architecture.md"])
def test_every_package_has_its_line(document: str) -> None:
    text = (ROOT / document).read_text()
    assert [name for name in packages() if f"`{name}/`" not in text] == []


def test_links_between_files_lead_somewhere() -> None:
    broken = []
    for path in (each for each in committed() if each.suffix == ".md"):
        for target in LINK.findall(CODE.sub("", path.read_text())):
            file = target.split("#")[0]
            if (
                file
                and "://" not in target
                and not target.startswith("mailto:")
                and not (path.parent / file).exists()
            ):
                broken.append(f"{path.relative_to(ROOT)}: {target}")
    assert broken == []


@pytest.mark.parametrize("words", [ONE_MACHINE, REGISTRY], ids=["one-machine", "registry"])
def test_no_file_speaks_of_one_machine_or_of_a_registry(words: re.Pattern[str]) -> None:
    found = []
    for path in committed():
        if path.suffix not in BINARY and "vendor" not in path.parts:
            hit = words.search(path.read_text(errors="ignore"))
            if hit:
                found.append(f"{path.relative_to(ROOT)}: {hit[0]}")
    assert found == []


def test_pictures_are_small() -> None:
    large = [
        path.name for path in (ROOT / "docs" / "pictures").glob("*.png") if path.stat().st_size > 120_000
    ]
    assert large == []
