"""The timekeeper: says, in signed acts, what the clock makes of open deadlines. It knows nothing but the fold."""

from tacit_services.timekeeper.due import Due, next_due, sign_due
from tacit_services.timekeeper.keep import Submitter, keep_time

__all__ = ["Due", "Submitter", "keep_time", "next_due", "sign_due"]
