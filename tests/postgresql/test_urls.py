"""Wherever a password stands in the URL of a ledger, and whatever is in it, nobody sees it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sinanews.exceptions import ArgumentError
from sinanews.ledger.database import create, shown_url

SECRET = "Qs3cretQ"  # noqa: S105 - invented
# What cuts a URL up, and what does not.
ODD = st.text("@:/?#&=%;[]+ 4ab0.", max_size=6)
FORMS = (
    "postgresql://me:{}@127.0.0.1:5432/news",
    "postgresql://127.0.0.1:5432/news?password={}",
    "postgresql://127.0.0.1/news?sslmode=require&password={}&application_name=me",
    "postgres://me@127.0.0.1/news?sslpassword={}",
    "postgresql+psycopg://me:pw@127.0.0.1/news?oauth_client_secret={}",
    "postgresql://me@127.0.0.1?user=you&password={}",
    "postgresql+other://me:{}@127.0.0.1/news",
    "mysql://127.0.0.1/news?passwd={}",
    "sqlite://me:{}@127.0.0.1/news",
)


def told(url):
    """What is said of a URL, and whether it is taken; that it is says no more of it."""
    try:
        database = create(url)
    except ArgumentError as error:
        return str(error), False
    assert database.url.host == "127.0.0.1"
    database.dispose()
    return shown_url(database.url), True


@given(form=st.sampled_from(FORMS), before=ODD, after=ODD)
@example(FORMS[0], "Top@", "")
@example(FORMS[0], "Top@", "/x@")
@example(FORMS[1], "a/b@", "")
@example(FORMS[1], "a&", "=1")
@example(FORMS[1], "a:", "@")
@example(FORMS[7], "&=", "")
@example(FORMS[1], "&", "=0")
def test_no_part_of_a_password_is_shown_however_it_cuts_the_url_up(form, before, after):
    assert SECRET not in told(form.format(before + SECRET + after))[0]


@pytest.mark.parametrize("form", FORMS[:6])
def test_a_password_that_is_escaped_is_taken(form):
    message, is_taken = told(form.format(f"%40%3A%2F%3F%26{SECRET}"))
    assert is_taken, message
    assert "***" in message
    assert "127.0.0.1" in message


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:Top@Qs3cretQ@127.0.0.1:5432/odd", "postgresql://***@127.0.0.1:5432/odd"),
        ("postgresql://me:a@b/Qs3cretQ@host/odd", "postgresql://***@host/odd"),
        ("postgresql://me:a?b@host/odd", "postgresql://***"),
        ("postgresql://me@host/odd?password=a/b@Qs3cretQ", "postgresql://***"),
        ("postgresql://host/odd?password=Qs3cretQ@x", "postgresql://***"),
        ("postgresql://me:Qs3cretQ/odd", "postgresql://me:***"),
    ],
)
def test_a_url_that_a_password_cuts_up_is_refused_with_how_to_write_it(url, shown):
    with pytest.raises(ArgumentError) as error:
        create(url)
    message = str(error.value)
    assert f"LEDGER_URL: {shown!r} is not accepted" in message
    assert message.endswith("in a password %40 for @, %3A for :, %2F for / and %3F for ?")


def test_parameters_that_name_no_secret_are_shown():
    url = "postgresql://me@host/news?passfile=mine&sslkey=key.pem&sslmode=require"
    database = create(url)
    assert shown_url(database.url) == url.replace("postgresql", "postgresql+psycopg")
    database.dispose()


def test_parameters_that_the_driver_has_not_are_refused_by_name():
    with pytest.raises(ArgumentError, match=r"not autocommit, sslmod$"):
        create("postgresql://me@host/news?sslmod=require&autocommit=1")
    with pytest.raises(ArgumentError, match=r"in a password %26 for &$"):
        create("postgresql://me@host/news?password=a&b=1")


def test_a_file_may_have_any_name():
    database = create("sqlite:////none/a@b@c/ledger.db")
    assert database.url.database == "/none/a@b@c/ledger.db"
    database.dispose()
