"""N2017: news.sina.com.cn since 2017. Its time of publication is the shown one, not the meta."""

from dataclasses import replace

from sinanews.extraction.layouts.f2017 import F2017

N2017 = replace(F2017, name="N2017", seen=(2017, 2025), body="#article")
