"""Articles with pictures, on a server of their own, and the pictures: good ones and others."""

from collections.abc import Iterable
from io import BytesIO

from PIL import Image

from sinanews.mirror.faults import KINDS
from support import Pages, article_page, place, row

HOST = "n.sinaimg.cn"


def image(form: str = "PNG", number: int = 0, size: tuple[int, int] = (60, 40)) -> bytes:
    """A small picture of one color, another one for another number."""
    color = (number % 256, number // 256 % 256, 90)
    return saved(Image.new("RGB", size, color), form)


def saved(picture: Image.Image, form: str, **options: object) -> bytes:
    file = BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def film(frames: int, size: tuple[int, int] = (30, 20)) -> bytes:
    """A GIF of so many frames."""
    pictures = [
        Image.new("RGB", size, (number % 256, number // 256, 0)) for number in range(frames)
    ]
    return saved(pictures[0], "GIF", save_all=True, append_images=pictures[1:])


def fault(kind: str) -> bytes:
    """The bytes that the mirror has for a kind of fault."""
    return KINDS[kind].reply("", lambda _: None).body


def docid(number: int) -> str:
    return f"nabc{number:010}"


def article(pages: Pages, number: int, sources: Iterable[str]) -> str:
    """Serves an article that shows pictures; returns its docid."""
    images = "".join(f'<p><img src="{source}" alt="图"></p>' for source in sources)
    pages[place(docid(number))] = article_page(
        f"标题{number}", f"<p>　　正文{number}。</p>{images}"
    )
    return docid(number)


def list_all(pages: Pages, count: int) -> None:
    """Serves a list of the articles that have numbers from 0 on."""
    pages.roll(*(row(docid(number), title=f"标题{number}") for number in range(count)))
    pages["feed.mix.sina.com.cn/robots.txt"] = b""


def pictures_asked(pages: Pages) -> list[str]:
    """The pictures that were asked for, HOST/PATH."""
    asked = [target for target in pages.requests if ".sinaimg.cn/" in target]
    return [target for target in asked if not target.endswith("/robots.txt")]
