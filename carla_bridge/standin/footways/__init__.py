"""Where pedestrians may go: the client's navigation mesh."""
