"""What the OpenAPI document says besides the routes: the key, the server, short names,
examples."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from prompt_improver.api.docs.examples import EXAMPLES

KEY_SCHEME = "API_KEY"


def operation_id(route: APIRoute) -> str:
    """``improve_prompt`` is ``improvePrompt``: what generators of clients name a method by."""
    first, *rest = route.name.split("_")
    return first + "".join(word.title() for word in rest)


def describe(app: FastAPI) -> None:
    """Have the document of ``app`` name its server, the key where a route wants one, examples."""
    written = app.openapi

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = written()
            found["servers"] = [{"url": "/", "description": "The server of this page."}]
            found.setdefault("components", {})["securitySchemes"] = {
                KEY_SCHEME: {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The server's API_KEY, where it has one.",
                }
            }
            for operation in (o for path in found["paths"].values() for o in path.values()):
                # Without a key in the settings nobody needs one: {} is the way in without.
                if "401" in operation["responses"]:
                    operation["security"] = [{KEY_SCHEME: []}, {}]
                # Here, because FastAPI leaves out what is null in an example of a route.
                if (name := operation["operationId"]) in EXAMPLES:
                    content = operation["responses"]["200"]["content"]
                    content["application/json"]["example"] = EXAMPLES[name]
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]
