"""People: citizens and organisations, staff and their rights, signing in, consents, who looked."""
