"""The command that serves agents."""


def mcp() -> None:
    """Serve agents over MCP on standard input and output. The log goes to standard error."""
    import asyncio

    from prompt_improver.cli.settings import read_settings
    from prompt_improver.logs import configure_logging
    from prompt_improver.mcp_wiring import serve_stdio

    settings = read_settings()
    configure_logging(settings.log_level, settings.log_format)
    asyncio.run(serve_stdio(settings))
