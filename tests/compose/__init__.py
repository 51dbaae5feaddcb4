"""docker-compose.yml and the image, run for real: `make compose-test`, as root, with Docker."""
