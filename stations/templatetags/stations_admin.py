"""Template filters of the stations' pages."""

from django import template

from stations.admin.certificate import ending
from stations.admin.connection import lasted, state_of

register = template.Library()
register.filter("certificate_ending", ending)
register.filter("connection_state", state_of)
register.filter("connection_lasted", lasted)
