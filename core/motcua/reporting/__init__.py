"""Facts and roll-ups: the figures by which people watch their agencies; no person in them."""
