"""Up to when a channel's list is known, and how far back a walk has to go for the rest."""

from dataclasses import dataclass

from sinanews.config import Window


@dataclass(frozen=True, slots=True)
class Watermark:
    """Up to when a channel's list is known: `reached` by any walk, `deep_scanned` by a deep scan.

    Each is the ctime of the newest row that such a walk has seen, in unix seconds: whatever a clock
    said, what is newer has yet to be looked for.
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

    def moved(self, newest: int, horizon: int, window: Window) -> "Watermark":
        """The watermark after a complete walk from the row `newest` back to `horizon`.

        A walk that was not to go back to where this one would have gone does not move it.
        """
        if horizon > self.reached - window.lookback:
            return self
        deep_scanned = horizon <= self.deep_scanned - window.deep_scan_lookback
        return Watermark(newest, newest if deep_scanned else self.deep_scanned)


@dataclass(frozen=True, slots=True)
class ListState:
    """What a list was like when it was last walked.

    `newest` and `second` are the ctimes of its two newest rows, `total` how many rows it said to
    have, `unconfirmed_end` the ctime at which it ended before it came to the watermark: None when
    it did not, or when a later walk has found the same.
    """

    newest: int | None = None
    second: int | None = None
    total: int | None = None
    unconfirmed_end: int | None = None
