"""B2009: all channels around 2009, and later pages with these elements that no newer layout fits.
`#art_source` links to www.sina.com.cn and is not the source."""

from dataclasses import replace

from sinanews.extraction.layouts.f2014 import F2014

B2009 = replace(
    F2014,
    name="B2009",
    seen=(2009, 2010),
    required_selectors=("#artibodyTitle", "#pub_date"),
    # A last line with an advertisement for the mobile site.
    boilerplate=('p:has(a[href*="waptuiguang"])',),
)
