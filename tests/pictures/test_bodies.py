"""A body shows the pictures that are kept from their files, and all others as before."""

from hypothesis import given
from hypothesis import strategies as st

from sinanews.extraction.sanitize import is_inert
from sinanews.items import Article
from sinanews.posts.pictures import addresses, with_files
from sinanews.posts.render import render
from sinanews.utils.times import at
from sinanews.utils.urls import picture_address

A, B = "https://n.sinaimg.cn/a.png", "https://n.sinaimg.cn/b.png"
FILES = {A: "images/0a/0a.png"}


def test_the_same_picture_by_other_spellings_has_one_address():
    body = (
        f'<img src="{A}"><IMG SRC=//n.sinaimg.cn/a.png><img src="http://n.sinaimg.cn:80/a.png#x">'
    )
    assert addresses(body) == [A]


def test_what_is_no_address_of_the_web_is_none():
    sources = ('src="data:image/png;base64,x"', 'src="a.png"', 'src=""', 'alt="x"', 'src="//["')
    assert addresses("".join(f"<img {source}>" for source in sources)) == []


def test_references_in_an_address_are_read():
    assert addresses('<img src="//n.sinaimg.cn/a?x=1&amp;y=2">') == [
        "https://n.sinaimg.cn/a?x=1&y=2"
    ]


def test_only_pictures_that_are_kept_are_shown_from_their_files():
    body = f'<p><img src="{A}" alt="图" width=5> <img src="{B}"></p><a href="{A}">x</a>'
    shown = (
        f'<p><img src="/images/0a/0a.png" alt="图" width=5> <img src="{B}"></p><a href="{A}">x</a>'
    )
    assert with_files(body, FILES) == shown


def test_a_browser_is_offered_no_other_source_of_a_kept_picture():
    body = f'<img srcset="{B} 2x" sizes="9px" src="{A}">'
    assert with_files(body, FILES) == '<img src="/images/0a/0a.png">'


def test_of_two_sources_in_a_tag_the_first_counts():
    body = f'<img src="{A}" src="{B}">'
    assert with_files(body, FILES) == f'<img src="/images/0a/0a.png" src="{B}">'


def test_the_post_s_own_picture_is_the_file_and_nothing_is_sent_through_the_proxy():
    body = f'<p><img src="{A.replace("https", "http")}"><img src="http://n.sinaimg.cn/b.png"></p>'
    post = render(Article("n1", title="标题", published=at(0)), body, files=FILES).decode()
    assert "headimg: '/images/0a/0a.png'\n" in post
    assert "thumbnail: '/images/0a/0a.png'\n" in post
    assert '<img src="http://n.sinaimg.cn/b.png">' in post


def test_a_first_picture_that_is_not_kept_is_treated_as_before():
    body = f'<img src="http://n.sinaimg.cn/b.png"><img src="{A}">'
    article = Article("n1", title="标题", published=at(0))
    plain, kept = render(article, body).decode(), render(article, body, files=FILES).decode()
    assert kept == plain.replace(A, "/images/0a/0a.png")


_attributes = st.sampled_from(
    [
        "",
        f'src="{A}"',
        f"src='{A}'",
        f"src={A}",
        'alt="a>b"',
        "alt='x'",
        "SRC",
        'src=""',
        "/",
        '"',
        "=",
    ]
)
_tags = st.lists(_attributes, max_size=5).map(lambda parts: f"<img {' '.join(parts)}>")


@given(st.lists(_tags | st.text("<>ab &\"'=/", max_size=5), max_size=6).map("".join))
def test_no_body_becomes_active_or_loses_its_text(body):
    shown = with_files(body, FILES)
    assert with_files(shown, FILES) == shown
    assert A not in addresses(shown)
    assert is_inert(shown) or not is_inert(body)
    assert with_files(body, {}) == body


@given(st.text("htps:/.n#?@ \\[%汉", max_size=20).map("//".__add__))
def test_an_address_is_its_own_address(source):
    address = picture_address(source)
    assert address is None or picture_address(address) == address
    assert address is None or address.startswith("https://")
