"""The operators' pages for stations, on the pieces that diagnostics offers to any host."""

from stations.admin import connection, home, refused, station

__all__ = ["connection", "home", "refused", "station"]
