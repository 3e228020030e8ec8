"""Posts written by hand that act, a few of each kind: what the rig must find when nothing is taken
out."""

_FRONT = "---\ntitle: x\ndate: 2022-08-08 10:55:13\n---\n\n"


def _post(body: str) -> bytes:
    return f"{_FRONT}<div>\n{body}\n</div>\n".encode()


def _titled(line: str) -> bytes:
    return f"---\ntitle: x\ndate: 2022-08-08 10:55:13\n{line}\n---\n\n<div>x</div>\n".encode()


# By name, what must be among the faults of the post as it is, and of the page that Hexo makes of
# it; None where that way is inert.
LIVE: dict[str, tuple[bytes, str | None, str | None]] = {
    "handler": (_post("<img src=x onerror=alert(1)>"), "called alert", "called alert"),
    "handler-at-a-touch": (_post("<p onmouseover=alert(1)>x</p>"), "called alert", "called alert"),
    "handler-of-a-template": (
        _post("<template><img src=x onerror=alert(1)></template>"),
        "handler onerror",
        "handler onerror",
    ),
    "shadow-root": (
        _post("<div><template shadowrootmode=open><img src=x onerror=alert(1)></template></div>"),
        "handler onerror",
        "handler onerror",
    ),
    "script": (_post("<script>x = 1</script>"), "script-src-elem inline", "script-src-elem inline"),
    "script-of-others": (
        _post("<script src=https://example.com/a.js></script>"),
        "request: script",
        "request: script",
    ),
    "script-url": (_post("<a href=javascript:alert(1)>x</a>"), "called alert", "called alert"),
    "script-url-in-svg": (
        _post("<svg><a xlink:href=javascript:alert(1)><text y=20>x</text></a></svg>"),
        "URL in xlink:href",
        "URL in xlink:href",
    ),
    "script-url-in-markdown": (_post("\n\n[x](javascript:alert(1))\n\n"), None, "called alert"),
    "scheme-in-markdown": (_post('\n\n![x](foo:"onerror="alert(1))\n'), None, "called alert"),
    "bare-url-in-markdown": (
        _post('\n\nhttp://a:99999"onmouseover="alert(1)\n'),
        None,
        "called alert",
    ),
    "frame": (_post("<iframe src=https://example.com/></iframe>"), "frame:", "frame:"),
    "frame-with-a-document": (
        _post('<iframe srcdoc="<script>parent.alert(1)</script>"></iframe>'),
        "called alert",
        "called alert",
    ),
    "refresh": (
        _post('<meta http-equiv=refresh content="0;url=https://example.com/">'),
        "example.com",
        "example.com",
    ),
    "base": (_post("<base href=https://example.com/>"), "element: <base", "element: <base"),
    "style-sheet": (
        _post("<style>@import 'https://example.com/a.css'</style>"),
        "request: stylesheet",
        "request: stylesheet",
    ),
    "font": (
        _post("<style>@font-face&#123;</style><p style='font-family:x'>x</p>").replace(
            b"&#123;", b"{font-family:x;src:url(https://example.com/a.woff)}"
        ),
        "request: font",
        "request: font",
    ),
    "player": (
        _post("<video src=https://example.com/a.mp4 autoplay></video>"),
        "player:",
        "player:",
    ),
    "form": (
        _post("<form action=https://example.com/><button>x</button></form>"),
        "form: submitted",
        "form: submitted",
    ),
    "ping": (
        _post("<a href=https://example.com/ ping=https://example.com/>x</a>"),
        "request by ping",
        "request by ping",
    ),
    "front-matter": (_titled("source: '<img src=x onerror=alert(1)>'"), "called alert", None),
    "link-of-the-theme": (
        _titled("link: 'https://x/\"onmouseover=\"alert(1)'"),
        None,
        "called alert",
    ),
    "caption-of-the-theme": (
        _post('<img src="https://x/a.jpg" alt="&lt;img src=x onerror=alert(1)&gt;">'),
        None,
        "called alert",
    ),
    "links-of-hexo": (
        _post('<a title="href=javascript:alert(1) " href="https://x/">x</a>'),
        None,
        "called alert",
    ),
    "stops-hexo": (_post("\n\n![x](http://a:99999/x.jpg)\n"), None, "stops Hexo"),
}
