"""An RTSP server: H.264 from the standard input, each picture behind its length, at /live; for the system Python."""

import argparse
import struct
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

LAUNCH = (
    "( appsrc name=pictures is-live=true format=time do-timestamp=true max-bytes=2000000 leaky-type=downstream "
    "caps=video/x-h264,stream-format=byte-stream,alignment=au ! h264parse config-interval=-1 "
    "! rtph264pay name=pay0 pt=96 config-interval=-1 aggregate-mode=zero-latency )"
)
ROLE = "viewer"


class Camera(GstRtspServer.RTSPMediaFactory):
    """One encoder for all viewers, as cameras have it."""

    def __init__(self) -> None:
        super().__init__()
        self.set_shared(True)
        self.set_latency(0)
        self.set_launch(LAUNCH)
        self.open = []
        self.lock = threading.Lock()

    def do_configure(self, media: GstRtspServer.RTSPMedia) -> None:
        source = media.get_element().get_by_name("pictures")
        with self.lock:
            self.open.append(source)
        media.connect("unprepared", lambda _: self.forget(source))

    def forget(self, source: Gst.Element) -> None:
        with self.lock:
            self.open.remove(source)

    def push(self, picture: bytes) -> None:
        with self.lock:
            sources = list(self.open)
        for source in sources:
            source.emit("push-buffer", Gst.Buffer.new_wrapped(picture))


def ask_for_password(auth: GstRtspServer.RTSPAuth, camera: Camera, method: str, user: str, password: str) -> None:
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", ROLE)
    if method == "digest":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(user, password, token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_role(ROLE)
    for right in ("media.factory.access", "media.factory.construct"):
        permissions.add_permission_for_role(ROLE, right, True)
    camera.set_permissions(permissions)


def feed(camera: Camera, loop: GLib.MainLoop) -> None:
    pictures = sys.stdin.buffer
    while len(header := pictures.read(4)) == 4:
        camera.push(pictures.read(struct.unpack(">I", header)[0]))
    loop.quit()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port")
    parser.add_argument("--password", nargs=3, metavar=("METHOD", "USER", "PASSWORD"), help="basic or digest")
    parser.add_argument("--certificate", help="with its key, for TLS")
    arguments = parser.parse_args()
    Gst.init(None)
    server, camera, loop = GstRtspServer.RTSPServer(), Camera(), GLib.MainLoop()
    server.set_address("127.0.0.1")
    server.set_service(arguments.port)
    server.get_mount_points().add_factory("/live", camera)
    auth = GstRtspServer.RTSPAuth()
    if arguments.password:
        ask_for_password(auth, camera, *arguments.password)
    if arguments.certificate:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(arguments.certificate))
    if arguments.password or arguments.certificate:
        server.set_auth(auth)
    server.attach(None)
    threading.Thread(target=feed, args=(camera, loop), daemon=True).start()
    print("listening", flush=True)
    loop.run()


if __name__ == "__main__":
    main()
