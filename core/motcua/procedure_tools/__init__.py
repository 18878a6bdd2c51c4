"""Tools for people who write procedures: ``motcua procedure new``, ``lint``, ``test``, ``show``, ``diff``."""
