"""The commands ``motcua keys …``."""
