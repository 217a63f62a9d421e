"""The pose model and the hub, as a stream's actor reaches them through Serve."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from neuropose_ray.errors import NeuroposeRayError, NotReadyError, OverloadedError
from neuropose_ray.schemas.rules import Decision
from neuropose_ray.service.live.stream_parts import Engine
from neuropose_ray.service.pose import LiveFrameRequest, LiveModel, LivePrediction

logger = logging.getLogger(__name__)

_PAUSE_S, _MODEL_S, _LOOK_S = 0.5, 10.0, 60.0


class ServePoses:
    """The pose model behind its Serve handle.

    Args:
        handle: of the deployment.
    """

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    async def model(self) -> LiveModel:
        """What is loaded.

        Raises:
            NotReadyError: nothing yet.
        """
        model: LiveModel = await self._ask(self._handle.live_model.remote(), _MODEL_S)
        return model

    async def look(self, request: LiveFrameRequest) -> LivePrediction | None:
        """The people in a frame; None where it was left out.

        Raises:
            NotReadyError: no replica could be asked.
            OverloadedError: too many frames wait already.
            ModelError: the model failed at it.
        """
        response = self._handle.look.remote(request)
        prediction: LivePrediction | None = await self._ask(response, _LOOK_S)
        return prediction

    async def _ask(self, response: Any, limit_s: float) -> Any:
        from ray.exceptions import RayError, RayTaskError
        from ray.serve.exceptions import BackPressureError, RayServeException

        try:
            async with asyncio.timeout(limit_s):
                return await response
        except BackPressureError as error:
            raise OverloadedError("too many frames wait for the pose model") from error
        except NeuroposeRayError:
            raise
        except RayTaskError as error:
            raise NotReadyError("the pose model failed", hint="see the service's log") from error
        except (RayError, RayServeException, TimeoutError) as error:
            raise NotReadyError(f"the pose model does not answer ({type(error).__name__})") from error


class HubDecisions:
    """Hands decisions to the hub, again and again until it has taken them.

    Args:
        hub: its Serve handle.
    """

    def __init__(self, hub: Any) -> None:
        self._hub = hub

    async def __call__(self, decision: Decision, engine: Engine | None) -> None:
        """Hand one on; returns when it is taken."""
        from ray.exceptions import RayError
        from ray.serve.exceptions import RayServeException

        while True:
            try:
                answer = await self._hub.answer.remote("accept", decision, engine)
            except (RayError, RayServeException) as error:
                answer = error
            if not isinstance(answer, Exception):
                return
            logger.warning("decision %s is not taken yet: %s", decision.decision_id, answer)
            await asyncio.sleep(_PAUSE_S)
