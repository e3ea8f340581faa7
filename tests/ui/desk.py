"""A person at the desk in a real browser, with the phone in the page; and what that page hears.

The browser's fake microphone says `MICROPHONE_HZ` in pulses, because what is steady is taken for
noise and removed. What the page receives is measured in the page itself, at the peer connection.
"""

from __future__ import annotations

import array
import math
import wave
from pathlib import Path

from playwright.async_api import Page, expect

from hotline.cast import Player
from telephony.tones import tone_windows
from tests.e2e.scene import Scene
from tests.ui.browser import Browsers, Language, Window
from web.gate import COOKIE

MICROPHONE_HZ = 1000

LINE = """
[line.centre]
id = "ui"

[line.menu.nodes.language]
timeout_s = 1.0
[line.menu.nodes.dialect]
timeout_s = 1.0
[line.menu.nodes.service]
timeout_s = 1.0

[line.queue]
announce_first_s = 600.0
announce_every_s = 600.0

[line.wrapup]
seconds = 60.0

[line.rating]
timeout_s = 1.5
"""

_WATCH_SOUND = """
window.connections = []
window.RTCPeerConnection = new Proxy(RTCPeerConnection, {
  construct(kind, given) {
    const made = new kind(...given)
    window.connections.push(made)
    return made
  },
})
window.hertz = async (way) => {
  const open = window.connections.filter((one) => one.connectionState === 'connected')
  const ends = way === 'in' ? open.at(-1)?.getReceivers() : open.at(-1)?.getSenders()
  const track = ends?.[0]?.track
  if (!track) return 0
  const context = (window.listening ??= new AudioContext())
  await context.resume()
  if (window.listened !== track) {
    window.listened = track
    window.ear = context.createAnalyser()
    window.ear.fftSize = 8192
    context.createMediaStreamSource(new MediaStream([track])).connect(window.ear)
  }
  const bins = new Float32Array(window.ear.frequencyBinCount)
  window.ear.getFloatFrequencyData(bins)
  const loudest = bins.indexOf(Math.max(...bins))
  return bins[loudest] < -60 ? 0 : (loudest * context.sampleRate) / window.ear.fftSize
}
"""

_REFUSE_MICROPHONE = """
navigator.mediaDevices.getUserMedia = () =>
  Promise.reject(new DOMException('Permission denied', 'NotAllowedError'))
"""


def write_pulses(path: Path, hz: int, seconds: int = 4) -> None:
    """A voice-like microphone: 0.3 s of tone, 0.2 s of rest, round and round."""
    rate = 48000
    loud = (3000 if i % (rate // 2) < rate * 3 // 10 else 0 for i in range(rate * seconds))
    samples = array.array(
        "h", (round(a * math.sin(2 * math.pi * hz * i / rate)) for i, a in enumerate(loud))
    )
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples.tobytes())


class Desk:
    """One person's window on the desk."""

    def __init__(self, scene: Scene, window: Window, player: Player) -> None:
        self.scene = scene
        self.window = window
        self.player = player
        self.page: Page = window.page

    async def sit(self, seat: str, *, ready: bool = True) -> None:
        """From the desk's first page to a seat, over the phone in the page."""
        await self.page.get_by_role("radio", name=seat).click()
        await self.page.locator("button.go").click()
        await self.state("not_ready")
        if ready:
            await self.ready()

    async def ready(self) -> None:
        await self.page.locator("[data-do=ready]").click()
        await self.state("ready")

    async def state(self, state: str) -> None:
        await expect(self.page.locator(f".state.{state}")).to_be_visible()

    async def answer(self) -> None:
        await self.page.locator("[data-do=answer]").click()
        await self.state("talking")

    async def do(self, what: str) -> None:
        """Press the button that does this."""
        await self.page.locator(f"[data-do={what}]").click()

    async def hears(self, hertz: int) -> None:
        """Until the page receives this tone; 0: silence."""
        await self.page.wait_for_function(
            "async (wanted) => Math.abs((await hertz('in')) - wanted) < 15", arg=hertz
        )

    async def speaks(self) -> None:
        """Until the microphone has settled: what it says first is distorted by its own gain."""
        await self.page.wait_for_function(
            "async (wanted) => Math.abs((await hertz('out')) - wanted) < 15", arg=MICROPHONE_HZ
        )


async def open_desk(
    scene: Scene,
    browsers: Browsers,
    player: Player,
    *,
    language: Language = "zh-CN",
    microphone: bool = True,
) -> Desk:
    """The desk as the person finds it who has signed in already."""
    window = await browsers.window(language=language)
    # A slip is asked for as soon as the call is answered; the store may be a moment behind.
    window.expect_refusals(404)
    await window.page.add_init_script(_WATCH_SOUND)
    if not microphone:
        await window.page.add_init_script(_REFUSE_MICROPHONE)
    await _let_in(browsers, window, player)
    await window.open("/desk")
    return Desk(scene, window, player)


async def signed_in(browsers: Browsers, player: Player, path: str) -> Window:
    """A window of somebody who has signed in already, at `path`."""
    window = await browsers.window()
    await _let_in(browsers, window, player)
    await window.open(path)
    return window


async def _let_in(browsers: Browsers, window: Window, player: Player) -> None:
    await window.page.context.add_cookies(
        [{"name": COOKIE, "value": player.token, "url": f"{browsers.address}/api"}]
    )


# ---- looking into a recording ----


def last_of(recording: Path, seconds: float) -> Path:
    """The end of a recording, as a file beside it."""
    cut = recording.with_name(f"last-{recording.name}")
    with wave.open(str(recording), "rb") as whole, wave.open(str(cut), "wb") as out:
        out.setparams(whole.getparams())
        frames = min(whole.getnframes(), round(seconds * whole.getframerate()))
        whole.setpos(whole.getnframes() - frames)
        out.writeframes(whole.readframes(frames))
    return cut


def longest_without(recording: Path, hz: int, *, channel: int) -> float:
    """The longest stretch, in seconds, in which the tone is not to be heard."""
    longest = stretch = 0
    for there in tone_windows(recording, hz, channel=channel):
        stretch = 0 if there else stretch + 1
        longest = max(longest, stretch)
    return longest * 0.1
