"""What operators see: metrics, JSON logs, trace context."""
