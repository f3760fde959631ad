"""One codec per OCPP version: the only place where versions differ above the frames."""

from diagnostics.ocpp.codecs import v16, v21, v201
from diagnostics.ocpp.codecs.base import Codec
from diagnostics.ocpp.versions import OcppVersion

_CODECS = {
    OcppVersion.V16: v16.CODEC,
    OcppVersion.V201: v201.CODEC,
    OcppVersion.V21: v21.CODEC,
}


def codec_for(version: OcppVersion | str) -> Codec:
    """Return the codec of a version, given as itself or as text such as ``2.0.1``."""
    return _CODECS[OcppVersion(version)]


__all__ = ["Codec", "codec_for"]
