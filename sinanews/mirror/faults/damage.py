"""Pages that are not whole, and text in another encoding than its label says."""

import re
from collections.abc import Callable
from dataclasses import replace

from sinanews.mirror.faults.kind import FOR_GOOD, Family, Kind, Make, encoding, in_body, in_page
from sinanews.mirror.replies import HTML, Reply

_BODY = re.compile(
    r'<div class="[^"]*" id="arti(?:body|cle)">.*?'
    r"(?=<!-- (?:原始)?正文 ?end -->|<!--正文部分end-->|<!-- google_ad_section_end -->"
    r'|<!-- 正文内容 end -->|<div id="article_kandian")'
    r'|<section class="art_pic_card art_content">.*?</section>'
    r'|<p class="art_p">.*?(?=</article>)|<div id="sina_keyword_ad_area2".*?(?=<!-- 正文结束 -->)'
    r"|<td class=l17>.*?(?=<td width=8>)",
    re.DOTALL,
)
_TITLES = re.compile(
    r'<title>.*?</title>|(?s:<h1 (?:class="(?:main-title|art_tit_h1)"|id="artibodyTitle").*?</h1>)'
    r'|<h2 id="\w*" class="titName.*?</h2>|<th class=f24 .*?</th>'
    r'|<div class="second-title">.*?</div>'
    r'|<meta property="og:(?:title|description)"[^>]*>'
)


def behind_text(html: str) -> Callable[[str], str]:
    """Puts HTML behind the last paragraph of a page's article."""

    def change(page: str) -> str:
        body = _BODY.search(page)
        if body is None:
            return page
        end = body.start() + body[0].rindex("</p>") + len("</p>")
        return page[:end] + html + page[end:]

    return change


def before_article(html: str) -> Callable[[str], str]:
    """Puts HTML before the element that holds a page's article."""

    def change(page: str) -> str:
        body = _BODY.search(page)
        return page if body is None else page[: body.start()] + html + page[body.start() :]

    return change


def _cut_off(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _in_gb18030(target: str, make: Make) -> Reply:
    good = make(target)
    if good.content_type != HTML or good.headers:
        return good
    text = good.body.decode(encoding(good.body))
    body = text.replace("charset=gb2312", "charset=utf-8").encode("gb18030")
    return replace(good, body=body, zipped=None)


FAMILY = Family(
    "damage",
    "the page lacks something, or its bytes are not in the encoding that it names",
    (
        Kind("gbk-as-utf8", "GBK that calls itself UTF-8", _in_gb18030, FOR_GOOD),
        Kind("truncated", "the first half, as if it were all", in_body(_cut_off), 1, 1),
        Kind(
            "nobody",
            "a page without its article",
            in_page(lambda page: _BODY.sub("", page)),
            FOR_GOOD,
        ),
        Kind(
            "notitle",
            "a page without any title",
            in_page(lambda page: _TITLES.sub("", page)),
            FOR_GOOD,
        ),
    ),
)
