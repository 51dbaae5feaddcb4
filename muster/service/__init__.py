"""How a service hears, fires timers and runs. The only room that knows nameko."""

from muster.service.entrypoints import Kept, Setting, background, subscribe, timer

__all__ = ["Kept", "Setting", "background", "subscribe", "timer"]
