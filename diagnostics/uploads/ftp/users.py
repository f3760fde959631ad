"""Who may do what: every log request is a user, and each may do the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diagnostics.uploads.ftp.session import Session

# Enter and make directories, list (nothing), store and append: pyftpdlib's letters. Not there are
# r (read), d (delete), f (rename), M and T (change mode and time).
PERMISSIONS = "elmwa"


class Users:
    """What pyftpdlib calls an authorizer."""

    def validate_authentication(self, username: str, password: str, handler: Session) -> None:
        handler.sign_in(username, password)

    def has_perm(self, username: str, perm: str, path: str | None = None) -> bool:
        return perm in PERMISSIONS

    def get_perms(self, username: str) -> str:
        return PERMISSIONS

    def get_home_dir(self, username: str) -> str:
        return "/"

    def get_msg_login(self, username: str) -> str:
        return "Put your file anywhere."

    def get_msg_quit(self, username: str) -> str:
        return "Goodbye."

    def impersonate_user(self, username: str, password: str) -> None:
        """Users of FTP are no users of this machine."""

    def terminate_impersonation(self, username: str) -> None:
        """See `impersonate_user`."""
