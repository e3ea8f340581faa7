"""The settings model: what a site can decide, as frozen values.

It never reads a file (see `config.loader`) and never decides for a call (see `router.engine`).
Times are seconds unless a name says otherwise. Facts that the sources mark as unverified
(shared domain notes, tags M and D) are settings here and not constants in code.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from config.fields import (
    AreaCode,
    Clock,
    Codec,
    Count,
    Digits,
    Key,
    MonthText,
    Name,
    Port,
    Share,
    Skill,
    Some,
    Span,
    StunUrl,
    Wait,
    Weekday,
    WholeSpan,
)
from config.policy import Policy
from config.traffic import Traffic


class _Frozen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Centre(_Frozen, frozen=True):
    """The line itself: one engine serves one centre."""

    id: Name = "sc"
    name: str = "12348公共法律服务热线"
    number: Digits = "12348"
    area_code: AreaCode = "028"
    timezone: str = "Asia/Shanghai"
    divisions: Name = "51"
    """The file of administrative divisions (`config/divisions/`) that slips and reports name."""


class Sip(_Frozen, frozen=True):
    """Where phones and trunks reach Asterisk. `trunks` are addresses allowed to bring calls in."""

    host: str = "127.0.0.1"
    public: str = ""
    """The address that phones and trunks are told, where they reach Asterisk under another one
    than its own (a container, NAT); empty: its own."""
    port: Port = 5060
    rtp_first: Port = 16000
    rtp_last: Port = 16999
    trunks: tuple[str, ...] = ("127.0.0.1",)
    outbound: str = ""
    """`host:port` of the trunk through which callers are rung back; empty: nobody is."""
    codecs: tuple[Codec, ...] = ("alaw", "ulaw")
    qualify_s: WholeSpan = 10
    ice_servers: tuple[StunUrl, ...] = ()
    """STUN servers that browsers ask for their own address; not needed within one network."""


class Pbx(_Frozen, frozen=True):
    """Our private Asterisk: where it listens for us and for how long its silence is borne."""

    host: str = "127.0.0.1"
    http_port: Port = 8088
    ami_port: Port = 5038
    app: Name = "hotline"
    ari_user: Name = "hotline"
    ami_user: Name = "hotline"
    heal_s: Span = 5.0
    """Our view is compared with Asterisk's this often; a divergence lives no longer than this."""
    orphan_s: Span = 10.0
    """Without a router for this long, the watchdog sends waiting callers to the fallback."""
    manage: bool = True
    """False: somebody else runs Asterisk (compose.yaml does) and we only connect."""


class MenuKey(_Frozen, frozen=True):
    """What one key does: sets language or service, then goes to a node, the queue or voicemail.

    `goto` is a node's name, or `queue` (a human), or `again` (repeat the prompt).
    """

    goto: str = "queue"
    language: str | None = None
    service: str | None = None


class MenuNode(_Frozen, frozen=True):
    """One question to the caller. Silence for `timeout_s` leads to a human with what is known."""

    prompt: str
    keys: dict[Key, MenuKey]
    timeout_s: Span = 5.0
    max_wrong: Count = 2
    """Wrong keys answered with the wrong-key prompt; one more leads to a human."""


class Menu(_Frozen, frozen=True):
    """The entry. `0` leads to a human at every node, whether or not a node lists it.

    At most two presses to a human: GB/T 33358-2016 discourages menus altogether.
    """

    welcome: str = "welcome"
    """Greeting and recording notice; empty where the trunk says them before it rings us."""
    start: str = "language"
    """Name of the first node; empty: straight to the queue."""
    nodes: dict[Name, MenuNode] = {}


class Language(_Frozen, frozen=True):
    """A language a caller may choose. A seat without `skill` is never offered."""

    id: Name
    name: str
    skill: Skill
    prompts: str = "zh-CN"
    """Language of the prompts (falls back as the prompt manifest declares)."""
    fallback_queue: Name | None = None
    """The app_queue of those who speak it, for callers of this language; None: the service's."""


class Service(_Frozen, frozen=True):
    """A kind of call. What it needs, and how that is relaxed, stands in the policy."""

    id: Name
    name: str
    fallback_queue: Name = "general"
    """The app_queue that stands in for the router."""


class Hours(_Frozen, frozen=True):
    """Opening times: `days` are ISO weekdays 1-7, times local `HH:MM`; 24:00 is allowed."""

    days: tuple[Weekday, ...] = (1, 2, 3, 4, 5, 6, 7)
    open: Clock = "00:00"
    close: Clock = "24:00"


class Queue(_Frozen, frozen=True):
    """How a waiting caller is treated."""

    max_wait_s: Span = 900.0
    announce_first_s: Wait = 8.0
    announce_every_s: Span = 30.0
    voicemail_key: Key = "1"
    voicemail_offer_after_s: Wait = 60.0
    typical_talk_s: Span = 435.0
    """Talk plus wrap-up before anything was measured (Sichuan 2020 sizing, domain notes 3f)."""


class Ring(_Frozen, frozen=True):
    """How a seat is rung and what each way of not answering does to the seat."""

    timeout_s: Span = 20.0
    dead_after_s: Span = 4.0
    """No 180 within this: the phone is not there, although it is registered."""
    busy_pause_s: Wait = 15.0
    """The phone was in another call: no offer to the seat for this long."""
    reject_pause_s: Wait = 30.0
    """The seat declined this call: this call is not offered to it again for this long."""
    rejects_to_not_ready: Some = 3
    """That many rejects in a row make the seat not ready."""
    rejoin_s: Wait = 20.0
    """A seat whose phone in the browser is lost in mid-talk has this long to come back, while its
    caller hears music; 0: as if it had hung up."""


class Wrapup(_Frozen, frozen=True):
    seconds: Wait = 30.0


class Rating(_Frozen, frozen=True):
    """One rating per service act: keys 1 (very satisfied) to 5 (very dissatisfied)."""

    enabled: bool = True
    timeout_s: Span = 8.0
    max_wrong: Count = 1


class Voicemail(_Frozen, frozen=True):
    max_s: WholeSpan = 180
    min_s: Wait = 2.0
    silence_s: WholeSpan = 10
    end_key: Key = "#"


class Callbacks(_Frozen, frozen=True):
    """Callers who leave the phone, keep their place and are rung when their turn comes.

    By which key and after how much waiting it is offered stands in the policy.
    """

    offered: bool = False
    """Needs a way out: `[sip] outbound`."""
    ring_s: Span = 30.0
    """The caller's phone rings this long; the seat is kept meanwhile."""
    attempts: Some = 3
    retry_s: Span = 300.0
    """Between two attempts."""
    keep_s: Span = 14400.0
    """Whose turn has not come by then is not rung any more."""
    most: Some = 500
    """Callbacks that wait at once; beyond that none is offered."""


class Owners(_Frozen, frozen=True):
    """First contact keeps the case (首问负责). How long a caller waits for the person who keeps its
    open case stands in the policy."""

    days: Some = 30
    """A case that nobody closes stays open so many days after it was last opened."""


class Line(_Frozen, frozen=True):
    """Everything the engine needs to know: it is handed this and nothing else."""

    centre: Centre = Centre()
    hours: tuple[Hours, ...] = (Hours(),)
    menu: Menu = Menu()
    languages: tuple[Language, ...] = ()
    default_language: Name = "cmn"
    services: tuple[Service, ...] = ()
    default_service: Name = "general"
    not_ready_reasons: tuple[Name, ...] = ("break", "meal", "training", "paperwork", "other")
    queue: Queue = Queue()
    ring: Ring = Ring()
    wrapup: Wrapup = Wrapup()
    rating: Rating = Rating()
    voicemail: Voicemail = Voicemail()
    callbacks: Callbacks = Callbacks()
    owners: Owners = Owners()
    policy: Policy = Policy(version="none")
    """In a settings file: the path of the policy's own file; empty: the packaged policy."""
    version: str = "packaged"
    """Written on every decision, so that it can be derived again later."""


class SeatPlace(_Frozen, frozen=True):
    """A seat (坐席) that a person can sign in to."""

    id: Name
    name: str
    provider: Literal["staff", "purchased"] = "staff"
    """Staff or purchased provider (Wenzhou: purchased share of answers at least 50 %)."""


class Store(_Frozen, frozen=True):
    url: str = ""
    """SQLAlchemy URL; empty: SQLite (WAL) in the data directory."""
    flush_s: Span = 0.1
    flush_rows: Some = 500


class Redis(_Frozen, frozen=True):
    """Where router and screens meet when they are processes of their own."""

    url: str = ""
    """`redis://host:6379/0`, `rediss://…` (TLS) or `unix:///path`; empty: one process does all."""


class Web(_Frozen, frozen=True):
    host: str = "127.0.0.1"
    port: Port = 8080
    session_hours: Annotated[float, Meta(gt=0, extra={"word": "hours-long"})] = 12.0


class Targets(_Frozen, frozen=True):
    """What the line wants to reach; wall and report show it beside what it reached.

    Shares of calls. The indicators are those of `reports.indicators`; sources are in the shared
    domain notes (2a, 2c, 2d), "proposal" marks what no source prescribes.
    """

    connect_rate: Share = 0.95
    """接通率 of the whole line in any 24 hours: GB/T 33358-2016, and Anhui's 12348."""
    specialist_connect_rate: Share = 0.90
    """接通率 of specialist seats: Sichuan's aim for 2025 (川办发〔2021〕87号, table 1)."""
    service_level_15: Share = 0.80
    """Answered within 15 s, the time of GB/T 33358-2016; the share is a proposal."""
    service_level_20: Share = 0.80
    """Answered within 20 s: the usual 80/20 of call centres."""
    service_level_30: Share = 0.90
    """Answered within 30 s (线上三十秒, Qingyuan 2021-2022); the share is a proposal."""
    satisfaction: Share = 0.90
    """满意率, of rated calls: Anhui's 12348 (来电满意率 ≥ 90 %)."""
    purchased_share: Share = 0.50
    """Answered by purchased providers (政府购买分流): Wenzhou's standard for 2017-2020."""


class Reports(_Frozen, frozen=True):
    """The monthly report: who issues it, to whom it goes, and in which types it is set.

    Fonts are those of government documents (GB/T 9704-2012, from memory), of which Windows and WPS
    bring the plain ones; where a machine lacks one the next of the list is taken.
    """

    issuer: str = ""
    """编发单位; empty: the centre's name."""
    send_to: tuple[str, ...] = ()
    """主送."""
    copy_to: tuple[str, ...] = ()
    """抄送."""
    first_month: MonthText = ""
    """The month of the first issue, for the running number (总第N期); empty: not printed."""
    draft_at: Clock = "06:00"
    """When, on the first of a month, the draft of the month before is made (local time)."""
    title_fonts: tuple[str, ...] = ("方正小标宋_GBK", "宋体", "SimSun", "Noto Serif CJK SC")
    body_fonts: tuple[str, ...] = ("仿宋_GB2312", "仿宋", "FangSong", "Noto Serif CJK SC")
    heading_fonts: tuple[str, ...] = ("黑体", "SimHei", "Noto Sans CJK SC")
    table_fonts: tuple[str, ...] = ("宋体", "SimSun", "Noto Serif CJK SC")


class Paths(_Frozen, frozen=True):
    """`data` holds everything that is not code; relative paths are taken from the project root."""

    data: str = "var"
    prompts: str = ""
    """Directory with the site's own recordings, which replace the packaged prompts."""
    asterisk_root: str = ""
    """A ready private Asterisk root to use instead of making one under `data`."""


class Settings(_Frozen, frozen=True):
    line: Line = Line()
    sip: Sip = Sip()
    pbx: Pbx = Pbx()
    seats: tuple[SeatPlace, ...] = ()
    store: Store = Store()
    redis: Redis = Redis()
    web: Web = Web()
    targets: Targets = Targets()
    traffic: Traffic = Traffic()
    reports: Reports = Reports()
    paths: Paths = Paths()
