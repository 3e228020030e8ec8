"""The lists of Sina's roll API that can be harvested: one row each.

The pairs of `pageid` and `lid` are those known to be registered together; Sina answers
any other pair with code 11. To add a channel, add its row.
"""

from dataclasses import dataclass

from sinanews.exceptions import ArgumentError


@dataclass(frozen=True, slots=True)
class Channel:
    """One list: `name` is what the user types, `title` what posts are filed under."""

    name: str
    title: str
    pageid: int
    lid: int


DOMESTIC = (
    # 国內 with the traditional second character, as the reference corpus files it.
    Channel("guonei", "国內", 155, 1686),
    Channel("hongguan", "宏观经济", 155, 1687),
    Channel("jinrong", "金融新闻", 155, 1690),
    Channel("difang", "地方经济", 155, 1688),
    Channel("buwei", "部委动态", 155, 1689),
    Channel("top10", "今日财经TOP10", 155, 3231),
)
BY_NAME_ONLY = (
    Channel("caijing", "财经", 384, 2519),
    Channel("gushi", "股市", 384, 2671),
    Channel("meigu", "美股", 384, 2672),
    Channel("zhonggai", "中国概念股", 384, 2673),
    Channel("ganggu", "港股", 384, 2674),
    Channel("yanbao", "研究报告", 384, 2675),
    Channel("quanqiu", "全球市场", 384, 2676),
    Channel("waihui", "外汇", 384, 2487),
)
BY_NAME = {channel.name: channel for channel in (*DOMESTIC, *BY_NAME_ONLY)}
BY_LID = {channel.lid: channel for channel in BY_NAME.values()}


def named(argument: str) -> tuple[Channel, ...]:
    """The channels an argument asks for: one name, several with commas, or `all`.

    >>> [channel.name for channel in named("jinrong, guonei")]
    ['jinrong', 'guonei']
    >>> len(named("all"))
    6

    Raises ArgumentError for a name that is not in the table.
    """
    if argument == "all":
        return DOMESTIC
    names = dict.fromkeys(name.strip() for name in argument.split(","))
    unknown = [name for name in names if name not in BY_NAME]
    if unknown:
        raise ArgumentError("channel", unknown[0], f"one of {', '.join(BY_NAME)}, or all")
    return tuple(BY_NAME[name] for name in names)
