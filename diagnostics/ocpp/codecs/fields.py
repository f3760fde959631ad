"""The readers of `ocpp.fields`, for codecs."""

from diagnostics.ocpp.fields import check_range, given, inner, refuse, text, whole

__all__ = ["check_range", "given", "inner", "refuse", "text", "whole"]
