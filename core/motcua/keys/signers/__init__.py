"""Where a tenant's private keys lie and sign: in the vault, in a hardware module, behind a service.

All of them sign alike: ``sign(data)`` returns the ES256 signature (RFC 7518 section 3.4: r and s, 64 bytes) and
blocks for as long as it takes; ``motcua.keys.signing`` calls those that wait in a thread.
"""
