from tests.core.web.conftest import outbound, peopled

__all__ = ["outbound", "peopled"]
