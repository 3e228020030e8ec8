"""Up to when a channel's list is known, and how far back a walk has to go for the rest."""

from dataclasses import dataclass

from sinanews.config import Window


@dataclass(frozen=True, slots=True)
class Watermark:
    """Up to when a channel's list is known: `reached` by any walk, `deep_scanned` by a deep scan.

    Both are unix seconds of the site's clock, at which those walks began.
    """

    reached: int
    deep_scanned: int

    def horizon(self, clock: int, window: Window) -> int:
        """How far back a walk that begins at `clock` has to go.

        >>> mark, window = Watermark(90_000, 60_000), Window(3600, 43_200, 43_200)
        >>> mark.horizon(91_000, window), mark.horizon(103_200, window)
        (86400, 16800)
        """
        near = self.reached - window.lookback
        if clock - self.deep_scanned < window.deep_scan_every:
            return near
        return min(near, self.deep_scanned - window.deep_scan_lookback)

    def moved(self, began: int, horizon: int, window: Window) -> "Watermark":
        """The watermark after a complete walk that began at `began` and went back to `horizon`.

        A walk that ends before it comes to this watermark leaves a gap, and does not move it.
        """
        if horizon > self.reached:
            return self
        deep_scanned = horizon <= self.deep_scanned - window.deep_scan_lookback
        return Watermark(began, began if deep_scanned else self.deep_scanned)
