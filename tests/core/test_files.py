"""Uploads: told by their first bytes, kept whole under a name nobody can guess."""

import hashlib

import pytest

from core import files
from core.errors import Invalid

pytestmark = pytest.mark.anyio

PDF = b"%PDF-1.7\n..."


async def complaint(content: bytes) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        await files.keep(content, field="licence")
    return caught.value.errors


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PDF, "application/pdf"),
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"\xff\xd8\xff...", "image/jpeg"),
    ],
)
async def test_a_document_comes_back_whole(content, media_type):
    kept = await files.keep(content, field="licence")
    assert (kept.media_type, kept.size) == (media_type, len(content))
    assert kept.sha256 == hashlib.sha256(content).hexdigest()
    assert await files.read(kept.path) == content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><script>",
        b"<svg xmlns=",
        b"GIF89a",
        b"MZ\x90\0",
        b"PK\x03\x04",
        b"#!/bin/sh",
        b"%PD",
        b"\n%PDF-1.7",
    ],
)
async def test_anything_else_is_refused_beside_its_field(content):
    assert list(await complaint(content)) == ["licence"]


async def test_what_is_too_large_is_refused():
    assert "10 MB" in (await complaint(PDF + b"\0" * files.LARGEST))["licence"]


async def test_two_alike_are_two_files():
    first, second = await files.keep(PDF, field="licence"), await files.keep(PDF, field="licence")
    assert first.path != second.path
