"""A province's day, played through the HTTP API with invented people, and what is checked afterwards."""
