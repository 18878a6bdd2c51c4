"""Parts of the queue's pages that are rendered alone, for streams."""

from typing import Any

from motcua.web.here import AnyRequest
from motcua.web.pages import page


def fragment(request: AnyRequest, template: str, **context: Any) -> str:
    """Return a part of a page as HTML, with everything a whole page knows."""
    engine: Any = request.app.template_engine
    return str(engine.get_template(template).render(page(request, template, **context).context))
