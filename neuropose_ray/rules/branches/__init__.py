"""The branches that are built in: posture, fall, repetitions, joint angles, and an ONNX classifier."""
