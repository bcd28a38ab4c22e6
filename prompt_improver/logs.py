"""What the log looks like."""

import json
import logging
import sys
import time

from prompt_improver.api.current_request import current_request_id

# Their lines can quote keys, addresses with keys in them, and the user's text. What matters
# of it comes up as an error of our own.
_SILENCED = ("httpx", "httpcore", "openai", "LiteLLM", "dspy", "mcp", "py.warnings")


class _WithRequestId(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id.get()
        return True


class _Utc(logging.Formatter):
    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"


class _Json(_Utc):
    """One JSON object a line: time, level, logger, request_id, message, and the fields that
    the line was logged with."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "request_id": getattr(record, "request_id", "-"),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def log_line(form: str, logger: str, message: str) -> str:
    """``message`` as it stands on standard output: alone, or as a line of the JSON log."""
    if form != "json":
        return message
    return _Json().format(
        logging.LogRecord(logger, logging.INFO, __file__, 0, message, args=None, exc_info=None)
    )


def configure_logging(level: str, form: str) -> None:
    """Send the log to standard error, a line an event, in UTC; ``form`` is text or json.
    Other packages' lines, uvicorn's among them, come in the same form, from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_WithRequestId())
    text = "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"
    handler.setFormatter(_Json() if form == "json" else _Utc(text))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    # Python's warnings write to standard error past the log, and quote values: pydantic's
    # about a model's reply quotes the reply.
    logging.captureWarnings(True)
    for name in ("prompt_improver", "db"):
        logging.getLogger(name).setLevel(level)
    for name in _SILENCED:
        logging.getLogger(name).setLevel(logging.CRITICAL)
