"""Ways by which results reach their holders: in order, several at once, each once, until one has arrived."""
