"""Invented texts to look for reprints among: articles, what outlets make of them, and notices of a
template, which differ in their numbers and in little else."""
# ruff: noqa: E501 - lines of Chinese count double, and the notices are read better in few of them

from collections.abc import Callable, Iterator
from random import Random

from sinanews.mirror.prose import Writer, lexicon

MAIN_INDEX, GROWTH_INDEX = "沪指", "创业板指"


def article(random: Random, paragraphs: int = 0) -> str:
    """A news text of so many paragraphs, by default of 2 to 14."""
    writer = Writer(random)
    return "\n".join(writer.paragraphs(paragraphs or random.randint(2, 14), ()))


def reprint(text: str, share: float, random: Random) -> str:
    """The text as another outlet has it: so much of its characters is edited, and the outlet's own
    lines and its writing of space and punctuation are added."""
    text = edited(text, share, random)
    if random.random() < 0.3:  # noqa: PLR2004 - some outlets
        text = text.replace("，", ", ").replace("：", ":").replace("\n", "\n　　")
    write = Writer(random).write
    outlet, person = write("outlet"), write("person")
    heads = ("", f"【{outlet}】", f"{outlet}讯 8月8日消息，", f"原标题：{write('headline')}\n")
    tails = (
        f"\n来源：{outlet}",
        f"（记者 {person}）",
        f"\n（文章来源：{outlet}）\n责任编辑：{person}",
        f"\n声明：转载此文出于传递更多信息之目的，不代表本网观点。\n编辑：{person}",
        f"\n本文转自{outlet}，作者{person}，内容仅供参考，不构成投资建议。",
        "",
    )
    return random.choice(heads) + text + random.choice(tails)


def edited(text: str, share: float, random: Random) -> str:
    """The text after so many edits at random places as are that share of its characters: one is
    replaced, left out, or another put before it."""
    characters = list(text)
    others = "".join(lexicon()["np"] + lexicon()["thing"] + lexicon()["verb"])
    for _ in range(round(len(characters) * share)):
        place = random.randrange(len(characters))
        kind = random.randrange(3)
        if kind == 0:
            characters[place] = random.choice(others)
        elif kind == 1:
            del characters[place]
        else:
            characters.insert(place, random.choice(others))
    return "".join(characters)


def notices(count: int, random: Random) -> Iterator[tuple[str, str]]:
    """So many notices of each template, in turn: the template's name and the text."""
    for _ in range(count):
        for template in TEMPLATES:
            yield template.__name__, template(random)


def market_close(random: Random) -> str:
    """How the stock market closed, each day in the same words."""
    r, up = random, random.choice
    return (
        f"{_day(r)}，三大指数收盘涨跌不一。截至收盘，{MAIN_INDEX}{up('涨跌')}{r.uniform(0, 3):.2f}%，"
        f"报{r.uniform(2800, 3600):,.2f}点；深成指{up('涨跌')}{r.uniform(0, 3):.2f}%，"
        f"报{r.uniform(9000, 13000):,.2f}点；{GROWTH_INDEX}{up('涨跌')}{r.uniform(0, 3):.2f}%，"
        f"报{r.uniform(1800, 2800):,.2f}点。两市成交额合计{r.uniform(6000, 12000):.0f}亿元，"
        f"较上个交易日{up(('放量', '缩量'))}{r.uniform(100, 900):.0f}亿元。北向资金全天净"
        f"{up(('买入', '卖出'))}{r.uniform(1, 99):.2f}亿元。盘面上，两市共{r.randint(500, 4500)}只个股上涨，"
        f"{r.randint(500, 4500)}只个股下跌，{r.randint(20, 120)}只个股涨停。沪深300指数"
        f"{up('涨跌')}{r.uniform(0, 3):.2f}%，科创50指数{up('涨跌')}{r.uniform(0, 3):.2f}%。"
        "分析人士指出，市场情绪仍待修复，建议投资者控制仓位，关注政策落地与企业盈利的改善情况。"
    )


def market_table(random: Random) -> str:
    """A table of prices, as long every day."""
    names = lexicon()["thing"][:30]
    rows = (
        f"{name}\t{random.uniform(1, 900):.2f}\t{random.uniform(-5, 5):+.2f}%"
        f"\t{random.randint(1000, 99999)}"
        for name in names
    )
    return "\n".join((f"{_day(random)}行情一览", "品种\t最新价\t涨跌幅\t成交量", *rows))


def net_value(random: Random) -> str:
    """What one fund's share is worth: a short notice whose code and year stay the same."""
    value = random.uniform(0.8, 2.5)
    return (
        f"恒远稳健成长混合型证券投资基金（基金代码：519700）2026年{_day(random)}单位净值为{value:.4f}元，"
        f"累计净值为{value + 1.2:.4f}元，日增长率{random.uniform(-3, 3):.2f}%。该基金近一个月收益率为"
        f"{random.uniform(-9, 9):.2f}%，同类排名{random.randint(1, 900)}/{random.randint(900, 1200)}。"
        "基金的过往业绩并不预示其未来表现，基金管理人提醒投资者注意投资风险，谨慎做出投资决策。"
    )


def central_parity(random: Random) -> str:
    """The exchange rates of a day."""
    rates = "，".join(
        f"1{money}对人民币{random.uniform(low, low * 1.2):.4f}元"
        for money, low in (
            ("美元", 6.3),
            ("欧元", 6.8),
            ("英镑", 7.9),
            ("港元", 0.8),
            ("瑞郎", 6.9),
        )
    )
    return (
        f"中国外汇交易中心受权公布，{_day(random)}银行间外汇市场人民币汇率中间价为：{rates}。"
        f"人民币对美元中间价较前一交易日{random.choice(('调升', '调贬'))}{random.randint(1, 400)}个基点，"
        f"前一交易日在岸人民币对美元16:30收报{random.uniform(6.3, 7.3):.4f}。"
    )


def pledge(random: Random) -> str:
    """A company's announcement that shares are pledged, in words that all companies use."""
    write = Writer(random).write
    firm, person = write("firm"), write("person")
    return (
        f"证券代码：{random.randint(600000, 603999)}　证券简称：{firm}　公告编号：2026-{random.randint(1, 99):03}\n"
        "本公司董事会及全体董事保证本公告内容不存在任何虚假记载、误导性陈述或者重大遗漏，并对其内容的"
        "真实性、准确性和完整性承担法律责任。\n"
        f"{firm}（以下简称“公司”）控股股东{person}持有公司股份{random.randint(10**7, 10**9):,}股，"
        f"占公司总股本的{random.uniform(5, 60):.2f}%。本次质押{random.randint(10**6, 10**7):,}股后，"
        f"累计质押{random.randint(10**7, 10**8):,}股，占其所持股份的{random.uniform(5, 95):.2f}%。\n"
        f"公司于{_day(random)}收到控股股东的通知，获悉其所持有的部分股份被质押。上述质押股份不存在被用作"
        "重大资产重组业绩补偿等事项的担保或其他保障用途的情况，不会导致公司实际控制权发生变更。"
    )


def oil_price(random: Random) -> str:
    """The prices of fuel after a change of them."""
    return (
        f"据监测，自{_day(random)}24时起，国内汽、柴油价格每吨分别"
        f"{random.choice(('提高', '降低'))}{random.randrange(50, 600, 5)}元和{random.randrange(50, 600, 5)}元。"
        f"折合每升92号汽油{random.choice('涨跌')}{random.uniform(0.05, 0.6):.2f}元，95号汽油"
        f"{random.uniform(0.05, 0.6):.2f}元，0号柴油{random.uniform(0.05, 0.6):.2f}元。以油箱容量50升的普通"
        f"私家车计算，加满一箱油将多花或少花{random.uniform(2, 30):.1f}元左右。下一次调价窗口将在"
        f"{_day(random)}24时开启，各地实际零售价格以当地发展改革部门公布的为准。"
    )


def fund_flow(random: Random) -> str:
    """What funds did with one stock, by a machine that writes the same of each."""
    write = Writer(random).write
    rows = "\n".join(
        f"2026-0{random.randint(1, 9)}-{random.randint(10, 28)}\t{random.uniform(2, 90):.2f}"
        f"\t{random.uniform(-9, 9):.2f}\t{random.uniform(-9000, 9000):.2f}"
        for _ in range(5)
    )
    firm = write("firm")
    return (
        f"{firm}{_day(random)}获融资买入{random.uniform(100, 9999):.2f}万元，"
        f"占当日买入金额的{random.uniform(1, 40):.2f}%，当前融资余额{random.uniform(0.2, 40):.2f}亿元，占流通市值的"
        f"{random.uniform(1, 10):.2f}%。融券方面，{firm}当日融券偿还{random.randint(1, 99)}00股，"
        f"融券余额{random.uniform(10, 9999):.2f}万元，处于近一年较低水平。\n"
        f"交易日期\t收盘价\t涨跌幅\t净买入\n{rows}\n综上，{firm}当前两融余额较昨日有所变化。"
    )


TEMPLATES: tuple[Callable[[Random], str], ...] = (
    *(market_close, market_table, net_value, central_parity),
    *(pledge, oil_price, fund_flow),
)


def _day(random: Random) -> str:
    return f"{random.randint(1, 12)}月{random.randint(1, 28)}日"
