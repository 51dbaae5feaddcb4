"""The registry: organisations, what makes them lawful, what they can bring, who may call."""
