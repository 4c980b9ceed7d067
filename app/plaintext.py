"""SQL that finds phones and ID numbers where they must not be: in logs, promises and messages."""

COLUMNS = {
    "audit": ("verb", "request_id"),
    "outbox": ("job", "key", "last_error"),
    "notice": ("kind", "link"),
    "idempotency_key": ("key", "route", "body", "location"),
}
JSON = {"audit": "change", "outbox": "args", "notice": "params"}
"""Table → columns that must never hold a phone or ID number."""
ENCRYPTED = {"account": ("phone", "id_number", "totp_secret"), "sign_in_code": ("phone",)}
"""Table → columns in which everything must be encrypted."""

PERSONAL = (
    "(^|[^0-9A-Za-z]|%2B)("
    "(86)?1[3-9][0-9]{9}"
    "|[1-9][0-9]{5}(19|20)[0-9]{2}[01][0-9][0-3][0-9]{4}[0-9Xx]"
    ")($|[^0-9A-Za-z])"
)
"""A mobile number, with or without country code, or an ID number; not inside a longer number or a hash."""
_DIGIT, _EDGE = "[0-9]", "[^0-9A-Za-z]"
_MOBILE = f"1[3-9]{_DIGIT * 9}{_EDGE}*"
_ID_NUMBER = f"[1-9]{_DIGIT * 5}[12][09]{_DIGIT * 2}[01]{_DIGIT}[0-3]{_DIGIT * 4}[0-9Xx]{_EDGE}*"
GLOBS = (f"*{_EDGE}{_MOBILE}", f"*{_EDGE}86{_MOBILE}", f"*%2B86{_MOBILE}", f"*{_EDGE}{_ID_NUMBER}")
"""The same for SQLite, which has no regular expressions."""


def in_postgres() -> str:
    """Table, id and column of every row that tells too much."""
    columns = [(table, column) for table, names in COLUMNS.items() for column in names]
    columns += [(table, f"{column}::text") for table, column in JSON.items()]
    told = [_select(table, column, f"{column} ~ '{PERSONAL}'") for table, column in columns]
    return " UNION ALL ".join([*told, *_unsealed()])


def in_sqlite() -> str:
    """The same for SQLite."""
    told = [_select(table, column, _globs(column)) for table, names in COLUMNS.items() for column in names]
    # By json_tree, because JSON is kept with Chinese escaped: a phone would seem to stand behind a letter.
    told += [
        _select(
            table, column, f"EXISTS (SELECT 1 FROM json_tree({column}) AS part WHERE {_globs('part.atom')})"
        )
        for table, column in JSON.items()
    ]
    return " UNION ALL ".join([*told, *_unsealed()])


def _select(table: str, column: str, where: str) -> str:
    return f"SELECT '{table}' AS of, id, '{column}' AS told FROM {table} WHERE {where}"


def _globs(text: str) -> str:
    return "(" + " OR ".join(f"' ' || {text} || ' ' GLOB '{glob}'" for glob in GLOBS) + ")"


def _unsealed() -> list[str]:
    return [
        _select(table, column, f"{column} NOT LIKE 'enc:%'")
        for table, names in ENCRYPTED.items()
        for column in names
    ]
