"""Other people's wallet software, against this issuer and this verifier."""
