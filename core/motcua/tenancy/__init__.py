"""Tenants, their units, and the only door to the database."""
