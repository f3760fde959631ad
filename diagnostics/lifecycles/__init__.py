"""State machines as tables. Pure: they know words and facts, never rows, clocks or stations."""
