"""GET /: the page for browsers, what can be called for all others; and the files of the page."""

import json
from base64 import b64encode
from functools import cache
from hashlib import sha256

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from prompt_improver import __version__
from prompt_improver.api.accept import prefers_html
from prompt_improver.api.errors import KEY_ERRORS
from prompt_improver.api.schemas import RootResponse
from prompt_improver.domain.evidence import ADDED_PARTS, KEPT_KINDS
from prompt_improver.domain.warning_table import WARNINGS
from prompt_improver.improvement.progress import RESTARTS, STATES
from prompt_improver.page import FILES, FOLDER

_POLICY = (
    # No text becomes markup or code: Trusted Types refuse it in the browser.
    "default-src 'none'; script-src 'self'; style-src {styles}; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY.format(styles="'self'"),
    # The page follows the program.
    "Cache-Control": "no-cache",
}
_KINDS = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
_STYLES = '<link rel="stylesheet" href="page/page.css">'
_ENDPOINTS = {
    "improve": "POST /api/v1/improve-prompt",
    "improve_stream": "POST /api/v1/improve-prompt/stream",
    # These two are paths alone, as clients of prompt_raycast_ext read them.
    "improve_prompt": "/api/v1/improve-prompt",
    "health": "/health",
    "history": "GET /api/v1/history",
    "history_item": "GET /api/v1/history/{prompt_id}",
    "history_change": "PATCH /api/v1/history/{prompt_id}",
    "history_delete": "DELETE /api/v1/history/{prompt_id}",
    "history_delete_many": "DELETE /api/v1/history",
    "history_versions": "GET /api/v1/history/{prompt_id}/versions",
    "history_refine": "POST /api/v1/history/{prompt_id}/refine",
    "history_refine_stream": "POST /api/v1/history/{prompt_id}/refine/stream",
    "history_diff": "GET /api/v1/history/{prompt_id}/diff",
    "history_export": "GET /api/v1/history/export",
    "statistics": "GET /api/v1/statistics",
    "repository_health": "GET /health/repository",
    "metrics": "GET /metrics",
    "docs": "GET /docs",
}

router = APIRouter()


@router.get(
    "/",
    tags=["health"],
    response_model=RootResponse,
    responses={200: {"content": {"text/html": {}}}, **KEY_ERRORS},
)
async def root(request: Request, response: Response) -> RootResponse | Response:
    """What this is, and what can be called; the page where Accept asks for text/html."""
    if prefers_html(request.headers.getlist("accept")):
        text, policy = _page()
        headers = {**_HEADERS, "Content-Security-Policy": policy, "Vary": "Accept"}
        return HTMLResponse(text, headers=headers)
    response.headers["Vary"] = "Accept"
    return RootResponse(message="Prompt Improver", version=__version__, endpoints=_ENDPOINTS)


@router.get("/page/words.js", include_in_schema=False)
async def words() -> Response:
    """The words of the domain's tables, as a module of the page."""
    tables = {
        "WARNINGS": dict(WARNINGS),
        "KEPT_KINDS": dict(KEPT_KINDS),
        "ADDED_PARTS": dict(ADDED_PARTS),
        "STATES": dict(STATES),
        "RESTARTS": dict(RESTARTS),
    }
    text = "".join(f"export const {name} = {json.dumps(of)};\n" for name, of in tables.items())
    return Response(text, media_type="text/javascript", headers=_HEADERS)


@cache
def _page() -> tuple[str, str]:
    """The page and its policy. Its styles stand in it, so that it is drawn before anything else
    is loaded; the policy lets in these styles alone."""
    styles = (FOLDER / "page.css").read_text(encoding="utf-8")
    text = (FOLDER / "index.html").read_text(encoding="utf-8")
    digest = b64encode(sha256(styles.encode()).digest()).decode()
    policy = _POLICY.format(styles=f"'sha256-{digest}'")
    return text.replace(_STYLES, f"<style>{styles}</style>"), policy


@cache
def _file(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def _add_file(name: str) -> None:
    async def file() -> Response:
        # From memory: a browser asks for all of them at once, and waits.
        return Response(_file(name), media_type=_KINDS[name.rpartition(".")[2]], headers=_HEADERS)

    router.add_api_route(f"/page/{name}", file, include_in_schema=False)


for _name in FILES:
    _add_file(_name)
