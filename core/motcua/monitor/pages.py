"""The pages of the monitor."""

from typing import Any

from motcua.monitor import (
    behind,
    live_pages,
    policies,
    policies_halls,
    replay,
    reports,
    reports_rows,
    site_pages,
)

ROUTES: list[Any] = [
    route
    for part in (
        live_pages,
        site_pages,
        behind,
        replay,
        reports,
        reports_rows,
        policies,
        policies_halls,
    )
    for route in part.ROUTES
]
