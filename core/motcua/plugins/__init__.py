"""Plugins: found, judged, quarantined when broken, dispatched by an allow-list per tenant."""
