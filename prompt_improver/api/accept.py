"""What the caller would rather have."""

from collections.abc import Iterable


def prefers_html(accept: Iterable[str]) -> bool:
    """Whether ``text/html`` is asked for by name, and not JSON before it, by the values of the
    header Accept. Browsers do so when they open an address; ``*/*`` is no wish for a page."""
    weights = {"text/html": 0.0, "application/json": 0.0}
    order = []
    for each in ",".join(accept).lower().split(","):
        kind, *parameters = (part.strip() for part in each.split(";"))
        if kind in weights:
            order.append(kind)
            weights[kind] = _weight(parameters)
    html, json = weights["text/html"], weights["application/json"]
    return html > 0 and (html > json or (html == json and order[0] == "text/html"))


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
