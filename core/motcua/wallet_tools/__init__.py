"""Commands for the wallet of a tenant: the same as its API for programs."""
