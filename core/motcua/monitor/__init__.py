"""The monitor: how the halls stand and stood, for those who lead them."""
