"""The published language: the vocabulary, and every event a service can say."""
