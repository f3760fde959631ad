"""SFTP and SCP in, as FTP: write-only, one virtual user for each log request.

Needs asyncssh (the extra `sftp`), which only this package imports.
"""
