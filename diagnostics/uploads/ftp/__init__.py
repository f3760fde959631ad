"""FTP in, for stations that speak nothing else: write-only, one virtual user for each log request.

Needs pyftpdlib and pyOpenSSL (the extra `ftp`), which only this package imports.
"""
