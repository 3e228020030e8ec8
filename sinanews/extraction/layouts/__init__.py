"""The supported layouts, and the recognition of a page's layout."""

from sinanews.extraction.layouts.b2009 import B2009
from sinanews.extraction.layouts.base import Layout, Page
from sinanews.extraction.layouts.blog import BLOG
from sinanews.extraction.layouts.f2014 import F2014
from sinanews.extraction.layouts.f2016 import F2016
from sinanews.extraction.layouts.f2017 import F2017
from sinanews.extraction.layouts.kandian import K
from sinanews.extraction.layouts.m2017 import M2017
from sinanews.extraction.layouts.m2018 import M2018
from sinanews.extraction.layouts.mobile import M
from sinanews.extraction.layouts.n2017 import N2017
from sinanews.extraction.layouts.slide import SLIDE
from sinanews.extraction.layouts.t2005 import T2005
from sinanews.extraction.layouts.toutiao import CJ
from sinanews.extraction.layouts.video import VIDEO

# In order of recognition: newest first, but K and CJ before F2017 and N2017, which fit their pages,
# as M2017 does those of M.
LAYOUTS: tuple[Layout, ...] = (
    K, CJ, F2017, N2017, M, M2018, M2017, VIDEO, F2016, F2014, BLOG, B2009, T2005, SLIDE,
)  # fmt: skip # one a line would hide the order
BY_NAME = {layout.name: layout for layout in LAYOUTS}


def of(page: Page) -> Layout | None:
    """The layout of a page: the first that fits; None when none does."""
    return next((layout for layout in LAYOUTS if layout.fits(page)), None)
