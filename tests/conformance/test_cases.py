"""Pages that were once read wrongly, in one crawl: each field that is labelled, as it should be."""

import json

import pytest

from support import SHARED, Pages, lines, needs_shared, scrapy_in

CASES = sorted((SHARED / "cases" / "pages").glob("*.json"))
pytestmark = needs_shared()


def place(url):
    return url.partition("://")[2]


@pytest.fixture(scope="module")
def labels():
    return {file.stem: json.loads(file.read_text("utf-8")) for file in CASES}


@pytest.fixture(scope="module")
def archived(labels, tmp_path_factory):
    """The line of each case by its URL, after a crawl of all of them."""
    served = Pages()
    for name, case in labels.items():
        body = (SHARED / "cases" / "pages" / f"{name}.html").read_bytes()
        served[place(case["url"])] = body
        served.headers[place(case["url"])] = {"Content-Type": case["content_type"]}
    output = tmp_path_factory.mktemp("cases") / "output"
    urls = ",".join(case["url"] for case in labels.values() if case.get("expect"))
    scrapy_in(output)("crawl", "articles", "-a", f"urls={urls}", mirror=served.url)
    served.server.shutdown()
    served.server.server_close()
    return {place(line["url"]): line for line in lines(output)}


@pytest.mark.parametrize("name", [file.stem for file in CASES])
def test_each_labelled_field_is_right(name, labels, archived):
    case = labels[name]
    line = archived.get(place(case["url"]), {})
    assert {field: line.get(field) for field in case.get("expect", {})} == case.get("expect", {})
