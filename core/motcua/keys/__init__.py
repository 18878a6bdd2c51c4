"""Keys: the platform's root, each tenant's authority and signers, their rotation and their revocation.

Three levels. The *root* lies in a file and belongs off line. A tenant's *authority* lies sealed in the tenant's
vault, so that signers can be replaced without anybody. *Signers* sign documents and credentials; they lie in
the vault, in a hardware module or behind a signing service, as the tenant's settings say.
"""
