"""What each sensor measures and sends."""
