"""``python -m motcua`` is the program ``motcua``."""

from motcua.cli import main

main()
