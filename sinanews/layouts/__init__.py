"""The page families that can be read, newest first, and which one a page is."""

from sinanews.layouts.base import Layout, Markup
from sinanews.layouts.f2017 import F2017
from sinanews.layouts.n2017 import N2017

LAYOUTS: tuple[Layout, ...] = (F2017, N2017)
BY_NAME = {layout.name: layout for layout in LAYOUTS}


def of(page: Markup) -> Layout | None:
    """The first layout whose marks are on the page; None for a page of no known family."""
    return next((layout for layout in LAYOUTS if layout.fits(page)), None)
