"""The services of Tacit: what an operator runs. They meet on the bus, never by import."""
