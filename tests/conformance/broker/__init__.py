"""What every broker promises: one suite for the one in memory and for RabbitMQ."""
