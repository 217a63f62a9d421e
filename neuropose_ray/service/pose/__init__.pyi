from .chunks import chunks_at_once as chunks_at_once
from .deployment import pose_deployment as pose_deployment
from .engine import ServeEngine as ServeEngine
from .requests import FrameRequest as FrameRequest
