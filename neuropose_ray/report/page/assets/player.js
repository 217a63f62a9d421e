/* The one time of the page: a frame that slider, video, skeleton and cursors show. What was filmed in slow motion is
   played as the video is; its times are true ones, of which a second takes several of the video. */

class Player {
  #listeners = [];
  #video = null;
  #wanted = null; // the video's time to go to when it has arrived where it is going
  #anchor = null; // without a video: the clock's and the recording's time of the same moment

  constructor(times, videoSeconds = 1) {
    this.times = times;
    this.videoSeconds = videoSeconds;
    this.frame = 0;
    this.playing = false;
    this.speed = 1;
  }

  get time() {
    return this.times.length ? this.times[this.frame] : 0;
  }

  get last() {
    return Math.max(0, this.times.length - 1);
  }

  onChange(listener) {
    this.#listeners.push(listener);
    listener(this);
  }

  seekFrame(frame) {
    this.#show(frame);
    this.#anchor = null;
    if (this.#video) this.#seekVideo();
  }

  seekTime(time) {
    this.seekFrame(nearest(this.times, time));
  }

  setSpeed(speed) {
    this.speed = speed;
    this.#anchor = null;
    if (this.#video) this.#video.playbackRate = speed;
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    if (this.playing || this.last === 0) return;
    if (this.frame === this.last) this.seekFrame(0);
    this.playing = true;
    this.#anchor = null;
    // A video that may not start leaves the skeleton to move alone.
    if (this.#video) this.#video.play().catch(() => this.detach());
    this.#tell();
    requestAnimationFrame((now) => this.#tick(now));
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    if (this.#video) {
      this.#video.pause();
      this.#seekVideo();
    }
    this.#tell();
  }

  /** From now on the video's own clock is the page's while playing. */
  attach(video) {
    this.#video = video;
    video.playbackRate = this.speed;
    video.addEventListener("seeked", () => this.#arrived());
    video.addEventListener("ended", () => this.#ended());
    if ("requestVideoFrameCallback" in video) {
      const shown = (_, picture) => {
        this.#follow(picture.mediaTime);
        video.requestVideoFrameCallback(shown);
      };
      video.requestVideoFrameCallback(shown);
    }
    this.#seekVideo();
    if (this.playing) video.play().catch(() => this.detach());
  }

  detach() {
    this.#video = null;
    this.#anchor = null;
  }

  #tell() {
    for (const listener of this.#listeners) listener(this);
  }

  #show(frame) {
    const shown = clamp(Math.round(frame), 0, this.last);
    if (shown === this.frame) return;
    this.frame = shown;
    this.#tell();
  }

  #tick(now) {
    if (!this.playing) return;
    if (!this.#video) {
      this.#anchor ??= { now, time: this.time };
      const time = this.#anchor.time + (((now - this.#anchor.now) / 1000) * this.speed) / this.videoSeconds;
      this.#show(countUpTo(this.times, time) - 1);
      if (this.frame === this.last) this.pause();
    } else if (!("requestVideoFrameCallback" in this.#video)) {
      this.#follow(this.#video.currentTime);
    }
    requestAnimationFrame((next) => this.#tick(next));
  }

  /** The picture with this time is on the screen. */
  #follow(videoTime) {
    if (!this.playing || !this.#video || this.#video.seeking) return;
    // The video counts from its first frame, in ticks that are not quite the times of the frames.
    this.#show(nearest(this.times, videoTime / this.videoSeconds + this.times[0]));
  }

  #ended() {
    if (!this.playing) return;
    this.#show(this.last);
    this.pause();
  }

  #seekVideo() {
    const start = this.times[0] ?? 0;
    const next = this.times[this.frame + 1] ?? this.time + 0.02 / this.videoSeconds;
    // Into the frame, not to its edge, where rounding would choose the frame before.
    this.#wanted = (this.time - start + (next - this.time) / 4) * this.videoSeconds;
    if (!this.#video.seeking) this.#arrived();
  }

  #arrived() {
    if (this.#wanted === null || !this.#video) return;
    const time = this.#wanted;
    this.#wanted = null;
    this.#video.currentTime = time;
  }
}
