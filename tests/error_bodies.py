"""What is answered over HTTP for an error, by its code."""

from prompt_improver.domain.error_table import ERRORS


def error_body(code: str) -> dict[str, str]:
    """The body of the answer that tells of the error ``code``."""
    return {"detail": ERRORS[code].sentence, "code": code}
