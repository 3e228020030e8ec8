"""The roll API of the mirror: the envelope, rows and quirks of the real one."""

import json
from datetime import datetime

from sinanews.channels import BY_LID
from sinanews.mirror.roll import PATH as ROLL
from sinanews.mirror.server import running
from sinanews.mirror.site import START, Site

GUONEI = f"{ROLL}?pageid=155&lid=1686&k=&num=50"


def ids(result):
    return [row["docid"] for row in result["data"]]


def test_the_envelope_has_whole_numbers_and_the_time_as_text(get, mirror):
    result = get(GUONEI).result
    rows = result["data"]
    assert result["status"] == {"code": 0, "msg": "succ"}
    assert (result["lid"], result["rtime"]) == (1686, START)
    assert result["total"] == len(mirror.site.listed(1686))
    assert (result["start"], result["end"]) == (int(rows[0]["ctime"]), int(rows[-1]["ctime"]))
    clock = datetime.strptime(result["timestamp"], "%a %b %d %H:%M:%S %z %Y")
    assert clock.timestamp() == START


def test_every_scalar_of_a_row_is_a_string(get):
    rows = get(GUONEI).result["data"]
    scalars = {k: v for row in rows for k, v in row.items() if k not in {"img", "images"}}
    assert {type(value) for value in scalars.values()} == {str}
    assert all(row["summary"] == row["author"] == "" for row in rows)


def test_a_row_has_the_values_of_its_story(get, mirror):
    row = get(GUONEI).result["data"][0]
    story = mirror.site.listed(1686)[0]
    assert row["docid"] == f"comos:{story.docid}"
    assert (row["url"], row["title"]) == (story.url, story.listed_title)
    assert (row["intime"], row["media_name"]) == (str(story.intime), story.source)
    assert json.loads(row["urls"]) == [story.url]
    assert {"1686", "2509"} <= set(row["lids"].split(","))


def test_an_icon_has_three_forms_and_the_sizes_of_pictures_are_strings(get):
    rows = get(GUONEI).result["data"]
    assert {type(row["img"]) for row in rows} == {dict, list, str}
    assert all(row["img"]["w"] == 100 for row in rows if isinstance(row["img"], dict))
    pictures = [picture for row in rows for picture in row["images"]]
    assert pictures
    assert {(picture["w"], picture["h"]) for picture in pictures} == {("550", "315")}


def test_some_rows_lack_keys_that_others_have(get):
    rows = get(GUONEI).result["data"]
    assert {"mlids" in row for row in rows} == {"ext" in row for row in rows} == {True, False}


def test_intros_are_cut_some_indented_some_with_entities(ask):
    with running(Site(tick=0)) as mirror:
        pages = [ask(f"{mirror.url}/{GUONEI}&page={page}").result for page in (1, 2, 3, 4)]
    intros = [row["intro"] for page in pages for row in page["data"]]
    assert any(intro.startswith("　　") for intro in intros)
    assert any("&amp;" in intro for intro in intros)
    assert sum(intro.endswith("...") for intro in intros) > len(intros) / 2


def test_the_answer_is_ascii_with_escaped_slashes(get):
    body = get(GUONEI).body
    assert body.isascii()
    assert b"https:\\/\\/finance.sina.com.cn" in body
    assert b"https://" not in body


def test_num_is_clamped_to_fifty(get):
    assert len(get(f"{ROLL}?pageid=153&lid=2509&num=500").result["data"]) == 50


def test_without_num_there_are_twenty_rows(get):
    assert len(get(f"{ROLL}?pageid=155&lid=1686").result["data"]) == 20


def test_pages_follow_one_another_and_end_in_an_empty_one(get, mirror):
    url = f"{ROLL}?pageid=155&lid=1686&num=20&page="
    pages = [ids(get(f"{url}{page}").result) for page in (1, 2, 3, 4)]
    assert sum(pages, []) == [f"comos:{s.docid}" for s in mirror.site.listed(1686)]  # noqa: RUF017 - four short lists
    assert pages[-1] == []


def test_an_unregistered_list_is_refused_with_status_200_and_code_11(get):
    answer = get(f"{ROLL}?pageid=155&lid=2516")
    assert answer.status == 200
    assert answer.result["status"] == {"code": 11, "msg": "列表和页面没有经过注册！"}
    assert answer.result["data"] == []


def test_every_channel_of_the_table_is_registered(get):
    for channel in BY_LID.values():
        result = get(f"{ROLL}?pageid={channel.pageid}&lid={channel.lid}").result
        assert (channel.name, result["status"]["code"]) == (channel.name, 0)


def test_a_callback_wraps_the_answer(get):
    text = get(f"{GUONEI}&callback=feedCardJsonpCallback").text
    opening, closing = "try{feedCardJsonpCallback(", ");}catch(e){};"
    assert text.startswith(opening)
    assert text.endswith(closing)
    assert json.loads(text[len(opening) : -len(closing)])["result"]["lid"] == 1686


def test_rows_move_to_the_next_page_during_a_walk(ask):
    with running(Site()) as mirror:
        pages = [ids(ask(f"{mirror.url}/{GUONEI}&page={page}").result) for page in range(1, 8)]
    walked = [docid for page in pages for docid in page]
    assert 5 <= len(walked) - len(set(walked)) <= 10
    listed = {f"comos:{story.docid}" for story in mirror.site.listed(1686)}
    assert listed > set(walked)


def test_a_refused_list_does_not_move_the_clock(ask):
    with running(Site(articles=60)) as mirror:
        ask(f"{mirror.url}/{ROLL}?pageid=1&lid=1")
        assert mirror.site.now == START
