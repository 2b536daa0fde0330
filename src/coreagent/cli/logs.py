"""What the libraries below log goes to standard error, in one line each and with secrets masked."""

import logging

from coreagent.secrets import MaskingFilter

_TALKATIVE = "opentelemetry.exporter"
"""Says in eight lines that a collector is down; the telemetry room says it in one."""


def set_up_logs() -> None:
    """Warnings and errors only. Does nothing where the caller has set up logging already."""
    handler = logging.StreamHandler()
    handler.addFilter(MaskingFilter())
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", handlers=[handler])
    logging.getLogger(_TALKATIVE).setLevel(logging.CRITICAL)
