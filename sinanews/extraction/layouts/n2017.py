"""N2017: news.sina.com.cn since 2017. The time of publication is the one shown, not the meta's."""

from dataclasses import replace

from sinanews.extraction.layouts.f2017 import F2017

N2017 = replace(F2017, name="N2017", seen=(2017, 2025), body="#article")
