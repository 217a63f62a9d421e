"""The actor of a stream: soon there again where it was killed."""

import os
import signal
import subprocess
import sys

import pytest

from neuropose_ray.service.live.attachments import Attachment, ViewKey
from neuropose_ray.service.live.stream_actor import attached

#: What a stream is made of, and what only the hub needs: loaded while the source is connected to, or never.
LOADED_LATER = (
    "ray.serve", "dbos", "sqlalchemy", "av", "cv2", "neuropose_ray.rules", "neuropose_ray.analysis",
    "neuropose_ray.tracking", "neuropose_ray.stores", "neuropose_ray.service.settings", "neuropose_ray.video.decode",
)  # fmt: skip


def test_an_actor_that_comes_back_loads_little_before_it_connects_to_its_source():
    script = "import sys, neuropose_ray.service.live.stream_actor; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    assert set(done.stdout.split()).isdisjoint(LOADED_LATER)


class Stand:
    """Takes attachments, and says which process it is."""

    def attach(self, link_id: str | None, attachment: Attachment) -> tuple[int, str | None, str]:
        return os.getpid(), link_id, attachment.token


@pytest.mark.slow
@pytest.mark.ray
def test_an_attachment_waits_for_an_actor_that_is_being_restarted(ray_cluster: str):
    import ray

    actor = ray.remote(Stand).options(max_restarts=-1, num_cpus=0).remote()
    attachment = Attachment("token", ViewKey(), ("poses2d",))
    for _ in range(2):
        pid, *rest = ray.get(attached(actor, "link", attachment), timeout=60)
        assert rest == ["link", "token"]
        os.kill(pid, signal.SIGKILL)
    again, *_ = ray.get(attached(actor, None, attachment), timeout=60)
    assert again != pid
    ray.kill(actor)
    with pytest.raises(ray.exceptions.RayActorError):
        ray.get(attached(actor, None, attachment), timeout=60)
