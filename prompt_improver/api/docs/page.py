"""GET /openapi.json, GET /docs, and the files that the page loads."""

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse
from starlette.concurrency import run_in_threadpool

FOLDER = Path(__file__).parent
FILES = {
    "start.js": FOLDER / "start.js",
    "swagger-ui-bundle.js": FOLDER / "vendor" / "swagger-ui-bundle.js",
    "swagger-ui.css": FOLDER / "vendor" / "swagger-ui.css",
}
_HEADERS = {
    # Styles stand in the elements that Swagger UI makes, and its icons in data: addresses.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    # Asked again each time, and sent only where it changed: the page follows the program.
    "Cache-Control": "no-cache",
}

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def document(request: Request) -> JSONResponse:
    """The document. FastAPI's own route makes it in the event loop, where others would wait for
    it: some 90 ms, the first time."""
    return JSONResponse(await run_in_threadpool(request.app.openapi))


@router.get("/docs")
async def page() -> FileResponse:
    """The page."""
    return FileResponse(FOLDER / "index.html", headers=_HEADERS)


def _add_file(name: str, path: Path) -> None:
    async def file() -> FileResponse:
        return FileResponse(path, headers=_HEADERS)

    router.add_api_route(f"/docs/{name}", file)


for _name, _path in FILES.items():
    _add_file(_name, _path)
