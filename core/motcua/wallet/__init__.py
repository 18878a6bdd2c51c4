"""The wallet: results as verifiable credentials, their presentation elsewhere, and a wallet for browsers."""
