"""Posts as the reference's generator wrote them in each of its eras, of invented articles."""

from collections.abc import Callable

CHANNEL = "新浪财经－国內"
QR = "https://n.sinaimg.cn/finance/cece9e13/20200514/343233024.png"
PROXY = "https://cors.zfour.workers.dev/?"
DATE = "Mon, 22 Mar 2021 03:04:05 GMT"
SECOND = 1_616_382_245  # of DATE
BODY = (
    '<p cms-style="font-L">　　海港今日开市。</p><!-- news_keyword_pub,stock,sh600000 -->\n\n\n'
    f'<img src="{QR}" alt referrerpolicy="no-referrer">\n'
    '<p class="article-editor">责任编辑：苏禾 SF099</p>\n<!-- 编辑姓名及工作代码-->\n\n'
)
WITHOUT_PICTURE = "<p>　　没有图片。</p>"
HTTP_PICTURE = '<p><img src="http://n.sinaimg.cn/a.jpg"><img src="http://n.sinaimg.cn/b.jpg"></p>'


def finished(head: str, body: str) -> bytes:
    """A whole post: the template's rest, and braces escaped in all of it, as its last step does."""
    text = f"\n---\n{head}---\n\n<div>   \n{body}  \n</div>\n{' ' * 12}"
    return text.replace("{", "&#123;").replace("}", "&#125;").encode()


def e0(title: str, body: str = BODY, date: str = "2021-03-22 03:04:05") -> bytes:
    """An unquoted title, no headimg, a date without a zone."""
    return finished(
        f"title: {title}\ncategories: \n    - 金融\n    - 新浪财经 - {CHANNEL}\n"
        f"author: 新浪财经 - {CHANNEL}\ncomments: false\ndate: {date}\nthumbnail: \n",
        body,
    )


def e1(title: str, body: str = BODY, date: str = DATE, picture: str = QR) -> bytes:
    """Two categories, four spaces before them, no headimg."""
    return finished(
        f"title: '{title}'\ncategories: \n    - 金融\n    - 新浪财经 - {CHANNEL}\n"
        f"author: 新浪财经 - {CHANNEL}\ncomments: false\ndate: {date}\nthumbnail: '{picture}'\n",
        body,
    )


def e2(title: str, body: str = BODY, date: str = DATE, picture: str = QR) -> bytes:
    """Three categories and an empty line behind them."""
    return finished(
        f"title: '{title}'\ncategories: \n    - 金融\n    - 新浪财经\n    - {CHANNEL}\n\n"
        f"author: 新浪财经\ncomments: false\ndate: {date}\nthumbnail: '{picture}'\n",
        body,
    )


def e3(title: str, body: str = BODY, date: str = DATE, picture: str = QR) -> bytes:
    """One space before the categories, and headimg; in E4 the same, but for posts without an image,
    which have a random picture in place of none."""
    return finished(
        f"title: '{title}'\ncategories: \n - 金融\n - 新浪财经\n - {CHANNEL}\n"
        f"headimg: '{picture}'\nauthor: 新浪财经\ncomments: false\ndate: {date}\n"
        f"thumbnail: '{picture}'\n",
        body,
    )


def e1_bug(title: str) -> bytes:
    """The one commit that put nine more quotation marks around a title: no YAML."""
    marks = '"' * 9
    return e1(title).replace(f"'{title}'".encode(), f"{marks}'{title}'{marks}".encode())


# Each with a title and a body that its era may have had.
ERAS: dict[str, Callable[[str], bytes]] = {
    "E0": e0,
    "E1": e1,
    "E1 without a picture": lambda title: e1(title, WITHOUT_PICTURE, picture=""),
    "E2": e2,
    "E3": e3,
    "E3 without a picture": lambda title: e3(title, WITHOUT_PICTURE, picture=""),
    "E4 with a random picture": lambda title: e3(
        title, WITHOUT_PICTURE, picture="https://picsum.photos/400/300?random=7301"
    ),
    "E4 with proxied pictures": lambda title: e3(
        title,
        HTTP_PICTURE.replace('src="http', f'src="{PROXY}http'),
        picture=f"{PROXY}http://n.sinaimg.cn/a.jpg",
    ),
    "E4 with braces": lambda title: e3(title, f"{BODY}<style>.a{{color:red}}</style>"),
    "E4 with what acts": lambda title: e3(title, f'{BODY}<a href="javascript:alert(1)">x</a>'),
    "E4 from Windows": lambda title: e3(title).replace(b"\n", b"\r\n"),
}
