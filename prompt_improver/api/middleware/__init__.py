"""Pure ASGI middleware, one job a file."""
