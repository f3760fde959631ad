"""Ready connections to other libraries; each imports its library, and nothing imports it."""
