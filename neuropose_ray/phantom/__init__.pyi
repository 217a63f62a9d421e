from .body import PHANTOM_SKELETON as PHANTOM_SKELETON
from .scene import demo_scene as demo_scene
from .truth import load_truth as load_truth
from .video import even_times as even_times
from .video import render_video as render_video
from .video import truth_path as truth_path
