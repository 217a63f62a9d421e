from .actions import SubmitClip as SubmitClip
from .outbox import ActionFailure as ActionFailure
from .outbox import Outbox as Outbox
from .outbox import OutboxStatus as OutboxStatus
