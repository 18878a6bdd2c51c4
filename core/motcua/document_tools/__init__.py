"""Commands about issued documents: whether a paper's code holds, what lasts, what was revoked."""
