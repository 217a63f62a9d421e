from .chunks import chunks_at_once as chunks_at_once
from .deployment import pose_deployment as pose_deployment
from .engine import ServeEngine as ServeEngine
from .live_sessions import LiveFrameRequest as LiveFrameRequest
from .live_sessions import LiveModel as LiveModel
from .live_sessions import LivePrediction as LivePrediction
from .requests import FrameRequest as FrameRequest
