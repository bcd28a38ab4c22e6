"""/docs: the page that shows the OpenAPI document, from files of ours. No network is needed."""

from prompt_improver.api.docs.document import describe
from prompt_improver.api.docs.page import router

__all__ = ["describe", "router"]
