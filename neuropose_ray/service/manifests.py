"""The service in containers: an image, a compose file, and manifests of KubeRay, as texts by file name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neuropose_ray import __version__
from neuropose_ray.service.names import (
    APPLICATION,
    DASHBOARD_PORT,
    HTTP_PORT,
    HTTP_REQUEST_TIMEOUT_S,
    IMPORT_PATH,
    PROXY_VARIABLES,
)
from neuropose_ray.service.units import NAME, STOP_S, require_one_line

_DATA, _CONFIG, _USER_ID = "/data", "/etc/neuropose-ray/settings.yaml", 1000
_DOCKERFILE = """\
# The image of the service, for compose and Kubernetes. Built where the source is, which has pyproject.toml:
#   docker build -t {image} -f Dockerfile SOURCE
FROM python:3.12-slim
# KubeRay asks for the health of a container with wget.
RUN apt-get update && apt-get install -y --no-install-recommends wget && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid {user} neuropose && install -d -o neuropose {data}
COPY . /source
RUN pip install --no-cache-dir /source && rm -rf /source
USER neuropose
WORKDIR /home/neuropose
ENV NEUROPOSE_SERVICE__DATA_DIR={data}/service
ENV NEUROPOSE_WEIGHTS__CACHE_DIR={data}/weights
ENV NEUROPOSE_SERVICE__LOG_FORMAT=json
VOLUME {data}
EXPOSE {port}
ENTRYPOINT ["neuropose-ray"]
CMD ["serve"]
"""
_COMPOSE_HEAD = """\
# The service on one machine. Others reach it with a token alone, which has to be made before the first start:
#   docker compose build
#   docker compose run --rm neuropose-ray service token lab --scope submit
#   docker compose up --detach
# An update finishes what runs, and the next version does what waits; NEUROPOSE_TOKEN has a token of scope admin:
#   docker compose exec --env NEUROPOSE_TOKEN neuropose-ray neuropose-ray service drain --no-wait
#   docker compose wait neuropose-ray && docker compose up --detach --build
"""
_STORAGE_HEAD = "# Videos, jobs and results: one folder for all nodes. Choose a storage class that can do that.\n"
#: The image needs these alone; what else lies there may be gigabytes.
_IGNORED = "*\n!neuropose_ray\n!pyproject.toml\n!README.md\n!LICENSE\n**/__pycache__\n"
_CLUSTER_HEAD = """\
# A Ray cluster for runs over many videos: `ray job submit ... -- python jobs/process_videos.py`.
# KubeRay 1.5 or newer; image and storage.yaml first. Resources and the numbers of workers are yours to choose.
"""
_SERVICE_HEAD = """\
# The service on a Ray cluster of its own. KubeRay 1.5 or newer; image and storage.yaml first. Then make a token:
#   kubectl exec HEAD_POD -- neuropose-ray service token lab --scope submit
# Settings below `args` are changed in place. For another image finish what runs first, since one service at a time
# has the data folder (upgradeStrategy None): `neuropose-ray service drain --no-wait`, and when `status` says that it
# has ended, delete this RayService and apply it again.
"""


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the files are made for.

    Attributes:
        image: its name.
        source: the folder with pyproject.toml, as compose is to find it.
        dockerfile: as compose is to find it.
        model: the pose model.
        gpus: of each container that computes poses; 0: none.
        workers: most of them, on Kubernetes.
        config: a settings file, as compose is to find it; None: settings are variables of the compose file.
    """

    image: str = f"{NAME}:{__version__}"
    source: str = "."
    dockerfile: str = "Dockerfile"
    model: str = "blazepose"
    gpus: int = 0
    workers: int = 2
    config: str | None = None

    def __post_init__(self) -> None:
        """Refuse what would end its line in a Dockerfile.

        Raises:
            SettingsError: a path or name has a control character.
        """
        for text in (self.image, self.source, self.dockerfile, self.model, self.config or ""):
            require_one_line(text)

    def compose_files(self) -> dict[str, str]:
        """The image's files and ``compose.yaml``; see the Compose Specification."""
        return {**self._image_files(), "compose.yaml": _COMPOSE_HEAD + _yaml(_as_it_is(self._compose()))}

    def kuberay_files(self) -> dict[str, str]:
        """The image's files, ``storage.yaml``, ``raycluster.yaml`` ``rayservice.yaml``; see KubeRay's reference."""
        return {
            **self._image_files(),
            "storage.yaml": _STORAGE_HEAD + _yaml(_storage()),
            "raycluster.yaml": _CLUSTER_HEAD + _yaml(_resource("RayCluster", self._cluster())),
            "rayservice.yaml": _SERVICE_HEAD + _yaml(_resource("RayService", self._service())),
        }

    def _image_files(self) -> dict[str, str]:
        text = _DOCKERFILE.format(image=self.image, user=_USER_ID, data=_DATA, port=HTTP_PORT)
        return {"Dockerfile": text, "Dockerfile.dockerignore": _IGNORED}

    def _config_volumes(self) -> list[dict[str, Any]]:
        if self.config is None:
            return []
        return [{"type": "bind", "source": self.config, "target": _CONFIG, "read_only": True}]

    def _compose(self) -> dict[str, Any]:
        settings = ["--config", _CONFIG] if self.config else []
        probe = f"import urllib.request as u; u.urlopen('http://127.0.0.1:{HTTP_PORT}/v1/health', timeout=5)"
        service: dict[str, Any] = {
            "build": {"context": self.source, "dockerfile": self.dockerfile},
            "image": self.image,
            "command": ["serve", *settings],
            "environment": {"NEUROPOSE_SERVICE__HOST": "0.0.0.0", "NEUROPOSE_MODEL": self.model},
            "volumes": [f"data:{_DATA}", *self._config_volumes()],
            "ports": [f"127.0.0.1:{HTTP_PORT}:{HTTP_PORT}"],
            # Ray's object store; on the disk it would be many times slower.
            "shm_size": "2gb",
            "init": True,
            # Not always: a service that was drained has ended for good, with 0.
            "restart": "on-failure",
            "stop_grace_period": f"{STOP_S}s",
            "healthcheck": {
                "test": ["CMD", "python", "-c", probe],
                "interval": "30s",
                "timeout": "10s",
                "start_period": "5m",
            },
        }
        if self.gpus:
            devices = [{"driver": "nvidia", "count": self.gpus, "capabilities": ["gpu"]}]
            service["deploy"] = {"resources": {"reservations": {"devices": devices}}}
        # The volume has a name of its own: without, it would be another one in each folder that the file lies in. A
        # name for the project would do that too, but the stand-alone docker-compose of older systems refuses it.
        return {"services": {NAME: service}, "volumes": {"data": {"name": f"{NAME}-data"}}}

    def _service(self) -> dict[str, Any]:
        application = {
            "name": APPLICATION,
            "route_prefix": "/",
            "import_path": IMPORT_PATH,
            "args": {"model": self.model, "service": {"data_dir": f"{_DATA}/service"}},
        }
        config = {
            "http_options": {"host": "0.0.0.0", "port": HTTP_PORT, "request_timeout_s": HTTP_REQUEST_TIMEOUT_S},
            "controller_options": {"runtime_env": {"env_vars": dict(PROXY_VARIABLES)}},
            "applications": [application],
        }
        return {
            "upgradeStrategy": {"type": "None"},
            "serveConfigV2": _yaml(config),
            "rayClusterConfig": self._cluster(),
        }

    def _cluster(self) -> dict[str, Any]:
        ports = {"gcs": 6379, "dashboard": DASHBOARD_PORT, "client": 10001, "serve": HTTP_PORT}
        head = self._template("ray-head", {"cpu": "4", "memory": "8Gi"}, ports)
        sizes = {"cpu": "4", "memory": "16Gi"} | ({"nvidia.com/gpu": str(self.gpus)} if self.gpus else {})
        workers = {
            "groupName": "gpu-workers" if self.gpus else "cpu-workers",
            "replicas": 1,
            "minReplicas": 1,
            "maxReplicas": self.workers,
            "rayStartParams": {},
            "template": self._template("ray-worker", sizes, {}),
        }
        return {
            "rayVersion": _ray_version(),
            "authOptions": {"mode": "token"},
            "enableInTreeAutoscaling": True,
            # The head computes no poses: what is asked of it must not wait for them.
            "headGroupSpec": {"rayStartParams": {"dashboard-host": "0.0.0.0", "num-cpus": "0"}, "template": head},
            "workerGroupSpecs": [workers],
        }

    def _template(self, name: str, sizes: Mapping[str, str], ports: Mapping[str, int]) -> dict[str, Any]:
        container: dict[str, Any] = {
            "name": name,
            "image": self.image,
            "resources": {"limits": dict(sizes), "requests": dict(sizes)},
            "volumeMounts": [{"name": "data", "mountPath": _DATA}],
        }
        if ports:
            container["ports"] = [{"name": port, "containerPort": number} for port, number in ports.items()]
        spec: dict[str, Any] = {
            "securityContext": {"runAsUser": _USER_ID, "fsGroup": _USER_ID},
            "containers": [container],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": f"{NAME}-data"}}],
        }
        if "nvidia.com/gpu" in sizes:
            spec["tolerations"] = [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
        return {"spec": spec}


def _storage() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": f"{NAME}-data"},
        "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "500Gi"}}},
    }


def _resource(kind: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "ray.io/v1", "kind": kind, "metadata": {"name": NAME}, "spec": dict(spec)}


def _ray_version() -> str:
    """The version in the image: the one here, which the package's bounds hold near the newest."""
    from importlib.metadata import version

    return version("ray")


def _as_it_is(content: Any) -> Any:
    """A value for compose, which would put variables in the place of ``$NAME``."""
    if isinstance(content, dict):
        return {name: _as_it_is(value) for name, value in content.items()}
    if isinstance(content, list):
        return [_as_it_is(value) for value in content]
    return content.replace("$", "$$") if isinstance(content, str) else content


def _yaml(content: Mapping[str, Any]) -> str:
    import yaml

    class Dumper(yaml.SafeDumper):  # type: ignore[misc]  # the library has no types
        """Texts of several lines as such, and no names for parts that come twice."""

        def ignore_aliases(self, _data: Any) -> bool:
            return True

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)

    Dumper.add_representer(str, text)
    return str(yaml.dump(content, Dumper=Dumper, sort_keys=False, width=120))
