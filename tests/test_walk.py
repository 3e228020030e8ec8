"""How far back lists are walked, and how each walk moves the watermark."""

from sinanews.arguments import Harvest
from sinanews.channels import BY_NAME
from sinanews.config import Window
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from sinanews.reporting.report import has_gap
from sinanews.roll.api import Roll, Story
from sinanews.roll.walk import STALE_PAGES, Walk
from sinanews.roll.watermark import Watermark
from support import lines

GUONEI = BY_NAME["guonei"]
HOUR = 3600
NOW = 1_700_000_000
WINDOW = Window(lookback=HOUR, deep_scan_every=12 * HOUR, deep_scan_lookback=12 * HOUR)


def story(ctime, docid=""):
    return Story(docid or f"d{ctime}", "https://finance.sina.com.cn/x", "题", ctime, NOW, NOW)


def answer(*ctimes, size=50):
    return Roll([story(ctime) for ctime in ctimes], [], NOW, size)


def walk(horizon, *answers, before=None, **arguments):
    walked = Walk(Harvest.from_arguments(arguments), GUONEI, before)
    walked.begin(NOW, horizon)
    docids = [story.docid for page in answers for story in walked.step(page)]
    return walked, docids


def test_a_walk_goes_on_until_rows_are_older_than_its_horizon():
    assert not walk(NOW - 9, answer(NOW - 1, NOW - 9))[0].complete
    walked, _ = walk(NOW - 9, answer(NOW - 1, NOW - 9), answer(NOW - 9, NOW - 10))
    assert (walked.complete, walked.ended, walked.oldest) == (True, False, NOW - 10)


def test_a_row_that_moved_to_the_next_page_counts_once():
    _, docids = walk(0, answer(NOW - 1, NOW - 2), answer(NOW - 2, NOW - 3))
    assert docids == [f"d{NOW - 1}", f"d{NOW - 2}", f"d{NOW - 3}"]


def test_a_short_page_ends_the_list():
    walked, _ = walk(0, answer(NOW - 1), answer(NOW - 2, size=49))
    assert (walked.complete, walked.ended) == (True, True)


def test_a_server_that_repeats_one_page_ends_the_list():
    walked, _ = walk(0, *[answer(NOW - 1)] * STALE_PAGES)
    assert not walked.complete
    walked.step(answer(NOW - 1))
    assert (walked.complete, walked.ended) == (True, True)


def test_rows_of_other_days_are_filtered_and_counted():
    day = 86_400
    walked, docids = walk(0, answer(NOW, NOW - day, NOW - 2 * day), until="2023-11-14")
    assert docids == [f"d{NOW - day}", f"d{NOW - 2 * day}"]
    assert walked.filtered == 1


def test_the_first_complete_walk_makes_a_watermark():
    walked, _ = walk(NOW - 5, answer(NOW - 9))
    assert walked.watermark(WINDOW) == Watermark(NOW, NOW)


def test_the_horizon_is_an_hour_back_and_further_back_every_twelve_hours():
    watermark = Watermark(reached=NOW - 900, deep_scanned=NOW - 11 * HOUR)
    assert watermark.horizon(NOW, WINDOW) == NOW - 900 - HOUR
    assert watermark.horizon(NOW + HOUR, WINDOW) == NOW - 23 * HOUR


def test_a_deep_scan_moves_both_marks_and_any_other_walk_one():
    watermark = Watermark(reached=NOW - 900, deep_scanned=NOW - 12 * HOUR)
    assert watermark.moved(NOW, NOW - 900 - HOUR, WINDOW) == Watermark(NOW, NOW - 12 * HOUR)
    assert watermark.moved(NOW, NOW - 24 * HOUR, WINDOW) == Watermark(NOW, NOW)


def test_a_walk_that_leaves_a_gap_does_not_move_the_watermark():
    watermark = Watermark(reached=NOW - 900, deep_scanned=NOW - 900)
    assert watermark.moved(NOW, NOW - 600, WINDOW) == watermark


def test_a_list_that_no_longer_reaches_back_to_the_last_run_has_a_gap():
    before = Watermark(NOW - HOUR, NOW - HOUR)
    pages = answer(NOW - 1), answer(NOW - 60, size=10)
    walked, _ = walk(NOW - 2 * HOUR, *pages, before=before)
    assert walked.report()["gap"] == HOUR - 60
    assert has_gap(walked.report())
    short, _ = walk(NOW - 2 * HOUR, pages[1], before=before)
    assert not has_gap(short.report()), "a list of one page is meant to be short"
    first, _ = walk(NOW - 2 * HOUR, *pages)
    assert not has_gap(first.report())


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
