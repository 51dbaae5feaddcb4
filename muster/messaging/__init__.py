"""Everything about messages. The only room that knows pika."""
