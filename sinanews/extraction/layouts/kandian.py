"""K: k.sina.com.cn and k.sina.cn, 看点. The source shown is the platform. The body was `#artibody`
in 2018 and `#article` in 2025."""

from dataclasses import replace

from sinanews.extraction.layouts.f2017 import F2017

K = replace(
    F2017,
    name="K",
    seen=(2018, 2025),
    required_meta=("comment", "mp:"),
    body="#artibody, #article",
)
