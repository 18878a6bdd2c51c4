"""Procedures as data: packages, forms, fees, papers, what a tenant overlays, and how they are found."""
