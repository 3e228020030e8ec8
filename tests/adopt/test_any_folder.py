"""Whatever a folder holds, each file is adopted or named, and what is adopted is rebuilt."""

import tempfile
from contextlib import closing, suppress
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from adopt.conftest import adopted, config_for, put
from adopt.old_posts import DATE, ERAS, e0, e1, e1_bug, e2, e3
from harvest.proofs import written
from sinanews.archive.rebuild import compare, rebuild
from sinanews.exceptions import UnadoptableError
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.revisions import raise_damage
from sinanews.posts.paths import post_path
from sinanews.posts.reading import read_post

DATES = [DATE, "Mon, 22 Mar 2021 03:26:58 GMT", "Tue, 23 Mar 2021 03:04:05 GMT", "gestern", ""]
TITLES = st.sampled_from(
    ["甲", "乙", "甲.", "CPI上涨1.4%", "cpi上涨14%", "it's", '"x"', "CON", "...", "a{b}"]
)
BODIES = st.sampled_from(
    [
        "<p>文</p>",
        "",
        "<p>文",
        "</div><script>x</script>",
        '<img src="http://n.sinaimg.cn/a.png">',
        "&#123;<b",
    ]
)
DATED = st.builds(
    lambda make, title, body, date: make(title, body, date),
    st.sampled_from([e0, e1, e2, e3]),
    TITLES,
    BODIES,
    st.sampled_from(DATES),
)
OF_AN_ERA = st.builds(
    lambda make, title: make(title), st.sampled_from([*ERAS.values(), e1_bug]), TITLES
)
CUT = st.builds(lambda post, share: post[: int(len(post) * share)], DATED, st.floats(0, 1))
NOISE = st.binary(max_size=300)
MIXED = st.builds(lambda head, rest: head + rest, CUT, NOISE)
FILES = st.one_of(DATED, OF_AN_ERA, CUT, NOISE, MIXED)
FOLDERS = ["金融/新浪财经/新浪财经－国內", "金融/新浪财经 - 新浪财经－国內", "x"]
PATHS = st.builds(
    lambda folder, name: f"{folder}/{name}",
    st.sampled_from(FOLDERS),
    st.sampled_from(["甲.md", "乙.md", "CPI.md", "cpi.md", "a.png", "a\u202e.md"]),
)


@settings(max_examples=60)
@given(st.dictionaries(PATHS, FILES, max_size=12), st.booleans())
def test_each_file_is_adopted_or_named_and_what_is_adopted_is_rebuilt(files, in_place):
    with tempfile.TemporaryDirectory() as name:
        output = Path(name, "output")
        root = output / "_posts" if in_place else Path(name, "old")
        root.mkdir(parents=True)
        for path, data in files.items():
            put(root, path, data)
        config = config_for(output)

        result, refused = adopted(root, config)

        assert result.adopted + len(refused) == len(files)
        assert result.had == 0
        foreign = {f"_posts/{path}" for path in refused if in_place}
        posts = {path: data for path, data in written(output).items() if path not in foreign}
        kept = sorted(data for path, data in files.items() if path not in refused)
        assert sorted(posts.values()) == kept
        if in_place:
            assert {path: (root / path).read_bytes() for path in files} == files
        with closing(Ledger.open(config, post_path)) as ledger:
            comparison = compare(ledger, config, raise_damage)
            assert (comparison.different, comparison.missing) == ([], [])
            assert set(comparison.foreign) == foreign
            for path in posts:
                (output / path).unlink()
            rebuild(ledger, config, raise_damage)
            assert {path: (output / path).read_bytes() for path in posts} == posts
            assert not list(ledger.counts().complaints())
        again, same = adopted(root, config)
        assert (again.adopted, again.had, same) == (0, result.adopted, refused)


@given(FILES)
def test_a_file_is_a_post_or_says_why_it_is_none(data):
    reason = ""
    try:
        post = read_post(data)
    except UnadoptableError as error:
        post, reason = None, str(error)
    assert (post is None) is bool(reason)


HEADS = st.text(st.sampled_from("ab:-[]{}&*!|>'\"%@#\n ?,~<\t0甲\u0085\u2028"), max_size=200)


@given(HEADS)
def test_any_front_matter_is_read_or_refused(head):
    data = f"\n---\n{head}\n---\n\n<div>   \n<p>文</p>  \n</div>\n            ".encode()
    with suppress(UnadoptableError):
        assert read_post(data).body == "<p>文</p>"
