"""Who is not there while runs work hears of them: by notices, a heartbeat and metrics."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sinanews.config import Bells
from sinanews.ledger.runs import Run
from sinanews.ledger.views import View
from sinanews.reporting.crashes import crash_place
from sinanews.reporting.ended import Ended
from sinanews.reporting.heartbeat import Heartbeat
from sinanews.reporting.verdicts import Verdict
from sinanews.utils.atomic import writing_whole

logger = logging.getLogger(__name__)


@contextmanager
def harmless() -> Iterator[None]:
    """For what only tells of a run: an error of ours there is one line of the log, by its type and
    place, since its message may quote an address; the run and its exit code are as they were."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - what it may be nobody knows, or it were mended
        logger.error("a bell failed: %s", crash_place(error))  # noqa: TRY400 - see above


class Bell:
    """The bells of one run of a spider, from before its arguments are checked. Once it is made it
    never raises, whatever becomes of a bell: the log has a line, without a secret.

    Raises ArgumentError for a NOTIFY_URL that apprise cannot use.
    """

    def __init__(self, bells: Bells, spider: str) -> None:
        self._bells = bells
        self._spider = spider
        self._started = int(time.time())
        self._heartbeat = Heartbeat(bells.heartbeat) if bells.heartbeat else None
        if bells.notify:
            from sinanews.reporting import notify  # noqa: PLC0415 - apprise is an extra

            notify.require_usable(bells.notify)

    def begin(self) -> None:
        """The run begins: its arguments are good, and nobody else is at work on the archive."""
        with harmless():
            if self._heartbeat:
                self._heartbeat.begin()

    def end(
        self,
        code: int,
        reason: str = "",
        view: View | None = None,
        stalled_hours: int = 24,
        report: Mapping[str, Any] | None = None,
    ) -> None:
        """The run has ended with an exit code. `reason` says why, should the ledger not know;
        `view` is the archive as it is now, if it can be read; `report` is the run's, by default
        that of the last run there which began after these bells."""
        if code == Verdict.LOCKED:
            return  # the run that holds the lock tells how it goes
        with harmless():
            if self._heartbeat:
                self._heartbeat.end(code)
        with harmless():
            if report is None:
                report = self._own_report(view.runs if view else ())
            ended, limit = self._ended(code, reason, report), stalled_hours * 3600
            with harmless():
                self._write_metrics(ended, view, limit)
            self._notify(ended, limit)

    def _ended(self, code: int, reason: str, report: Mapping[str, Any]) -> Ended:
        return Ended(
            archive=str(self._bells.output or ""),
            spider=self._spider,
            exit_code=code,
            started=self._started,
            ended=int(time.time()),
            reason=reason,
            report=report,
        )

    def _notify(self, ended: Ended, limit: int) -> None:
        if not self._bells.notify:
            return
        from sinanews.reporting import notify  # noqa: PLC0415 - apprise is an extra

        news = notify.News.of(ended, limit, self._bells.language)
        notify.deliver(self._bells.notify, self._bells.output, news)

    def _own_report(self, runs: Sequence[Run]) -> Mapping[str, Any]:
        own = (
            run.report
            for run in runs
            if run.spider == self._spider and run.started >= self._started and run.report
        )
        return next(own, {})

    def _write_metrics(self, ended: Ended, view: View | None, limit: int) -> None:
        if not self._bells.metrics:
            return
        from sinanews.reporting import metrics  # noqa: PLC0415 - takes time, and is rarely asked for

        try:
            content = metrics.render(ended, view, limit)
            with writing_whole(self._bells.metrics) as file:  # which makes no folders
                file.write(content)
        except OSError as error:
            logger.error("METRICS_FILE %s could not be written: %s", self._bells.metrics, error)  # noqa: TRY400 - the reason is the message
