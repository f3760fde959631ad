"""The reference embedder of `diagnostics`: charging stations, and their live OCPP connections."""
