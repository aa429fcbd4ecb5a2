"""Signals that wake a sleeping worker."""

import os
import signal


def wake_on_signals() -> int:
    """A file descriptor that becomes readable whenever a signal arrives, for `wait_for_notice`."""
    reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    return reading
