"""The fields of KubeRay's resources that manifests may have, as its API reference (ray.io/v1) lists them.

The definitions' own schemas come with the operator alone, in no package that a test can install. The templates of
pods in them are checked by Kubernetes's schema besides.
"""

from typing import Any


def fields(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    """An object of these fields and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


TEXT, NUMBER, BOOLEAN = {"type": "string"}, {"type": "integer", "minimum": 0}, {"type": "boolean"}
TEXTS = {"type": "object", "additionalProperties": TEXT}
ANYTHING = {"type": "object"}

GROUP = {"rayStartParams": TEXTS, "template": fields(("spec",), metadata=ANYTHING, spec=ANYTHING)}
WORKERS = fields(
    ("groupName", "rayStartParams", "template", "minReplicas", "maxReplicas"),
    groupName=TEXT,
    replicas=NUMBER,
    minReplicas=NUMBER,
    maxReplicas=NUMBER,
    numOfHosts=NUMBER,
    idleTimeoutSeconds=NUMBER,
    suspend=BOOLEAN,
    scaleStrategy=fields(workersToDelete={"type": "array", "items": TEXT}),
    **GROUP,
)
HEAD = fields(
    ("rayStartParams", "template"),
    serviceType={"enum": ["ClusterIP", "NodePort", "LoadBalancer"]},
    headService=ANYTHING,
    enableIngress=BOOLEAN,
    **GROUP,
)
CLUSTER = fields(
    ("headGroupSpec",),
    rayVersion=TEXT,
    headGroupSpec=HEAD,
    workerGroupSpecs={"type": "array", "items": WORKERS},
    authOptions=fields(mode={"enum": ["disabled", "token"]}),
    enableInTreeAutoscaling=BOOLEAN,
    autoscalerOptions=ANYTHING,
    headServiceAnnotations=TEXTS,
    suspend=BOOLEAN,
    managedBy=TEXT,
    gcsFaultToleranceOptions=ANYTHING,
)
SERVICE = fields(
    ("serveConfigV2", "rayClusterConfig"),
    serveConfigV2=TEXT,
    rayClusterConfig=CLUSTER,
    upgradeStrategy=fields(type={"enum": ["NewCluster", "NewClusterWithIncrementalUpgrade", "None"]}),
    excludeHeadPodFromServeSvc=BOOLEAN,
    serveService=ANYTHING,
    rayClusterDeletionDelaySeconds=NUMBER,
)


def resource(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    """A resource of a kind."""
    metadata = fields(("name",), name=TEXT, namespace=TEXT, labels=TEXTS, annotations=TEXTS)
    return fields(
        ("apiVersion", "kind", "metadata", "spec"),
        apiVersion={"const": "ray.io/v1"},
        kind={"const": kind},
        metadata=metadata,
        spec=spec,
    )


SCHEMAS = {"RayCluster": resource("RayCluster", CLUSTER), "RayService": resource("RayService", SERVICE)}
