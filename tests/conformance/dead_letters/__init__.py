"""Dead letters on a real RabbitMQ, handled by the command an operator types."""
