"""K: k.sina.com.cn and k.sina.cn, 看点. The shown source is the platform; in 2018 the body was
`#artibody`, in 2025 `#article`."""

from dataclasses import replace

from sinanews.extraction.layouts.f2017 import F2017

K = replace(
    F2017,
    name="K",
    seen=(2018, 2025),
    opening=("comment", "mp:"),
    body="#artibody, #article",
)
