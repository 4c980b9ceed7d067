"""Cookies, the proof that a form is ours, and where one may be sent after signing in."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from core import sessions, settings
from core.errors import Forbidden


def request(cookies: str = "visitor=v; jishi=s", **headers: str) -> Request:
    given = {
        "host": "jishi.example",
        "cookie": cookies,
        **{name.replace("_", "-"): text for name, text in headers.items()},
    }
    raw = [(name.encode(), text.encode()) for name, text in given.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw, "state": {}})


def refused(asked: Request, token: str) -> str:
    with pytest.raises(Forbidden) as caught:
        sessions.check_form(asked, token)
    return caught.value.reason.code


def test_our_own_form_is_accepted():
    asked = request()
    sessions.check_form(asked, sessions.csrf_token(asked))


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none"},
        {"origin": "https://jishi.example"},
    ],
)
def test_a_browser_that_says_it_comes_from_us_is_accepted(headers):
    asked = request(**headers)
    sessions.check_form(asked, sessions.csrf_token(asked))


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "http://[bad"},
        {"origin": "https://jishi.example.evil.example"},
        {"origin": "https://jishi.example:444"},
    ],
)
def test_a_form_from_elsewhere_is_refused_even_with_the_right_token(headers):
    asked = request(**headers)
    assert refused(asked, sessions.csrf_token(asked)) == "foreign-form"


@pytest.mark.parametrize("token", ["", "0" * 32, "签" * 32, "é" * 32])
def test_a_form_without_our_token_is_refused(token):
    assert refused(request(), token) == "stale-form"


@pytest.mark.parametrize("cookies", ["visitor=other; jishi=s", "visitor=v; jishi=other", "visitor=v", ""])
def test_a_token_belongs_to_its_browser_and_its_session(cookies):
    assert refused(request(cookies), sessions.csrf_token(request())) == "stale-form"


def test_a_new_visitor_gets_a_mark_once_and_their_form_is_accepted():
    asked, answer = request(cookies=""), Response()
    token = sessions.csrf_token(asked)
    sessions.check_form(asked, token)
    sessions.remember_visitor(asked, answer)
    mark = answer.headers["set-cookie"].split(";")[0]
    sessions.check_form(request(cookies=mark), token)


def test_who_has_a_mark_gets_no_other():
    answer = Response()
    sessions.csrf_token(request())
    sessions.remember_visitor(request(), answer)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("site_url", "name", "secure"),
    [
        ("https://jishi.example", "__Host-jishi", True),
        ("http://jishi.example", "jishi", False),
    ],
)
def test_the_session_cookie_is_as_strict_as_the_connection_allows(installed, site_url, name, secure):
    settings.install(replace(installed, site_url=site_url))
    try:
        answer = Response()
        sessions.start(answer, "secret", 60)
    finally:
        settings.install(installed)
    cookie = answer.headers["set-cookie"].lower()
    assert answer.headers["set-cookie"].startswith(f"{name}=secret")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert "domain" not in cookie
    assert ("secure" in cookie.replace("=secret", "")) is secure


def test_signing_out_takes_along_what_the_browser_kept():
    answer = Response()
    sessions.end(answer)
    assert 'jishi=""' in answer.headers["set-cookie"]
    assert "cache" in answer.headers["clear-site-data"]


@pytest.mark.parametrize("target", ["/", "/my", "/shifts/7?day=today#claim-box", "/shifts?q=洗碗"])
def test_one_is_sent_on_to_a_page_of_ours(target):
    assert sessions.safe_next(target) == target


@pytest.mark.parametrize(
    "target",
    [
        "",
        "my",
        "//evil.example",
        "///evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r/evil.example",
        "\t//evil.example",
        "/a\\b",
        " /my",
        "/my\0",
    ],
)
def test_and_to_nowhere_else(target):
    assert sessions.safe_next(target, "/home") == "/home"


@given(some.text(alphabet="/\\\t\n\r .:@?#ehtpsvil\0"))
def test_no_mixture_leads_off_the_site(target):
    sent = sessions.safe_next(target)
    assert sent.startswith("/")
    # What a browser makes of it: tabs and line breaks fall out, backslashes are slashes.
    seen = sent.translate({9: None, 10: None, 13: None, 92: "/"})
    assert not seen.startswith("//")
    assert RedirectResponse(sent).headers["location"].startswith("/")
