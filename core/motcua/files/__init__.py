"""Files: what they truly are, how they are kept, and the codes printed on them.

Nothing here knows dossiers or people. Everything blocks (parsing, disk), so a request handler calls it
in a worker thread; only the malware scanner is asynchronous.
"""
