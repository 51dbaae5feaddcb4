"""How a service hears, fires timers and runs. The only room that knows nameko."""

from muster.service.dependencies import Kept, Setting
from muster.service.entrypoints import background, subscribe, timer
from muster.service.restoration import publish_again

__all__ = ["Kept", "Setting", "background", "publish_again", "subscribe", "timer"]
