"""Harvests with IMAGES=download: what is fetched, kept, shown, refused, counted and tried again."""

import json
import re
from collections import Counter
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pytest
from scrapy import Request

from harvest.proofs import leftovers, query, reports
from harvest.small import config_of
from pictures.gallery import (
    HOST,
    article,
    docid,
    fault,
    film,
    image,
    list_all,
    pictures_asked,
)
from sinanews.download.hosts import PICTURE, SINA, validate
from sinanews.exceptions import ArgumentError, OffsiteError
from support import Pages, article_page, lines, place, posts, row, scrapy_in, wait_for_next_second

REDIRECT = 302
GOOD = {
    f"https://{HOST}/a.png": image("PNG", 1),
    f"https://{HOST}/b.jpg": image("JPEG", 2),
    f"https://{HOST}/film.gif": film(3),
    "https://k.sinaimg.cn/d.webp": image("WEBP", 4),
    "http://image2.sina.com.cn/e.jpg": image("PNG", 5),  # which is no JPEG
    f"https://{HOST}/again.png": image("PNG", 1),
    f"https://{HOST}/moved.png": image("PNG", 1),
}
ENDINGS = {".png", ".jpg", ".gif", ".webp"}
LARGE = "it has more than 10000000 bytes (DOWNLOAD_MAXSIZE)"
NONE = "it is no JPEG, PNG, GIF or WebP"
# Whatever is wrong with a picture: its path, what is served, and why it is not kept.
BAD = {
    "html.png": (200, fault("picture-html"), NONE),
    "svg.png": (200, fault("picture-svg"), NONE),
    "nothing.png": (200, b"", NONE),
    "cut.png": (200, image("PNG", 7)[:-30], "it cannot be read to its end"),
    "bomb.png": (
        200,
        fault("picture-bomb"),
        "it has more than 25000000 pixels (IMAGES_MAX_PIXELS)",
    ),
    "long.gif": (
        200,
        fault("picture-film"),
        "it has more than 1000 frames, or 100000000 pixels in them (IMAGES_MAX_FRAMES)",
    ),
    "large.png": (200, fault("picture-large"), LARGE),
    "lost.png": (404, b"", "HTTP 404"),
    "broken.png": (500, b"", "HTTP 500"),
    "refused.png": (403, b"", "HTTP 403"),
    "astray.png": (REDIRECT, b"", "its host is none of Sina's"),
    "inside.png": (REDIRECT, b"", "its host is none of Sina's"),
}
# Pictures that are asked of nobody, and why.
ELSEWHERE = {
    "https://example.org/a.png": "its host is none of Sina's",
    "https://127.0.0.1/a.png": "its host is none of Sina's",
    "https://image.sinajs.cn/newchart/a.png": "its host is none of Sina's",
    f"https://me:secret@{HOST}/a.png": "its address has a user or password",
    f"https://{HOST}:8443/a.png": "its address has a port",
    "https://i0.sinaimg.cn/a.png": "robots.txt of i0.sinaimg.cn forbids it",
}
SHOWN_TWICE = {f"https://{HOST}/a.png", f"https://{HOST}/html.png"}  # by two articles
# What comes at first in the place of pictures, and what settings refuse until they are wider.
PASSING = {
    "later.png": fault("picture-html"),
    "cut.png": image(number=71)[:-30],
    "blocked.png": image(number=80),  # whose file's name is taken
}
BOUNDED = {
    "wide.png": image(number=81, size=(100, 40)),
    "long.gif": film(4),
    "heavy.png": image(number=83) + bytes(100_000),
    "small.png": image(number=82, size=(20, 20)),
}
NARROW = {
    "IMAGES_MAX_PIXELS": "3000",
    "IMAGES_MAX_FRAMES": "3",
    "DOWNLOAD_MAXSIZE": "100000",
    "IMAGES_MIN_WIDTH": "25",
}
THUMBS = '{"small": [30, 20]}'


def serve(pages: Pages) -> None:
    for url, data in GOOD.items():
        pages[url.partition("://")[2]] = data
    pages[f"{HOST}/target.png"] = image("PNG", 1)
    for path, (status, data, _) in BAD.items():
        pages[f"{HOST}/{path}"] = status, data
    leads = {"moved": f"{pages.url}/{HOST}/target.png", "astray": "https://example.org/a.png"}
    leads["inside"] = "http://169.254.169.254/latest"
    for name, target in leads.items():
        pages[f"{HOST}/{name}.png"] = REDIRECT, b""
        pages.headers[f"{HOST}/{name}.png"] = {"Location": target}
    pages["i0.sinaimg.cn/robots.txt"] = b"User-agent: *\nDisallow: /\n"
    article(pages, 0, GOOD)
    article(pages, 1, [f"https://{HOST}/{path}" for path in BAD])
    article(pages, 2, [*ELSEWHERE, *SHOWN_TWICE])
    article(pages, 3, [])
    list_all(pages, 4)


def referers_of(pages: Pages) -> dict[str, str | None]:
    """Has a server note what each path was asked for from."""
    noted: dict[str, str | None] = {}
    handler = pages.server.RequestHandlerClass

    class Noting(handler):
        def do_GET(self) -> None:  # noqa: N802, RUF100 - http.server's name
            noted[self.path.lstrip("/")] = self.headers.get("Referer")
            super().do_GET()

    pages.server.RequestHandlerClass = Noting
    return noted


@pytest.fixture(scope="module")
def harvested(tmp_path_factory):
    """An archive of four articles with all kinds of pictures, harvested twice, and its parts."""
    pages, output = Pages(), tmp_path_factory.mktemp("pictures") / "output"
    serve(pages)
    referers = referers_of(pages)
    scrapy = scrapy_in(output)
    options = {"mirror": pages.url, "IMAGES": "download", "IMAGES_THUMBS": THUMBS}
    run = scrapy("crawl", "china", **options)
    assert run.returncode == 0, run.stderr
    asked = pictures_asked(pages)
    pages.requests.clear()
    again = scrapy("crawl", "china", **options)
    yield SimpleNamespace(
        pages=pages,
        output=output,
        scrapy=scrapy,
        options=options,
        run=run,
        again=again,
        asked=asked,
        asked_again=pictures_asked(pages),
        referers=referers,
        post={path.stem: path.read_text("utf-8") for path in posts(output)},
        line={line["docid"]: line for line in lines(output)},
        report=reports(output)[0],
    )
    pages.server.shutdown()
    pages.server.server_close()


def shown(post: str) -> list[str]:
    return re.findall(r'<img src="([^"]*)"', post)


def test_a_post_shows_good_pictures_from_files_that_are_what_was_served(harvested):
    sources = shown(harvested.post["标题0"])
    assert len(sources) == len(GOOD)
    for source, data in zip(sources, GOOD.values(), strict=True):
        file = harvested.output / source.removeprefix("/")
        assert file.read_bytes() == data
        assert file.stem == sha256(data).hexdigest()
        assert file.parent == harvested.output / "images" / file.stem[:2]
    assert {Path(source).suffix for source in sources} == ENDINGS
    assert sources[4].endswith(".png"), "it is a PNG, whatever its address says"


def test_the_same_picture_at_several_addresses_is_one_file(harvested):
    sources = shown(harvested.post["标题0"])
    assert sources[0] == sources[5] == sources[6]
    pictures = [path for path in (harvested.output / "images").glob("??/*") if path.is_file()]
    assert len(pictures) == len({*GOOD.values()})


def test_the_front_matter_has_the_file(harvested):
    head = harvested.post["标题0"].partition("\n---\n\n")[0]
    source = shown(harvested.post["标题0"])[0]
    assert f"headimg: '{source}'\n" in head
    assert f"thumbnail: '{source}'" in head


def test_a_line_has_the_file_beside_the_address(harvested):
    line = harvested.line[docid(0)]
    sources = shown(harvested.post["标题0"])
    assert [f"/{image['path']}" for image in line["images"]] == sources
    assert [image["url"] for image in line["images"]] == [
        url.replace("http://", "https://") for url in GOOD
    ]
    assert line["headimg"] == next(iter(GOOD)), "it stays the page's"
    assert "/images/" not in line["body_html"]


def test_pictures_that_cannot_be_had_stay_where_they_are_and_harm_no_article(harvested):
    assert shown(harvested.post["标题1"]) == [f"https://{HOST}/{path}" for path in BAD]
    assert all(image.keys() == {"url", "caption"} for image in harvested.line[docid(1)]["images"])
    assert harvested.report["account"]["written"] == 4
    assert harvested.report["failures"] == {}


def test_a_report_counts_pictures(harvested):
    expected = Counter([*(reason for *_, reason in BAD.values()), *ELSEWHERE.values(), NONE])
    counts = harvested.report["pictures"]
    assert counts["failed"] == expected
    assert counts["downloaded"] == len(GOOD)
    assert counts["kept"] == 1
    assert f"pictures: downloaded {len(GOOD)}, there already 1\n" in harvested.run.stdout
    assert f"picture failed, {NONE}: {expected[NONE]}\n" in harvested.run.stdout


def test_nothing_of_a_refused_picture_is_written(harvested):
    files = [path for path in (harvested.output / "images").rglob("*") if path.is_file()]
    bad = {data for _, data, _ in BAD.values()}
    assert not bad & {path.read_bytes() for path in files}
    assert [path for path in leftovers(harvested.output) if path.suffix not in ENDINGS] == []


def test_pictures_are_asked_for_with_their_article_as_referer(harvested):
    for number, urls in ((0, GOOD), (1, [f"https://{HOST}/{path}" for path in BAD])):
        for url in {*urls} - SHOWN_TWICE:
            assert harvested.referers[url.partition("://")[2]] == f"https://{place(docid(number))}"


def test_nobody_is_asked_who_may_not_be(harvested):
    hosts = {target.partition("/")[0] for target in harvested.referers}
    assert hosts == {
        *("feed.mix.sina.com.cn", "finance.sina.com.cn", HOST, "k.sinaimg.cn", "i0.sinaimg.cn"),
        "image2.sina.com.cn",
    }
    assert not any(target.startswith("i0.sinaimg.cn/a") for target in harvested.referers)
    assert f"{HOST}/robots.txt" in harvested.referers, "its robots.txt is obeyed too"


def test_each_address_is_asked_for_once(harvested):
    passing = {f"{HOST}/broken.png"}  # asked for once more
    counts = Counter(harvested.asked)
    assert {target for target, count in counts.items() if count > 1} == passing
    assert harvested.again.returncode == 0, harvested.again.stderr
    assert harvested.asked_again == []


def test_pictures_have_thumbnails_where_they_are_asked_for(harvested):
    thumbs = {path.stem for path in (harvested.output / "images/thumbs/small").iterdir()}
    assert thumbs == {sha256(data).hexdigest() for data in GOOD.values()}


def test_no_traceback_is_logged_and_no_secret(harvested):
    assert "Traceback" not in harvested.run.stderr
    assert "secret" not in json.dumps(harvested.report)


def test_posts_are_rebuilt_with_their_pictures_without_them_and_back(harvested):
    scrapy, output = harvested.scrapy, harvested.output
    kept = {path: path.read_bytes() for path in posts(output)}
    check = ("rebuild", "--check")
    assert scrapy(*check, **harvested.options).returncode == 0
    remote = scrapy("rebuild", mirror=harvested.pages.url)
    assert remote.returncode == 0, remote.stderr
    assert all(b"/images/" not in path.read_bytes() for path in posts(output))
    assert scrapy(*check, mirror=harvested.pages.url).returncode == 0
    assert scrapy("rebuild", **harvested.options).returncode == 0
    assert {path: path.read_bytes() for path in posts(output)} == kept


def test_by_default_pictures_stay_where_they_are(pages, scrapy, output):
    serve(pages)
    run = scrapy("crawl", "china", mirror=pages.url)
    assert run.returncode == 0, run.stderr
    assert pictures_asked(pages) == []
    assert not (output / "images").exists()
    assert "\npicture" not in run.stdout
    assert reports(output)[0]["pictures"] == {}
    assert all(
        image.keys() == {"url", "caption"} for line in lines(output) for image in line["images"]
    )
    first = next(path for path in posts(output) if path.stem == "标题0")
    assert shown(first.read_text("utf-8"))[:2] == [*GOOD][:2]


@pytest.fixture(scope="module")
def later(tmp_path_factory):
    """An archive of which one picture comes up late, one never, and one article changes; and what
    each of its three runs asked for. Others came as something else at first, or are refused by a
    setting until the third run."""
    pages, output = Pages(), tmp_path_factory.mktemp("later") / "output"
    article(pages, 0, [f"https://{HOST}/late.png", f"https://{HOST}/a.png"])
    article(pages, 1, [f"https://{HOST}/late.png", f"https://{HOST}/lost.png"])
    article(pages, 2, [f"https://{HOST}/a.png"])
    article(pages, 3, [f"https://{HOST}/{number}.png" for number in range(12)])
    served = {"a": 0, "b": 1, **{str(number): number for number in range(12)}}
    pages.update({f"{HOST}/{name}.png": image(number=n) for name, n in served.items()})
    article(pages, 4, [f"https://{HOST}/{name}" for name in (*PASSING, *BOUNDED)])
    pages.update({f"{HOST}/{name}": data for name, data in (PASSING | BOUNDED).items()})
    (output / kept(80)).mkdir(parents=True)
    list_all(pages, 5)
    scrapy = scrapy_in(output)
    options = {
        "mirror": pages.url,
        "IMAGES": "download",
        "IMAGES_PER_ARTICLE": "10",
        "FAILED_PAUSE_SECONDS": "0",
        "FAILED_TRIES": "2",
    }

    def asked(**more: str) -> list[str]:
        wait_for_next_second()  # a run tries what failed in a second before its own
        run = scrapy("crawl", "china", **(options | more))
        assert run.returncode == 0, run.stderr
        targets = pictures_asked(pages)
        pages.requests.clear()
        return sorted(target.removeprefix(f"{HOST}/") for target in targets)

    runs = [asked(**NARROW)]
    before = _posts(output)
    pages[f"{HOST}/late.png"] = image(number=9)
    pages.update({f"{HOST}/{name}": image(number=70 + n) for n, name in enumerate(PASSING)})
    pages[f"{HOST}/blocked.png"] = image(number=80)
    (output / kept(80)).rmdir()
    article(pages, 2, [f"https://{HOST}/b.png", f"https://{HOST}/a.png"])
    pages.roll(row(docid(2), title="标题2", mtime="1700000900"))
    refusals = {
        row["url"].rpartition("/")[2]: row["reason"]
        for row in query(output, "SELECT url, reason FROM pictures WHERE path IS NULL")
    }
    runs += [asked(**NARROW), asked()]
    yield SimpleNamespace(
        output=output,
        runs=runs,
        before=before,
        refusals=refusals,
        after=_posts(output),
        reports=[report["pictures"] for report in reports(output)],
        exported={
            line["docid"]: line
            for line in map(json.loads, scrapy("export", "-o", "-").stdout.splitlines())
        },
        check=scrapy("rebuild", "--check", **options),
    )
    pages.server.shutdown()
    pages.server.server_close()


def _posts(output: Path) -> dict[str, list[str]]:
    """What the posts show, by their titles."""
    return {path.stem: shown(path.read_text("utf-8")) for path in posts(output)}


def kept(number: int) -> str:
    name = sha256(image(number=number)).hexdigest()
    return f"images/{name[:2]}/{name}.png"


def test_a_later_run_has_posts_show_pictures_that_come_up_late(later):
    late = f"https://{HOST}/late.png"
    assert later.before["标题0"] == [late, f"/{kept(0)}"]
    assert later.after["标题0"] == [f"/{kept(9)}", f"/{kept(0)}"]
    assert later.after["标题1"] == [f"/{kept(9)}", f"https://{HOST}/lost.png"]
    assert later.runs[1].count("late.png") == 1, "for two articles"


def test_the_lines_of_such_articles_have_their_files_without_a_new_revision(later):
    line = later.exported[docid(0)]
    assert (line["revision"], line["images"][0]["path"]) == (1, kept(9))
    assert "path" not in later.exported[docid(1)]["images"][1]


def test_a_picture_is_not_tried_again_without_end(later):
    assert [run.count("lost.png") for run in later.runs] == [1, 1, 0]
    rows = query(later.output, "SELECT tries, due_at FROM pictures WHERE url LIKE '%lost%'")
    assert rows == [{"tries": 2, "due_at": None}]


def test_a_new_revision_fetches_only_its_new_pictures(later):
    assert later.runs[1] == sorted(["b.png", "late.png", "lost.png", *PASSING])
    assert later.after["标题2"] == [f"/{kept(1)}", f"/{kept(0)}"]
    assert later.runs[2] == sorted(BOUNDED)


def test_what_came_in_a_picture_s_place_for_a_while_costs_no_picture(later):
    assert {name: later.refusals[name] for name in PASSING} == {
        "later.png": NONE,
        "cut.png": "it cannot be read to its end",
        "blocked.png": "its file cannot be written: Is a directory",
    }
    shown_now = later.after["标题4"][: len(PASSING)]
    assert shown_now == [f"/{kept(number)}" for number in (70, 71, 80)]


def test_what_a_setting_refused_is_fetched_once_that_is_wider(later):
    assert {name: later.refusals[name] for name in BOUNDED} == {
        "wide.png": "it has more than 3000 pixels (IMAGES_MAX_PIXELS)",
        "long.gif": "it has more than 3 frames, or 12000 pixels in them (IMAGES_MAX_FRAMES)",
        "heavy.png": "it has more than 100000 bytes (DOWNLOAD_MAXSIZE)",
        "small.png": "it is smaller than 25 by 0 pixels (IMAGES_MIN_WIDTH, IMAGES_MIN_HEIGHT)",
    }
    assert not {*BOUNDED} & {*later.runs[1]}, "as long as it is not, nobody asks for it"
    assert all(source.startswith("/images/") for source in later.after["标题4"])


def test_an_article_has_no_more_pictures_fetched_than_the_setting_allows(later):
    assert later.runs[0].count("a.png") == 1
    assert {"0.png", "1.png", "9.png"} < {*later.runs[0]}
    assert not {"10.png", "11.png"} & {*later.runs[0]}
    reason = "its article has more than 10 pictures (IMAGES_PER_ARTICLE)"
    failed = later.reports[0]["failed"]
    assert {why: failed[why] for why in (reason, "HTTP 404")} == {reason: 2, "HTTP 404": 3}
    assert later.after["标题3"][10:] == [f"https://{HOST}/10.png", f"https://{HOST}/11.png"]


def test_the_ledger_says_what_posts_show_whatever_came_later(later):
    assert later.check.returncode == 0, later.check.stdout


def test_what_a_user_s_pipeline_drops_has_no_pictures_fetched(pages, scrapy):
    pages[place(docid(0))] = article_page("标题0", f'<p>正文<img src="https://{HOST}/a.png"></p>')
    list_all(pages, 1)
    pipelines = json.dumps({"tests.pictures.users.Drop": 250})
    options = {"mirror": pages.url, "IMAGES": "download", "ITEM_PIPELINES": pipelines}
    assert scrapy("crawl", "china", **options).returncode == 0
    assert pictures_asked(pages) == []


@pytest.mark.parametrize(
    ("setting", "value", "accepted"),
    [
        ("IMAGES", "local", "remote or download"),
        ("IMAGES_MAX_PIXELS", "0", "a whole number, 1 or more"),
        ("IMAGES_MAX_FRAMES", "x", "a whole number, 1 or more"),
        ("IMAGES_PER_ARTICLE", "-1", "a whole number, 1 or more"),
        ("IMAGES_SECONDS", "-1", "a number of seconds, 0 or more"),
        ("IMAGES_THUMBS", "small", "names with a width and a height in pixels"),
        ("IMAGES_THUMBS", '{"../x": [1, 1]}', "names with a width and a height in pixels"),
        ("IMAGES_THUMBS", '{"x": [0, 1]}', "names with a width and a height in pixels"),
        ("IMAGES_THUMBS", '{"x": 5}', "names with a width and a height in pixels"),
        ("IMAGES_THUMBS", '["x"]', "names with a width and a height in pixels"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(tmp_path, setting, value, accepted):
    with pytest.raises(ArgumentError) as refused:
        config_of(tmp_path, **{setting: value})
    assert f"{setting}: {value!r} is not accepted; expected {accepted}" in str(refused.value)


def test_without_pillow_pictures_are_refused_with_what_to_install(pages, scrapy, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as util\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'PIL' else find(name, *rest)\n"
    )
    without = ("env", f"PYTHONPATH={tmp_path}")
    run = scrapy("crawl", "china", mirror=pages.url, prefix=without, IMAGES="download")
    assert run.returncode == 2, run.stderr
    assert "IMAGES: 'download' is not accepted; expected remote, for Pillow is" in run.stderr
    assert "pip install 'sinanews[pictures]'" in run.stderr
    assert pages.requests == []


def test_pages_are_not_asked_for_where_only_pictures_are():
    spider = SimpleNamespace(allowed_domains=SINA)
    url = f"https://{HOST}/a.shtml"
    validate(Request(url, meta={PICTURE: url}), spider)
    with pytest.raises(OffsiteError):
        validate(Request(url), spider)
    with pytest.raises(OffsiteError):
        validate(Request(url, meta={PICTURE: url}), SimpleNamespace(allowed_domains=()))
