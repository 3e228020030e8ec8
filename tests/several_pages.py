"""Articles over several pages, with pagers in the forms that Sina's pages and others have."""

from collections.abc import Callable

from support import article_page

Pager = Callable[[int, int, Callable[[int], str]], str]  # number, of how many, address by number


def numbers_and_next(number: int, count: int, address: Callable[[int], str]) -> str:
    """`[1] [2] 下一页` in a paragraph of the class `page`."""
    steps = f'<a href="{address(number + 1)}">下一页</a>' if number < count else ""
    return f'<p class="page">{_numbers(number, count, address, "[{}]")} {steps}</p>'


def boxes(number: int, count: int, address: Callable[[int], str]) -> str:
    """`上一页 1 2 3 下一页` in spans of a box."""
    back = f'<a href="{address(number - 1)}">上一页</a>' if number > 1 else "上一页"
    on = f'<a href="{address(number + 1)}">下一页</a>' if number < count else "下一页"
    numbers = _numbers(number, count, address, "{}")
    return f'<div class="pagebox"><span>{back}</span>{numbers}<span>{on}</span></div>'


def next_only(number: int, count: int, address: Callable[[int], str]) -> str:
    """A link to the next page alone, and at the end one to the first."""
    on, text = (number + 1, "点击阅读下一页") if number < count else (1, "返回首页")
    return f'<p><a href="{address(on)}">{text}</a></p>'


def rest(number: int, count: int, address: Callable[[int], str]) -> str:
    """余下全文, below the text."""
    if number == count:
        return ""
    return f'<center><a href="{address(number + 1)}">余下全文&gt;&gt;</a></center>'


def titled(number: int, count: int, address: Callable[[int], str]) -> str:
    """Every page with a title of its own."""
    links = (f'<li><a href="{address(n)}">第{n}页：论述</a></li>' for n in range(1, count + 1))
    return f'<ul data-number="{number}">{"".join(links)}</ul>'


def circle(number: int, count: int, address: Callable[[int], str]) -> str:
    """下一页 leads back to the first page from the last."""
    numbers = _numbers(number, count, address, "第{}页")
    return f'<p>{numbers} <a href="{address(number % count + 1)}">下一页</a></p>'


PAGERS: tuple[Pager, ...] = (numbers_and_next, boxes, next_only, rest, titled, circle)


def _numbers(number: int, count: int, address: Callable[[int], str], form: str) -> str:
    shown = ((n, form.format(n)) for n in range(1, count + 1))
    return " ".join(
        f"<span>{text}</span>" if n == number else f'<a href="{address(n)}">{text}</a>'
        for n, text in shown
    )


def by_path(place: str) -> Callable[[int], str]:
    """Addresses such as `…_2.shtml`, of HOST/PATH."""
    stem, _, ending = place.rpartition(".")
    return lambda number: f"https://{place if number == 1 else f'{stem}_{number}.{ending}'}"


def by_query(place: str) -> Callable[[int], str]:
    """Addresses such as `…?page=2`, of HOST/PATH."""
    return lambda number: f"https://{place}" + (f"?page={number}" if number > 1 else "")


def body(number: int) -> str:
    """What stands on a page, without its pager."""
    return f"<p>　　第{number}部分的正文。</p>"


def text(count: int) -> str:
    """The text of the whole article."""
    return "\n".join(f"第{number}部分的正文。" for number in range(1, count + 1))


def page_of(number: int, count: int, address: Callable[[int], str], pager: Pager) -> bytes:
    """One page of an article."""
    return article_page(body=body(number) + pager(number, count, address))
