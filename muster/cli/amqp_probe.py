"""Asks a port whether an AMQP 0-9-1 broker is ready behind it, without logging in."""

import socket

PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"
# A method frame on channel 0 that carries connection.start (class 10, method 10).
FRAME_START = b"\x01\x00\x00"
CONNECTION_START = b"\x00\x0a\x00\x0a"


def speaks_amqp(host: str, port: int, timeout: float = 2.0) -> bool:
    """Say whether a broker there answers the protocol header by starting a connection."""
    try:
        with socket.create_connection((host, port), timeout) as connection:
            connection.settimeout(timeout)
            connection.sendall(PROTOCOL_HEADER)
            answer = _receive(connection, 11)
    except OSError:
        return False
    return answer[:3] == FRAME_START and answer[7:11] == CONNECTION_START


def _receive(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size and (chunk := connection.recv(size - len(received))):
        received += chunk
    return received
