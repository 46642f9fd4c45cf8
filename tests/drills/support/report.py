"""Counts what held and what did not; the last line is the drill's result."""

import asyncio
import sys
import time
import traceback

from .gateway import Failed


class Report:
    """The checks of one drill."""

    def __init__(self, name):
        self.name = name
        self.passed = self.failed = self.skipped = 0
        self._began = time.monotonic()

    def say(self, text):
        """A remark, with the time since the start."""
        print(f"[{time.monotonic() - self._began:6.1f} s] {text}", flush=True)

    def check(self, held, text, details=""):
        """Notes whether something held."""
        if held:
            self.passed += 1
            self.say(f"ok    {text}")
        else:
            self.failed += 1
            self.say(f"FAIL  {text}")
            if details:
                print(details, flush=True)
        return held

    def skip(self, text):
        """Notes what could not be tried."""
        self.skipped += 1
        self.say(f"skip  {text}")

    def finish(self):
        """Prints the result and gives the exit code."""
        more = f", {self.skipped} skipped" if self.skipped else ""
        print(f"{self.name}: {self.passed} passed, {self.failed} failed{more}", flush=True)
        return 1 if self.failed or not self.passed else 0


def run(report, drill, within):
    """Runs a drill with an end to its patience, and exits."""
    try:
        asyncio.run(asyncio.wait_for(drill, within))
    except asyncio.TimeoutError:
        report.check(False, f"the drill ends within {within} s", traceback.format_exc())
    except Failed as failed:
        report.check(False, "the gateway could be run", str(failed))
    except Exception:
        report.check(False, "the drill ran to its end", traceback.format_exc())
    sys.exit(report.finish())
