"""What this CSMS does when diagnostics has news."""

import logging

from django.dispatch import receiver

from diagnostics.signals import log_request_settled

logger = logging.getLogger(__name__)


@receiver(log_request_settled)
def tell_the_site(log_request, **_):
    """Here a ticket of the site would get its comment."""
    logger.info("%s of %s: %s", log_request, log_request.station, log_request.get_verdict_display())
