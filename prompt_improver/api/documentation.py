"""/docs and the description that it shows."""

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, JSONResponse

OPENAPI_PATH = "/openapi.json"

router = APIRouter(include_in_schema=False)


@router.api_route(OPENAPI_PATH, methods=["GET", "HEAD"])
async def openapi(request: Request) -> JSONResponse:
    # FastAPI's own route works it out in the event loop, where others wait for it: some 90 ms,
    # the first time.
    return JSONResponse(await run_in_threadpool(request.app.openapi))


@router.api_route("/docs", methods=["GET", "HEAD"])
async def docs(request: Request) -> HTMLResponse:
    return get_swagger_ui_html(openapi_url=OPENAPI_PATH, title=f"{request.app.title} - Swagger UI")


@router.api_route("/redoc", methods=["GET", "HEAD"])
async def redoc(request: Request) -> HTMLResponse:
    return get_redoc_html(openapi_url=OPENAPI_PATH, title=f"{request.app.title} - ReDoc")
