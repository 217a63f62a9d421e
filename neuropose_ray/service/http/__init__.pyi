from .auth import is_loopback as is_loopback
from .ingress import Ingress as Ingress
from .listener import Listener as Listener
from .listener import bound as bound
