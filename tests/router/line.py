"""The small line that core tests and stories are told on: two menus, four services, short times."""

import msgspec

from config.model import (
    Callbacks,
    Centre,
    Language,
    Line,
    Menu,
    MenuKey,
    MenuNode,
    Queue,
    Rating,
    Ring,
    Service,
    Voicemail,
    Wrapup,
)
from config.policy import (
    Floors,
    HeadStart,
    Kind,
    Order,
    Owner,
    Pairing,
    Policy,
    Reserve,
    Sharing,
    Step,
    When,
)

POLICY = Policy(
    owner=Owner(wait_s=20.0),
    version="p-1",
    order=Order(
        greatest_head_start_s=60.0,
        head_starts=(HeadStart(name="migrant", seconds=40.0, when=When(services=("migrant",))),),
    ),
    share=Sharing(purchased=0.5),
    reserve=Reserve(after_s=8.0),
    language=Floors(floor={"cmn": "lang:cmn", "khg": "lang:khg", "ii": "lang:ii"}),
    pair=Pairing(languages=("khg", "ii")),
    kinds=(
        Kind(
            service="general",
            needs="law:general",
            relax=(Step(after_s=6.0, dimension="interpreter", cost=3),),
        ),
        Kind(
            service="labour",
            needs="law:labour>=2",
            relax=(Step(after_s=30.0, needs="law:general", cost=2),),
        ),
        Kind(
            service="migrant",
            needs="group:migrant",
            relax=(
                Step(after_s=20.0, needs="law:labour", cost=1),
                Step(after_s=40.0, needs="law:general", cost=1),
            ),
        ),
    ),
)

RELAXED_SOON = msgspec.structs.replace(
    POLICY,
    version="p-soon",
    kinds=(
        Kind(
            service="general",
            needs="law:general",
            relax=(Step(after_s=12.0, dimension="interpreter", cost=3),),
        ),
        Kind(
            service="labour",
            needs="law:labour>=2",
            relax=(
                Step(after_s=5.0, dimension="level", to=1, cost=1),
                Step(after_s=8.0, needs="law:general", cost=2),
                Step(after_s=12.0, dimension="interpreter", cost=1),
            ),
        ),
        Kind(service="migrant", needs="group:migrant or law:general"),
    ),
    pair=Pairing(languages=("khg", "ii")),
)
GREEN = msgspec.structs.replace(
    RELAXED_SOON,
    version="p-green",
    order=Order(
        greatest_head_start_s=60.0,
        head_starts=(
            HeadStart(name="migrant", seconds=40.0, when=When(services=("migrant",))),
            HeadStart(name="repeat", seconds=30.0, when=When(repeat_within_s=600.0)),
        ),
    ),
)
POLICIES = {
    "soon": RELAXED_SOON,
    "green": GREEN,
    "first": POLICY,
    "another-by-that-name": msgspec.structs.replace(GREEN, version="p-1"),
    "against-the-floor": msgspec.structs.replace(
        POLICY,
        version="p-bad",
        kinds=(*POLICY.kinds[1:], Kind(service="general", needs="not lang:khg")),
    ),
}

LINE = Line(
    centre=Centre(id="test"),
    version="test-1",
    policy=POLICY,
    languages=(
        Language(id="cmn", name="普通话", skill="lang:cmn"),
        Language(
            id="khg", name="藏语康方言", skill="lang:khg", prompts="khg", fallback_queue="tibetan"
        ),
        Language(id="ii", name="彝语", skill="lang:ii", prompts="ii"),
    ),
    services=(
        Service(id="general", name="综合"),
        Service(id="labour", name="劳动争议"),
        Service(id="migrant", name="农民工欠薪", fallback_queue="migrant"),
    ),
    menu=Menu(
        nodes={
            "language": MenuNode(
                prompt="menu-language",
                keys={
                    "1": MenuKey(goto="service", language="cmn"),
                    "2": MenuKey(goto="queue", language="khg"),
                    "3": MenuKey(goto="queue", language="ii"),
                },
            ),
            "service": MenuNode(
                prompt="menu-service",
                keys={
                    "1": MenuKey(service="general"),
                    "2": MenuKey(service="labour"),
                    "3": MenuKey(service="migrant"),
                    "9": MenuKey(goto="again"),
                },
            ),
        }
    ),
    queue=Queue(
        max_wait_s=300,
        announce_first_s=8,
        announce_every_s=30,
        voicemail_offer_after_s=60,
        typical_talk_s=120,
    ),
    ring=Ring(timeout_s=20, dead_after_s=4, busy_pause_s=15, reject_pause_s=30),
    wrapup=Wrapup(seconds=30),
    rating=Rating(timeout_s=8, max_wrong=1),
    callbacks=Callbacks(offered=True, ring_s=30, attempts=2, retry_s=120, keep_s=3600),
    voicemail=Voicemail(max_s=180, min_s=2, silence_s=10),
)
