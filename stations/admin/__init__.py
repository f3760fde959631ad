"""The operators' pages for stations, on the pieces that diagnostics offers to any host."""

from stations.admin import certificate, connection, home, refused, station

__all__ = ["certificate", "connection", "home", "refused", "station"]
