"""What a notice says of a run, in Chinese or English."""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sinanews.channels import BY_NAME
from sinanews.items import STATES
from sinanews.utils.text import printable, well_formed

_HOUR = 3_600
LONGEST = 300  # characters of a reason, which may quote anything


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a language; what begins with `{` is filled in."""

    verdicts: Mapping[str, str]
    to_do: Mapping[str, str]
    states: Mapping[str, str]
    changed: str
    well: str
    silence: str
    title: str
    reason: str
    what_to_do: str
    fell_silent: str
    speaks_again: str
    look: str
    archive: str
    listed: str
    join: str


_ZH = Words(
    verdicts={
        "complete": "完整",
        "refused": "无法开始",
        "incomplete": "不完整",
        "blocked": "被网站拒绝",
        "drifted": "页面改版",
        "stalled": "停滞",
        "crashed": "程序出错",
    },
    to_do={
        "complete": "无须处理。",
        "refused": "按“原因”一行改正参数、设置或目录；改正之前什么也不会采集。",
        "incomplete": "无须处理，后面的运行会补上；如果每次都这样，"
        "请看运行报告里的 failures 和 docs/logs.md。",
        "blocked": "停掉定时任务，用浏览器打开“原因”里的网址看一看，过些时候再以更低的频率开始。"
        "没取到的文章会留着，不会丢。",
        "drifted": "页面换了样式，需要新的版式规则，见 docs/layouts.md；"
        "读不了的页面在 failed 目录里。",
        "stalled": "用浏览器看看网站：是真的没有新内容，还是要求登录？原因见 scrapy status。",
        "crashed": "日志里有 traceback：是程序的错误，或是您自己的设置、中间件有问题。",
    },
    states={
        "listed": "列出",
        "written": "新写",
        "updated": "更新",
        "unchanged": "未变",
        "filtered": "略过",
        "gone": "已删",
        "failed": "未取到",
    },
    changed="{now}（此前：{before}）",
    well="恢复正常（此前：{before}）",
    silence="频道动静：{names}",
    title="新浪财经存档 {spider}：{what}",
    reason="原因：{text}",
    what_to_do="怎么办：{text}",
    fell_silent="频道 {name} 没有新内容：最新一条已是 {hours} 小时前的。",
    speaks_again="频道 {name} 又有新内容了。",
    look="用浏览器打开该频道的滚动列表看一看。",
    archive="存档：{place}",
    listed="本次：{sum}",
    join="、",
)
_EN = Words(
    verdicts={
        "complete": "complete",
        "refused": "refused",
        "incomplete": "incomplete",
        "blocked": "blocked",
        "drifted": "drifted",
        "stalled": "stalled",
        "crashed": "crashed",
    },
    to_do={
        "complete": "nothing.",
        "refused": "put right what the reason names; until then nothing is harvested.",
        "incomplete": "nothing, the next runs go on with it. If every run says so, read `failures`"
        " in its report, and docs/logs.md.",
        "blocked": "stop the timer or the cron line, and look at the page that the reason names"
        " with a browser. Then begin again, less often. What was not fetched waits.",
        "drifted": "a new layout is due: docs/layouts.md; the pages are in the folder failed.",
        "stalled": "look at the site with a browser: is it really silent, does it want a login?"
        " `scrapy status` has the reasons.",
        "crashed": "the log has a traceback: an error of ours, or of your own settings or"
        " middlewares.",
    },
    states={state: state for state in ("listed", *STATES)},
    changed="{now} (before: {before})",
    well="well again (before: {before})",
    silence="channels: {names}",
    title="sinanews {spider}: {what}",
    reason="Reason: {text}",
    what_to_do="What to do: {text}",
    fell_silent="Channel {name} has nothing new: its newest row was {hours} hours old.",
    speaks_again="Channel {name} has something new again.",
    look="look at the channel's list with a browser.",
    archive="Archive: {place}",
    listed="This run: {sum}",
    join=", ",
)
WORDS = {"zh": _ZH, "en": _EN}


@dataclass(frozen=True, slots=True)
class Change:
    """What is different from what was told last: the verdicts, the channels that fell silent with
    the age of their newest row in seconds, and those that speak again."""

    before: str
    now: str
    fell: Mapping[str, int]
    spoke: Sequence[str]

    def __bool__(self) -> bool:
        """Whether anything is."""
        return bool(self.before != self.now or self.fell or self.spoke)


def title(change: Change, spider: str, language: str) -> str:
    """One line that says what is different."""
    words = WORDS[language]
    if change.before == change.now:
        what = words.silence.format(names=words.join.join([*change.fell, *change.spoke]))
    else:
        pattern = words.well if change.now == "complete" else words.changed
        before, now = words.verdicts[change.before], words.verdicts[change.now]
        what = pattern.format(before=before, now=now)
    return _line(words.title.format(spider=spider, what=what))


def body(
    change: Change, causes: Sequence[str], account: Mapping[str, int], archive: str, language: str
) -> str:
    """Why it is so, what to do, where the archive is, and the run's account, a line each."""
    words = WORDS[language]
    lines = []
    if change.before != change.now:
        if change.now != "complete":
            lines += [words.reason.format(text=cause) for cause in causes]
        lines.append(words.what_to_do.format(text=words.to_do[change.now]))
    for name, age in change.fell.items():
        lines.append(words.fell_silent.format(name=_channel(name, language), hours=age // _HOUR))
    for name in change.spoke:
        lines.append(words.speaks_again.format(name=_channel(name, language)))
    if change.fell and change.before == change.now:
        lines.append(words.what_to_do.format(text=words.look))
    lines.append(words.archive.format(place=f"{socket.gethostname()}:{archive}"))
    if account:
        parts = (f"{words.states[state]} {account[state]}" for state in STATES)
        total = f"{words.states['listed']} {account['listed']} = {' + '.join(parts)}"
        lines.append(words.listed.format(sum=total))
    return "\n".join(map(_line, lines))


def _channel(name: str, language: str) -> str:
    channel = BY_NAME.get(name)
    return f"{channel.title}（{name}）" if channel and language == "zh" else name


def _line(text: str) -> str:
    shown = well_formed(printable(text))
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"
