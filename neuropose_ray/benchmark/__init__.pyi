from .report import format_report as format_report
from .run import run_benchmark as run_benchmark
from .scale import FULL as FULL
from .scale import ScaleSettings as ScaleSettings
from .scale import run_scale as run_scale
from .scale_report import format_scale as format_scale
from .settings import BenchmarkSettings as BenchmarkSettings
