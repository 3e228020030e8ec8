"""Up to when a channel's list is known, and how far back a walk has to go for the rest."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """How late an article may enter the list and still be found, in seconds.

    A list is ordered by the articles' own time, so a late one lands among older rows. Each run
    looks `lateness` further back than the last one began; once `sweep_every` has gone by since the
    last sweep, a run sweeps: it looks `sweep_lateness` further back than that sweep began. So every
    run costs little, and what is later than the most is still found within `sweep_every`.
    """

    lateness: int
    sweep_every: int
    sweep_lateness: int


@dataclass(frozen=True, slots=True)
class Frontier:
    """Up to when a channel's list is known: `reached` by any walk, `swept` by the last sweep.

    Both are unix seconds of the site's clock, at which those walks began.
    """

    reached: int
    swept: int

    def horizon(self, clock: int, window: Window) -> int:
        """How far back a walk that begins at `clock` has to go.

        >>> known, window = Frontier(90_000, 60_000), Window(3600, 43_200, 43_200)
        >>> known.horizon(91_000, window), known.horizon(103_200, window)
        (86400, 16800)
        """
        near = self.reached - window.lateness
        sweeps = clock - self.swept >= window.sweep_every
        return min(near, self.swept - window.sweep_lateness) if sweeps else near

    def moved(self, began: int, horizon: int, window: Window) -> "Frontier":
        """The frontier after a complete walk that began at `began` and went back to `horizon`.

        A walk that ends before it comes to this frontier leaves a gap, and does not move it.
        """
        if horizon > self.reached:
            return self
        swept = horizon <= self.swept - window.sweep_lateness
        return Frontier(began, began if swept else self.swept)
