"""Addresses of lists of shifts with some of the filters changed."""

from collections.abc import Mapping
from urllib.parse import urlencode


def shifts_address(values: Mapping[str, object], **changes: object) -> str:
    """The list with these filters, changed like this; an empty value takes a filter away. `from_` means `from`."""
    merged = {**values, **{name.rstrip("_"): value for name, value in changes.items()}}
    query = urlencode({name: value for name, value in merged.items() if value not in ("", None)})
    return f"/shifts?{query}" if query else "/shifts"
