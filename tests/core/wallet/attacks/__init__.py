"""What somebody would try: at least two attacks on every rule, each against the running house."""
