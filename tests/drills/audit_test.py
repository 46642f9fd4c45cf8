#!/usr/bin/env python3
"""The audit finds what is wrong: an audit that cannot fail would prove nothing.

Takes three logs that agree, spoils them in one way at a time, and wants exactly that found.
"""

import copy
import sys

from support.audit import Audit, totals_agree
from support.load import Seen
from support.report import Report
from support.script import decimal, price, script
from support.upstream import Served

RUN = "test"


class Logs:
    """Two calls that went well: one in each dialect."""

    def __init__(self):
        self.calls, self.records, self.served, self.repeated = [], [], {}, []
        for number, (model, dialect) in enumerate([("gpt-4o", "chat"), ("claude-drill", "messages")]):
            marker, request = f"{RUN}-{number}", f"req_{number}"
            made = script(marker, dialect)
            self.calls.append(Seen(marker, model, "chat", True, 0.0, request_id=request, status=200, ended=True))
            self.served[marker] = Served(marker, model, dialect, True, ended=True)
            paid = decimal(price(model, made))
            self.records.append({
                "request_id": request, "end_user": marker, "status": "ok", "endpoint": "chat.completions",
                "input_tokens": made.input, "cached_input_tokens": made.cached,
                "cache_write_tokens": made.written, "output_tokens": made.output,
                "reasoning_tokens": made.reasoning, "usage_source": "provider",
                "price_usd": paid, "cost_usd": paid,
            })


def forget(logs):
    logs.records.pop()


def twice(logs):
    logs.records.append(copy.deepcopy(logs.records[0]))


def sent_twice(logs):
    logs.repeated.append(f"{RUN}-0")


def nano_too_much(logs):
    whole, places = logs.records[0]["price_usd"].split(".")
    logs.records[0]["price_usd"] = f"{whole}.{int(places) + 1:09d}"


def token_too_few(logs):
    logs.records[1]["output_tokens"] -= 1


def made_up(logs):
    logs.served[f"{RUN}-0"].ended = False


def priced_interruption(logs):
    logs.records[0]["status"] = "interrupted"
    logs.calls[0].ended = False


def cut_short(logs):
    logs.calls[0].fault = "ended cleanly without a finish reason"
    logs.calls[0].ended = False


SPOILT = [
    (forget, {"lost", "unaccounted"}), (twice, {"doubled"}), (sent_twice, {"doubled"}),
    (nano_too_much, {"mispriced"}), (token_too_few, {"mispriced"}), (made_up, {"invented"}),
    (priced_interruption, {"mispriced"}), (cut_short, {"garbled"}),
]


def found(logs):
    """The kinds of finding."""
    audit = Audit(RUN, logs.calls, logs, logs.records)
    return {kind for kind, texts in audit.found.items() if texts}


if __name__ == "__main__":
    report = Report("audit")
    report.check(not found(Logs()), "logs that agree are clean")
    for spoil, kinds in SPOILT:
        logs = Logs()
        spoil(logs)
        report.check(found(logs) == kinds, f"{spoil.__name__} is found as {kinds}", str(found(logs)))
    total = {"requests": 1, "input_tokens": 0, "cached_input_tokens": 0, "output_tokens": 0, "price_usd": "0"}
    report.check(totals_agree({"total": total}, []), "a report that is not the sum is found")
    report.check(price("gpt-4o", script("test-0", "chat")) > 0, "a price is worked out")
    sys.exit(report.finish())
