"""GET /: the page for browsers, what can be called for all others; and the files of the page."""

import json

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from prompt_improver import __version__
from prompt_improver.api.accept import prefers_html
from prompt_improver.api.errors import KEY_ERRORS
from prompt_improver.api.schemas import RootResponse
from prompt_improver.domain.evidence import ADDED_PARTS, KEPT_KINDS
from prompt_improver.domain.warning_table import WARNINGS
from prompt_improver.page import FILES, FOLDER

_HEADERS = {
    # No text becomes markup or code: Trusted Types refuse it in the browser.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    # The page follows the program.
    "Cache-Control": "no-cache",
}
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
        return FileResponse(FOLDER / "index.html", headers={**_HEADERS, "Vary": "Accept"})
    response.headers["Vary"] = "Accept"
    return RootResponse(message="Prompt Improver", version=__version__, endpoints=_ENDPOINTS)


@router.get("/page/words.js", include_in_schema=False)
async def words() -> Response:
    """The words of the domain's tables, as a module of the page."""
    tables = {
        "WARNINGS": dict(WARNINGS),
        "KEPT_KINDS": dict(KEPT_KINDS),
        "ADDED_PARTS": dict(ADDED_PARTS),
    }
    text = "".join(f"export const {name} = {json.dumps(of)};\n" for name, of in tables.items())
    return Response(text, media_type="text/javascript", headers=_HEADERS)


def _add_file(name: str) -> None:
    async def file() -> FileResponse:
        return FileResponse(FOLDER / name, headers=_HEADERS)

    router.add_api_route(f"/page/{name}", file, include_in_schema=False)


for _name in FILES:
    _add_file(_name)
