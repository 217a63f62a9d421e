from .actions import SubmitClip as SubmitClip
from .databases import has_work as has_work
from .entrance import LiveEntrance as LiveEntrance
from .hub import LiveHub as LiveHub
from .outbox import ActionFailure as ActionFailure
from .outbox import Outbox as Outbox
from .outbox import OutboxStatus as OutboxStatus
from .settings import LiveSettings as LiveSettings
