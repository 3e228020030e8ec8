"""Runs `scrapy ARGUMENT ...` with one more layout: what a mended sinanews would know.

python -m tests.pages.mended ARGUMENT ...
"""

from dataclasses import replace

from scrapy.cmdline import execute

from sinanews.extraction import layouts
from sinanews.extraction.layouts.f2017 import F2017

F2027 = replace(F2017, name="F2027", body="#artibody2027")

if __name__ == "__main__":
    layouts.LAYOUTS = (F2027, *layouts.LAYOUTS)
    layouts.BY_NAME[F2027.name] = F2027
    execute()
