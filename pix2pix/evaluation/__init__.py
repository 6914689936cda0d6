"""How good generated photos are: measured, and shown."""
