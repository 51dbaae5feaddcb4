"""How a service hears, fires timers and runs. The only room that knows nameko."""

from muster.service.entrypoints import Setting, background, subscribe, timer

__all__ = ["Setting", "background", "subscribe", "timer"]
