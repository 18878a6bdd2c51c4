"""What every face shares: hosts, sessions, templates, errors, live updates."""
