"""The hall's board."""
