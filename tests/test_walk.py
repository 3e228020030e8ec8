"""How far back lists are walked, and how each walk moves the watermark."""

from scrapy.settings import BaseSettings

from sinanews import settings
from sinanews.arguments import Harvest
from sinanews.channels import BY_NAME
from sinanews.config import Config, Window
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from sinanews.roll.api import Roll, Story
from sinanews.roll.walk import ATTEMPTS, End, Walk
from sinanews.roll.watermark import Watermark
from sinanews.utils.urls import ROWS_PER_PAGE as ROWS
from support import lines

GUONEI = BY_NAME["guonei"]
HOUR = 3600
NOW = 1_700_000_000
WINDOW = Window(lookback=HOUR, deep_scan_every=12 * HOUR, deep_scan_lookback=12 * HOUR)


def story(ctime, docid=""):
    return Story(docid or f"d{ctime}", "https://finance.sina.com.cn/x", "题", ctime, NOW, NOW)


def answer(*ctimes, size=ROWS, total=1000):
    """An answer of as many rows as a page has, the last one repeated."""
    rows = [story(ctime) for ctime in ctimes]
    return Roll([*rows, *[rows[-1]] * (size - len(rows))], [], size, NOW, total)


def walk(horizon, *answers, before=None, **arguments):
    query = Harvest.from_arguments(arguments)
    walked = Walk(query, GUONEI, config(), NOW, before)
    docids = []
    for page in answers:
        docids += [story.docid for story in walked.read(page)]
        walked.horizon = horizon
    return walked, docids


def config():
    names = filter(str.isupper, vars(settings))
    return Config.from_settings(BaseSettings({name: getattr(settings, name) for name in names}))


def test_a_walk_goes_on_until_most_rows_of_a_page_are_older_than_its_horizon():
    before = Watermark(reached=NOW - 100 + HOUR, deep_scanned=NOW)
    pages = answer(NOW - 1, NOW - 60), answer(NOW - 90, NOW - 110)
    first, _ = walk(NOW - 100, pages[0], before=before)
    second, _ = walk(NOW - 100, *pages, before=before)
    assert (first.end, first.page) == (None, 2)
    assert (second.end, second.oldest) == (End.HORIZON, NOW - 110)


def test_a_row_that_moved_to_the_next_page_counts_once():
    _, docids = walk(0, answer(NOW - 1, NOW - 2), answer(NOW - 2, NOW - 3))
    assert docids == [f"d{NOW - 1}", f"d{NOW - 2}", f"d{NOW - 3}"]


def test_a_short_page_that_the_total_agrees_with_ends_the_list():
    walked, _ = walk(0, answer(NOW - 1, size=3, total=3))
    assert (walked.end, walked.answers) == (End.LIST, 1)


def test_a_server_that_repeats_one_page_ends_the_list():
    page = answer(NOW - 1, total=None)
    walked, _ = walk(0, *[page] * (1 + ATTEMPTS))
    assert walked.end is None
    walked.read(page)
    assert walked.end is End.DEPTH


def test_a_page_is_asked_for_again_after_longer_and_longer_pauses():
    walked, _ = walk(0)
    asked = []
    for _ in range(ATTEMPTS):
        asked.append((walked.page, walked.pauses))
        walked.fail("HTTP 500")
    assert asked == [(1, 0), (1, 1), (1, 2)]
    assert walked.failure == "HTTP 500"


def test_rows_of_other_days_are_filtered_and_counted():
    day = 86_400
    walked, docids = walk(0, answer(NOW, NOW - day, NOW - 2 * day), until="2023-11-14")
    assert docids == [f"d{NOW - day}", f"d{NOW - 2 * day}"]
    assert walked.filtered == 1


def test_the_first_complete_walk_makes_a_watermark_at_its_newest_row():
    walked, _ = walk(0, answer(NOW - 9, size=3, total=3))
    assert walked.watermark() == Watermark(NOW - 9, NOW - 9)


def test_the_horizon_is_an_hour_back_and_further_back_every_twelve_hours():
    watermark = Watermark(reached=NOW - 900, deep_scanned=NOW - 11 * HOUR)
    assert watermark.horizon(NOW, WINDOW) == NOW - 900 - HOUR
    assert watermark.horizon(NOW + HOUR, WINDOW) == NOW - 23 * HOUR


def test_a_deep_scan_moves_both_marks_and_any_other_walk_one():
    watermark = Watermark(reached=NOW - 900, deep_scanned=NOW - 12 * HOUR)
    assert watermark.moved(NOW, NOW - 900 - HOUR, WINDOW) == Watermark(NOW, NOW - 12 * HOUR)
    assert watermark.moved(NOW, NOW - 24 * HOUR, WINDOW) == Watermark(NOW, NOW)


def test_a_walk_that_was_not_to_look_back_an_hour_does_not_move_the_watermark():
    watermark = Watermark(reached=NOW - 900, deep_scanned=NOW - 900)
    assert watermark.moved(NOW, NOW - 900, WINDOW) == watermark


def test_an_article_later_than_the_window_is_found_by_the_next_sweep(scrapy, output):
    with running(Site(articles=300, tick=0)) as mirror:

        def pages_walked():
            mirror.forget()
            run = scrapy("harvest", "china", mirror=mirror.url, SWEEP_LATENESS_HOURS="48")
            assert run.returncode == 0, run.stderr
            return len(mirror.lists())

        pages_walked()
        mirror.site.now += HOUR
        (late,) = mirror.site.publish(late=30 * HOUR)  # below the rows of page 1

        assert pages_walked() == 1
        assert late.docid not in {line["docid"] for line in lines(output)}
        mirror.site.now += 12 * HOUR
        assert pages_walked() > 1
        assert late.docid in {line["docid"] for line in lines(output)}
