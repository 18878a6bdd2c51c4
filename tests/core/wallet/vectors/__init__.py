"""The examples of the specifications, and implementations by others as second opinion."""
